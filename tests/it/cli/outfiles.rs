//! Files that commands write, in folders that other users may write to.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, lchown, symlink};
use std::path::{Path, PathBuf};

use crate::harness::Situation;

/// Another user.
const OTHER: u32 = 65_534;

/// A situation with a folder `shared` that all users may write to, where the test can create files of another user;
/// none, after printing why, without root.
fn shared(mode: u32) -> Option<(Situation, PathBuf)> {
    if !rustix::process::geteuid().is_root() {
        eprintln!("SKIPPED: files of another user; only root can create them");
        return None;
    }
    let steps = ["name: a, inputs: {FunctionName: echo, InputPayload: {x: 1}}"];
    let situation = Situation::new().functions().runbook("", &steps).file("victim", "precious").file("home/kept", "");
    let folder = situation.path().join("shared");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(mode)).unwrap();
    assert_eq!(situation.run(&["run", "book.yaml", "--functions", "template.yaml", "--quiet"]).status, Some(0));
    Some((situation, folder))
}

fn foreign_link(place: &Path, target: &Path) {
    symlink(target, place).unwrap();
    lchown(place, Some(OTHER), Some(OTHER)).unwrap();
}

/// Every command that writes a file, into this one.
fn writers(file: &str) -> [Vec<String>; 8] {
    let report = format!("--report junit={file}");
    [
        &format!("run book.yaml --functions template.yaml --quiet --export A=a.Payload --export-file {file}"),
        &format!("run book.yaml --functions template.yaml --quiet {report}"),
        &format!("invoke echo {file} --functions template.yaml --quiet"),
        &format!("graph book.yaml --out {file}"),
        &format!("graph last --format svg -o {file}"),
        &format!("executions export last {file}"),
        &format!("test case.test.yaml --format junit --out {file}"),
        &format!("test --record last --out {file}"),
    ]
    .map(|command| command.split(' ').map(str::to_owned).collect())
}

fn run(situation: &Situation, arguments: &[String]) -> (Option<i32>, String) {
    let outcome = situation.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    (outcome.status, outcome.stderr)
}

/// A case that passes.
const CASE: &str =
    "runbook: book.yaml\ncases:\n  - name: one\n    steps: {a: {payload: {}}}\n    expect: {status: Success}\n";

#[test]
fn no_command_follows_a_link_of_another_user() {
    for mode in [0o1777, 0o777, 0o1775] {
        let Some((situation, folder)) = shared(mode) else { return };
        let situation = situation.file("case.test.yaml", CASE);
        let victim = situation.path().join("victim");
        foreign_link(&folder.join("out"), &victim);
        foreign_link(&folder.join("folder"), &situation.path().join("home"));
        foreign_link(&folder.join("dangling"), &situation.path().join("home/new"));
        // Also through the user's own link.
        symlink("shared/out", situation.path().join("own")).unwrap();
        for (file, link) in [
            ("shared/out", "shared/out"),
            ("shared/folder/file", "shared/folder"),
            ("shared/dangling", "shared/dangling"),
            ("shared/../shared/out", "shared/out"),
            ("own", "shared/out"),
        ] {
            for arguments in writers(file) {
                // A case is only added to an existing case file, which this is not.
                if arguments.contains(&"--record".to_owned())
                    && file != "shared/dangling"
                    && file != "shared/folder/file"
                {
                    continue;
                }
                let (status, stderr) = run(&situation, &arguments);
                let expected = "is a symbolic link of another user (uid 65534) in a folder that others may write to";
                assert!(
                    stderr.contains(expected) && stderr.contains("help: choose a file in a folder"),
                    "{arguments:?}: {stderr}"
                );
                assert!(stderr.replace("../shared/", "").contains(link.trim_start_matches("shared/")), "{stderr}");
                assert_eq!(status, Some(2), "{arguments:?}");
            }
        }
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
        assert_eq!(fs::read_dir(situation.path().join("home")).unwrap().count(), 1);
        assert!(folder.join("out").is_symlink(), "nothing was removed");
        // Commands that are refused before anything runs write nothing to the journal.
        let list = situation.run(&["executions", "list", "--output", "csv"]).stdout;
        assert_eq!(list.lines().count(), 2, "{list}");
    }
}

