//! The journal under restrictive file modes.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{RUN, all_in, with_a_journal};
use crate::harness::{Outcome, PROGRAM, Situation};

/// A user who is bound by file modes: the current user, or `nobody` instead of root.
struct UnprivilegedUser {
    uid: Option<u32>,
    program: PathBuf,
}

impl UnprivilegedUser {
    /// The owner of all files of the situation.
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
fn read_only_journal_is_readable() {
    let (situation, file) = with_a_journal();
    let user = UnprivilegedUser::in_place_of_root(&situation);
    let folder = file.parent().unwrap();
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let file_name = "FOLDER/.local/state/runwright/journal.db";
    let assert_readable = || {
        let run = user.run(&situation, &RUN);
        run.assert(9, "", &[file_name, "read-only", "--state-dir FOLDER", "--ephemeral"]);
        user.run(&situation, &["attach", "last", "--quiet"]).assert(0, "", &["book: Success"]);
    };
    set(&file, 0o400);
    assert_readable();
    set(&file, 0o600);
    // Without the shared-memory and WAL files.
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(folder.join(format!("journal.db{ending}")));
    }
    set(folder, 0o500);
    assert_readable();
    set(folder, 0o000);
    let denied = [file_name, "permission denied", "--state-dir FOLDER"];
    user.run(&situation, &RUN).assert(9, "", &[&denied[..], &["--ephemeral"]].concat());
    user.run(&situation, &["attach", "last", "--quiet"]).assert(9, "", &denied);
    set(folder, 0o700);
    assert_eq!(user.run(&situation, &RUN).status, Some(0));
}

/// The warnings of a command that other users can change the journal.
fn warnings(outcome: &Outcome) -> Vec<String> {
    let log = crate::harness::stable(&outcome.stderr, outcome.folder());
    log.lines().filter(|line| line.contains("other users can change")).map(str::to_owned).collect()
}

#[test]
fn journal_writable_by_others_causes_one_warning() {
    let (situation, file) = with_a_journal();
    let folder = file.parent().unwrap();
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let list = || warnings(&situation.run(&["executions", "list"]));
    assert_eq!(list(), Vec::<String>::new());
    let everybody = "warning: other users can change the journal, and so what it runs: FOLDER/.local/state/runwright is writable by \
                     every user; `chmod 700 FOLDER/.local/state/runwright`";
    for mode in [0o777, 0o1777, 0o702] {
        set(folder, mode);
        assert_eq!(list(), [everybody], "{mode:o}");
    }
    // A run opens it several times, and its children do.
    assert_eq!(warnings(&situation.run(&RUN)), [everybody]);
    set(folder, 0o700);
    assert_eq!(list(), Vec::<String>::new());
    set(&file, 0o666);
    let of_file = "warning: other users can change the journal, and so what it runs: FOLDER/.local/state/runwright/journal.db is \
                   writable by every user; `chmod 600 FOLDER/.local/state/runwright/journal.db`";
    assert_eq!(list(), [of_file]);
    set(&file, 0o600);
    let above = folder.parent().unwrap();
    set(above, 0o777);
    let of_above = "warning: other users can change the journal, and so what it runs: FOLDER/.local/state is writable by every user; \
                    `chmod go-w FOLDER/.local/state`";
    assert_eq!(list(), [of_above]);
    // In a sticky folder no user may move the folder of another one.
    set(above, 0o1777);
    assert_eq!(list(), Vec::<String>::new());
    set(above, 0o755);
    if !rustix::process::geteuid().is_root() {
        eprintln!("SKIPPED: folders of another user; only root can create them");
        return;
    }
    chown(folder, None, Some(4_321)).unwrap();
    set(folder, 0o770);
    assert_eq!(list(), [everybody.replace("every user", "its group")]);
    set(folder, 0o700);
    for (path, shown) in [(folder, "FOLDER/.local/state/runwright"), (above, "FOLDER/.local/state")] {
        chown(path, Some(4_321), None).unwrap();
        let expected = format!(
            "warning: other users can change the journal, and so what it runs: {shown} belongs to uid 4321; use a folder of your \
             own: --state-dir FOLDER"
        );
        assert_eq!(list(), [expected]);
        chown(path, Some(0), None).unwrap();
    }
    assert_eq!(list(), Vec::<String>::new());
}

#[test]
fn journal_is_private_with_any_umask() {
    let situation = super::situation();
    let arguments = RUN.join(" ");
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("umask 0; exec \"$0\" {arguments}"), PROGRAM])
        .current_dir(situation.path())
        .env_clear();
    command.envs(situation.environment().iter().cloned());
    assert!(command.output().unwrap().status.success());
    let folder = situation.path().join(super::STATE);
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for name in all_in(&folder) {
        let path = folder.join(&name);
        assert_eq!(mode(&path), if path.is_dir() { 0o700 } else { 0o600 }, "{name}");
    }
    assert_eq!(warnings(&situation.run(&["executions", "list"])), Vec::<String>::new());
}
