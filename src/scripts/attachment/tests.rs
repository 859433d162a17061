use std::fs::{self, Permissions};
use std::io::{Cursor, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::entry_path::read_entry_path;
use super::*;
use crate::aws::ApiClient;
use crate::diagnostic::Span;
use crate::runbook::{AttachedFile, Sha256Sum};

/// A folder that only this user can change.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
    folder
}

/// A source of attachments in these folders, without AWS.
fn source(folders: &[&Path], runbook: Option<&Path>) -> AttachmentSource {
    let locations = folders.iter().map(|folder| AttachmentLocation::Folder(folder.to_path_buf())).collect();
    AttachmentSource::new(locations, runbook, ApiClient::nowhere(None))
}

fn declared(sum: &str) -> AttachedFile {
    AttachedFile { sha256: Sha256Sum::parse(sum), size: None, at: Span::default() }
}

/// A deflated archive of these files.
fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Finds the attachment `code.zip` with this content, and places it; the paths of the files below the folder, or why not.
async fn unpack(content: &[u8]) -> Result<Vec<String>, String> {
    let (from, to) = (folder(), folder());
    fs::write(from.path().join("code.zip"), content).unwrap();
    let found = source(&[from.path()], None).find("code.zip", None).await;
    let placed = found.and_then(|found| found.place(to.path()));
    let beginning = format!("attachment code.zip: {}: ", from.path().join("code.zip").display());
    placed.map_err(|error| error.to_string().replace(&beginning, ""))?;
    let mut files = Vec::new();
    list(to.path(), to.path(), &mut files);
    files.sort();
    Ok(files)
}

fn list(folder: &Path, root: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(&path, root, files);
        } else {
            files.push(path.strip_prefix(root).unwrap().display().to_string());
        }
    }
}

const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