#[test]
fn a_file_of_another_user_is_not_written_in_a_sticky_folder() {
    let Some((situation, folder)) = shared(0o1777) else { return };
    let situation = situation.file("case.test.yaml", CASE);
    fs::write(folder.join("file"), "").unwrap();
    fs::set_permissions(folder.join("file"), Permissions::from_mode(0o666)).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, folder.join("pipe"), rustix::fs::FileType::Fifo, 0o666.into(), 0).unwrap();
    for name in ["file", "pipe"] {
        chown(folder.join(name), Some(OTHER), Some(OTHER)).unwrap();
        for arguments in writers(&format!("shared/{name}")) {
            // Reading the pipe blocks, and adding a case reads the file.
            if arguments.contains(&"--record".to_owned()) {
                continue;
            }
            let (status, stderr) = run(&situation, &arguments);
            let expected = "it belongs to another user (uid 65534), in a folder that others may write to";
            assert!(status == Some(2) && stderr.contains(expected), "{arguments:?}: {stderr}");
        }
    }
    let found = folder.join("file").metadata().unwrap();
    assert_eq!((found.uid(), found.len()), (OTHER, 0));
}

#[test]
fn own_links_and_files_are_written_in_sticky_folders() {
    let Some((situation, folder)) = shared(0o1777) else { return };
    let situation = situation.file("case.test.yaml", CASE);
    symlink("../home/kept", folder.join("link")).unwrap();
    for arguments in writers("shared/link") {
        if arguments.contains(&"--record".to_owned()) {
            continue;
        }
        fs::write(situation.path().join("home/kept"), "").unwrap();
        assert_eq!(run(&situation, &arguments).0, Some(0), "{arguments:?}");
        assert_ne!(fs::read(situation.path().join("home/kept")).unwrap(), b"", "{arguments:?}");
    }
    // In a group folder every member may replace the files of the others; the new file does not inherit their
    // permissions.
    fs::set_permissions(&folder, Permissions::from_mode(0o775)).unwrap();
    fs::write(folder.join("file"), "").unwrap();
    fs::set_permissions(folder.join("file"), Permissions::from_mode(0o666)).unwrap();
    chown(folder.join("file"), Some(OTHER), Some(OTHER)).unwrap();
    assert_eq!(situation.run(&["executions", "export", "last", "shared/file"]).status, Some(0));
    let found = folder.join("file").metadata().unwrap();
    assert_eq!((found.uid(), found.permissions().mode() & 0o777), (0, 0o600));
}

#[test]
fn appended_outputs_and_logs_follow_no_link_of_another_user() {
    let Some((situation, folder)) = shared(0o1777) else { return };
    let victim = situation.path().join("victim");
    foreign_link(&folder.join("github"), &victim);
    foreign_link(&folder.join("background.log"), &victim);
    let detached = ["run", "book.yaml", "--functions", "template.yaml", "--detach", "--state-dir", "shared"];
    let outcome = situation.run(&detached);
    assert_ne!(outcome.status, Some(0));
    assert!(outcome.stderr.contains("is a symbolic link of another user"), "{}", outcome.stderr);
    let github = folder.join("github");
    let situation = situation.env("GITHUB_ACTIONS", "true").env("GITHUB_OUTPUT", github.to_str().unwrap());
    let exports = ["run", "book.yaml", "--functions", "template.yaml", "--quiet", "--export", "A=a.Payload"];
    let outcome = situation.run(&exports);
    assert!(outcome.stderr.contains("is a symbolic link of another user"), "{}", outcome.stderr);
    assert_eq!(outcome.status, Some(2));
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    fs::remove_file(&github).unwrap();
    fs::write(&github, "before\n").unwrap();
    assert_eq!(situation.run(&exports).status, Some(0));
    assert!(fs::read_to_string(&github).unwrap().starts_with("before\nA<<runwright-"));
}
