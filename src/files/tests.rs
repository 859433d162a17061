use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::*;

fn write_new(name: &Path) -> Result<(), FileError> {
    OutputFile::prepare(&name.to_string_lossy())?.write(b"new\n")
}

/// A folder with mode `mode`.
fn folder(mode: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
    folder
}

#[test]
fn file_is_replaced_atomically_and_keeps_its_permissions() {
    let folder = folder(0o700);
    let file = folder.path().join("out");
    fs::write(&file, "old").unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
    let prepared = OutputFile::prepare(&file.to_string_lossy()).unwrap();
    assert!(!file.exists(), "the file of an earlier call is removed");
    prepared.write(b"new\n").unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "new\n");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    drop(OutputFile::prepare(&file.to_string_lossy()).unwrap());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn own_symlinks_are_followed() {
    for mode in [0o700, 0o1777, 0o777] {
        let folder = folder(mode);
        let path = folder.path();
        fs::create_dir(path.join("real")).unwrap();
        symlink("real", path.join("folder")).unwrap();
        symlink("folder/../real/file", path.join("link")).unwrap();
        symlink(path.join("link"), path.join("absolute")).unwrap();
        for name in ["link", "absolute", "folder/file", "./real/../folder/./file"] {
            write_new(&path.join(name)).unwrap();
            assert_eq!(fs::read_to_string(path.join("real/file")).unwrap(), "new\n", "{name}");
            fs::remove_file(path.join("real/file")).unwrap();
        }
        assert!(path.join("link").is_symlink());
    }
}

#[test]
fn unwritable_file_paths_are_rejected() {
    let folder = folder(0o700);
    let path = folder.path();
    symlink("b", path.join("a")).unwrap();
    symlink("a", path.join("b")).unwrap();
    fs::write(path.join("file"), "").unwrap();
    let refused =
        |name: &str| write_new(&path.join(name)).unwrap_err().to_string().replace(&*path.to_string_lossy(), "HERE");
    assert_eq!(refused("a"), "HERE/a: it cannot be written: Too many levels of symbolic links (os error 40)");
    assert_eq!(refused("gone/file"), "HERE/gone/file: there is no such folder");
    assert_eq!(refused("file/file"), "HERE/file/file: it cannot be written: Not a directory (os error 20)");
    assert_eq!(refused("."), "HERE/.: it is a folder");
    assert_eq!(refused("new/"), "HERE/new/: it is a folder");
    assert_eq!(write_new(Path::new("")).unwrap_err().to_string(), ": there is no such folder");
    assert_eq!(write_new(Path::new("/")).unwrap_err().to_string(), "/: it is a folder");
}

#[test]
fn devices_are_written_in_place() {
    write_new(Path::new("/dev/null")).unwrap();
    let folder = folder(0o700);
    symlink("/dev/null", folder.path().join("link")).unwrap();
    write_new(&folder.path().join("link")).unwrap();
    assert!(folder.path().join("link").is_symlink());
}

#[test]
fn log_file_is_appended_and_private() {
    let folder = folder(0o700);
    let file = folder.path().join("log");
    for text in ["a", "b"] {
        open_log(&file).unwrap().write_all(text.as_bytes()).unwrap();
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "ab");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    AppendedFile::prepare(&file).unwrap().append("c").unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "abc");
}