#[tokio::test]
async fn file_is_copied_under_its_name() {
    let (from, to) = (folder(), folder());
    fs::write(from.path().join("main.py"), "abc").unwrap();
    let found = source(&[from.path()], None).find("main.py", Some(&declared(&ABC.to_uppercase()))).await.unwrap();
    assert_eq!(found.sha256().as_str(), ABC);
    found.place(to.path()).unwrap();
    let placed = to.path().join("main.py");
    assert_eq!(fs::read_to_string(&placed).unwrap(), "abc");
    assert_eq!(placed.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let again = found.place(to.path()).unwrap_err().to_string();
    assert_eq!(again, format!("attachment main.py: {} cannot be written: File exists (os error 17)", placed.display()));
}

#[tokio::test]
async fn named_folders_precede_the_folder_of_the_runbook() {
    let (named, beside) = (folder(), folder());
    let runbook = beside.path().join("runbook.yaml");
    let below = beside.path().join("attachments");
    fs::create_dir(&below).unwrap();
    for (file, text) in [("all.py", "beside"), ("near.py", "beside")] {
        fs::write(beside.path().join(file), text).unwrap();
    }
    for (file, text) in [("all.py", "below"), ("near.py", "below"), ("deep.py", "below")] {
        fs::write(below.join(file), text).unwrap();
    }
    fs::write(named.path().join("all.py"), "named").unwrap();
    let source = source(&[named.path()], Some(&runbook));
    let mut found = Vec::new();
    for name in ["all.py", "near.py", "deep.py"] {
        found.push(source.find(name, None).await.unwrap().address().to_owned());
    }
    let expected = [named.path().join("all.py"), beside.path().join("near.py"), below.join("deep.py")];
    assert_eq!(found, expected.map(|path| path.display().to_string()));
    let missing = source.find("none.py", None).await.unwrap_err().to_string();
    let looked = [named.path(), beside.path(), &below].map(|folder| folder.join("none.py").display().to_string());
    assert_eq!(missing, format!("there is no attachment none.py: looked for {}", looked.join(", ")));
}

#[tokio::test]
async fn content_with_another_sum_is_refused() {
    let from = folder();
    let file = from.path().join("main.py");
    fs::write(&file, "changed").unwrap();
    let sum = "d67e29ebe9b2ccea7b0f2d7eba3b1fbd2a16d21c1b8b0d0a0f6d2a5f1b0b7d5e";
    let found = source(&[from.path()], None).find("main.py", Some(&declared(ABC))).await.unwrap_err();
    let AttachmentError::WrongSum { found: actual, .. } = &found else { panic!("{found}") };
    assert_ne!(actual.as_str(), sum);
    let expected =
        format!("attachment main.py: {} has the SHA-256 sum {actual}, but the runbook declares {ABC}", file.display());
    assert_eq!(found.to_string(), expected);
    let sample = source(&[from.path()], None).find("main.py", Some(&declared("sampleETagValue"))).await;
    assert_eq!(sample.unwrap().sha256(), actual, "a sample is no sum");
}

#[tokio::test]
async fn what_was_found_once_is_not_read_again() {
    let from = folder();
    let file = from.path().join("main.py");
    fs::write(&file, "abc").unwrap();
    let first = source(&[from.path()], None);
    first.find("main.py", None).await.unwrap();
    fs::write(&file, "changed").unwrap();
    assert_eq!(first.find("main.py", None).await.unwrap().sha256().as_str(), ABC);
    let sums = [("main.py".to_owned(), Sha256Sum::parse(ABC).unwrap())].into_iter().collect();
    let resumed = source(&[from.path()], None).started_with(sums).find("main.py", None).await.unwrap_err();
    let AttachmentError::Changed { started, .. } = &resumed else { panic!("{resumed}") };
    assert_eq!(started.as_str(), ABC);
}

#[tokio::test]
async fn attachment_that_other_users_can_change_is_refused() {
    let from = folder();
    let file = from.path().join("main.py");
    fs::write(&file, "abc").unwrap();
    let find = async || source(&[from.path()], None).find("main.py", None).await.unwrap_err().to_string();
    let beginning = format!("attachment main.py: {}: other users can change it: ", file.display());
    fs::set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
    assert_eq!(find().await, format!("{beginning}{} is writable by every user", file.display()));
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(from.path(), Permissions::from_mode(0o777)).unwrap();
    assert_eq!(find().await, format!("{beginning}{} is writable by every user", from.path().display()));
}

#[tokio::test]
async fn attachment_must_be_a_file_with_a_plain_name() {
    let from = folder();
    fs::create_dir(from.path().join("code.py")).unwrap();
    let source = source(&[from.path()], None);
    let mut refused = Vec::new();
    for name in ["code.py", "../main.py", "/etc/passwd", "..", "a\\b.py", "a\nb.py", ""] {
        refused.push(
            source.find(name, None).await.unwrap_err().to_string().replace(&*from.path().to_string_lossy(), "HERE"),
        );
    }
    let plain = "is not the name of an attachment: it must be the name of a file, without a folder";
    let expected = [
        "attachment code.py: HERE/code.py: it cannot be read: it is not a regular file".to_owned(),
        format!("\"../main.py\" {plain}"),
        format!("\"/etc/passwd\" {plain}"),
        format!("\"..\" {plain}"),
        format!("\"a\\\\b.py\" {plain}"),
        format!("\"a\\nb.py\" {plain}"),
        format!("\"\" {plain}"),
    ];
    assert_eq!(refused, expected);
}

#[tokio::test]
async fn pipe_without_a_writer_is_refused() {
    let from = folder();
    let pipe = from.path().join("main.py");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let refused = source(&[from.path()], None).find("main.py", None).await.unwrap_err().to_string();
    assert_eq!(refused, format!("attachment main.py: {}: it cannot be read: it is not a regular file", pipe.display()));
}

#[tokio::test]
async fn package_is_unpacked() {
    let content = zip(&[("main.py", b"import lib.tool"), ("lib/__init__.py", b""), ("./lib/tool.py", b"x = 1")]);
    let files = ["lib/__init__.py", "lib/tool.py", "main.py"].map(str::to_owned);
    assert_eq!(unpack(&content).await, Ok(files.to_vec()));
}

#[tokio::test]
async fn archive_of_the_larger_form_is_unpacked() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_directory("lib/", SimpleFileOptions::default()).unwrap();
    writer.start_file("lib/a.py", SimpleFileOptions::default().large_file(true)).unwrap();
    writer.write_all(b"x = 1").unwrap();
    assert_eq!(unpack(&writer.finish().unwrap().into_inner()).await, Ok(vec!["lib/a.py".to_owned()]));
}

#[tokio::test]
async fn archive_with_a_path_out_of_its_folder_is_refused() {
    let cases = [
        ("../main.py", "leads out of its folder"),
        ("lib/../../main.py", "leads out of its folder"),
        ("/tmp/main.py", "is absolute"),
        ("C:/main.py", "has a drive letter"),
        ("lib\\main.py", "has a backslash; pack it on a system that separates folders by slashes"),
        ("main.py\0.txt", "has a control character"),
        ("./", "is empty"),
    ];
    for (name, reason) in cases {
        assert_eq!(read_entry_path(name).unwrap_err().to_string(), reason, "{name:?}");
    }
    // The writer of the archive changes some names, so the bytes are replaced.
    let archive = |name: &str| replaced(&zip(&[("__/name.py", b"x = 1")]), b"__/name.py", name.as_bytes());
    for (name, reason) in [("../name.py", cases[0].1), ("/_/name.py", "is absolute"), ("C:/name.py", cases[3].1)] {
        assert_eq!(unpack(&archive(name)).await, Err(format!("the path {name:?} in it {reason}")));
    }
}

