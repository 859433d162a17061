//! Where the modes of files allow little.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{RUN, all_in, with_a_journal};
use crate::harness::{Outcome, PROGRAM, Situation};

/// Somebody who may do only what the modes of files allow: the operator, or nobody where the operator is root.
struct Somebody {
    uid: Option<u32>,
    program: PathBuf,
}

impl Somebody {
    /// Owns all of the situation.
    fn in_place_of_root(situation: &Situation) -> Self {
        let program = situation.path().join("runwright");
        fs::hard_link(PROGRAM, &program).or_else(|_| fs::copy(PROGRAM, &program).map(drop)).unwrap();
        let uid = rustix::process::geteuid().is_root().then_some(65_534);
        fs::set_permissions(situation.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for name in all_in(situation.path()).iter().filter(|name| *name != "runwright").chain([&String::new()]) {
            chown(situation.path().join(name), uid, uid).unwrap();
        }
        Self { uid, program }
    }

    fn run(&self, situation: &Situation, arguments: &[&str]) -> Outcome {
        let environment = situation.command(arguments);
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(situation.path()).env_clear();
        command.envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if let Some(uid) = self.uid {
            command.uid(uid).gid(uid);
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        situation.end(child)
    }
}

#[test]
fn what_may_only_be_read_is_read() {
    let (situation, file) = with_a_journal();
    let somebody = Somebody::in_place_of_root(&situation);
    let folder = file.parent().unwrap();
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let told = || {
        let run = somebody.run(&situation, &RUN).told();
        let attach = somebody.run(&situation, &["attach", "last", "--quiet"]).told();
        format!("{run}\n\n{attach}")
    };
    set(&file, 0o400);
    let of_the_file = told();
    set(&file, 0o600);
    // Without the files that readers share with writers.
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(folder.join(format!("journal.db{ending}")));
    }
    set(folder, 0o500);
    let of_the_folder = told();
    set(folder, 0o000);
    let none = told();
    set(folder, 0o700);
    assert_eq!(of_the_file, of_the_folder);
    insta::assert_snapshot!(of_the_file, @"
    exit 9
    --- stderr
    error: the journal FOLDER/.local/state/runwright/journal.db cannot be written: it, its folder or its file system is read-only
    help: make it writable, or use another folder: --state-dir FOLDER; or keep nothing of this run: --ephemeral

    exit 0
    --- stderr
    ✓ book: Success in DURATION, 1 step run
    ");
    insta::assert_snapshot!(none, @"
    exit 9
    --- stderr
    error: FOLDER/.local/state/runwright/journal.db may not be used: permission denied
    help: use another folder: --state-dir FOLDER; or keep nothing of this run: --ephemeral

    exit 9
    --- stderr
    error: FOLDER/.local/state/runwright/journal.db may not be used: permission denied
    help: use another folder: --state-dir FOLDER
    ");
    assert_eq!(somebody.run(&situation, &RUN).status, Some(0));
}