/// All occurrences of `from` replaced by `to`, which is as long.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    let mut count = 0;
    for at in 0..=bytes.len() - from.len() {
        if &bytes[at..at + from.len()] == from {
            bytes[at..at + from.len()].copy_from_slice(to);
            count += 1;
        }
    }
    assert!(count > 0, "nothing is replaced");
    bytes
}

#[tokio::test]
async fn archive_with_a_link_is_refused() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("lib", "/etc", SimpleFileOptions::default()).unwrap();
    writer.start_file("lib/passwd", SimpleFileOptions::default()).unwrap();
    let refused = unpack(&writer.finish().unwrap().into_inner()).await;
    assert_eq!(refused, Err("\"lib\" in it is neither a file nor a folder, but a link or a device".to_owned()));
}

#[tokio::test]
async fn archive_with_a_path_twice_is_refused() {
    let twice = unpack(&zip(&[("a.py", b"1"), ("./a.py", b"2")])).await;
    assert_eq!(twice, Err("it has \"./a.py\" twice".to_owned()));
    let same = replaced(&zip(&[("a.py", b"1"), ("b.py", b"2")]), b"b.py", b"a.py");
    let refused = unpack(&same).await.unwrap_err();
    assert_eq!(refused, "it is not a valid .zip archive: two files in it have the same name");
}

#[tokio::test]
async fn archive_that_would_fill_the_disk_is_refused() {
    let zeros = vec![0_u8; 1024 * 1024];
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("zeros.bin", SimpleFileOptions::default()).unwrap();
    for _ in 0..17 {
        writer.write_all(&zeros).unwrap();
    }
    let bomb = writer.finish().unwrap().into_inner();
    assert_eq!(unpack(&bomb).await, Err("it unpacks to more than 200 times its size".to_owned()));
    // The declared size is smaller than the content.
    let size = u32::try_from(17 * 1024 * 1024).unwrap().to_le_bytes();
    let lying = unpack(&replaced(&bomb, &size, &5_u32.to_le_bytes())).await.unwrap_err();
    assert!(lying.starts_with("it is not a valid .zip archive: ") || lying.starts_with("it unpacks to"), "{lying}");
    let small = zip(&[("zeros.bin", &zeros)]);
    assert_eq!(unpack(&small).await, Ok(vec!["zeros.bin".to_owned()]), "a small one harms nobody");
}

#[tokio::test]
async fn archive_that_cannot_be_read_is_refused() {
    let content = zip(&[("main.py", b"x = 1")]);
    let text = unpack(b"#!/usr/bin/env python3").await.unwrap_err();
    assert!(text.starts_with("it is not a valid .zip archive: "), "{text}");
    let cut = unpack(&content[..content.len() / 2]).await.unwrap_err();
    assert!(cut.starts_with("it is not a valid .zip archive: "), "{cut}");
    // The flags and the method stand 6 and 8 bytes after the start of a file, and 8 and 10 after that of the directory.
    let patched = |at_file: usize, at_directory: usize, value: u8| {
        let mut bytes = content.clone();
        let directory = bytes.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
        bytes[at_file] = value;
        bytes[directory + at_directory] = value;
        bytes
    };
    let encrypted = unpack(&patched(6, 8, 1)).await;
    assert_eq!(encrypted, Err("\"main.py\" in it is encrypted; pack it without a password".to_owned()));
    let lzma = unpack(&patched(8, 10, 14)).await.unwrap_err();
    assert!(lzma.starts_with("\"main.py\" in it is compressed with ") && lzma.ends_with("as `zip` does"), "{lzma}");
}

#[tokio::test]
async fn link_in_the_folder_of_the_script_is_not_followed() {
    let (from, to, outside) = (folder(), folder(), folder());
    fs::write(from.path().join("main.py"), "abc").unwrap();
    symlink(outside.path().join("victim"), to.path().join("main.py")).unwrap();
    let found = source(&[from.path()], None).find("main.py", None).await.unwrap();
    found.place(to.path()).unwrap_err();
    assert!(!outside.path().join("victim").exists());
}

#[test]
fn locations_are_folders_or_prefixes_in_s3() {
    let bucket = |prefix: &str| AttachmentLocation::Bucket { bucket: "scripts".to_owned(), prefix: prefix.to_owned() };
    let cases = [
        ("shared/code", Ok(AttachmentLocation::Folder("shared/code".into()))),
        ("s3://scripts", Ok(bucket(""))),
        ("s3://scripts/", Ok(bucket(""))),
        ("s3://scripts/v1/code/", Ok(bucket("v1/code"))),
        ("https://scripts/v1", Err(())),
        ("s3://", Err(())),
        ("", Err(())),
    ];
    for (text, expected) in cases {
        assert_eq!(text.parse::<AttachmentLocation>().map_err(|_| ()), expected, "{text}");
    }
}
