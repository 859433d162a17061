//! Where the journal is, and what is said when it cannot be used.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use runwright::clock::SystemClock;
use runwright::event::Status;
use runwright::store::{Journal, Shown};
use rustix::process::{Signal, WaitOptions};

use crate::harness::{Outcome, PROGRAM, Situation};

const RUN: [&str; 5] = ["run", "book.yaml", "--functions", "template.yaml", "--quiet"];

/// Where the journal is when nobody says anything.
const STATE: &str = ".local/state/runwright";

fn situation() -> Situation {
    Situation::new().functions().runbook("", &["name: one, inputs: {FunctionName: echo}"])
}

/// A situation with a journal of one execution that succeeded.
fn with_a_journal() -> (Situation, PathBuf) {
    let situation = situation();
    assert_eq!(situation.run(&RUN).status, Some(0));
    let file = situation.path().join(STATE).join("journal.db");
    (situation, file)
}

/// What a command that keeps something, one that keeps nothing and one that reads say.
fn told(situation: &Situation) -> String {
    let ephemeral = [&RUN[..], &["--ephemeral"]].concat();
    let all = [&RUN[..], &ephemeral, &["attach", "last"]].map(|arguments| situation.run(arguments).told());
    all.join("\n\n")
}

fn database(file: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(file).unwrap()
}

/// Names of everything in a folder and below.
fn all_in(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            names.push(path.strip_prefix(folder).unwrap().to_string_lossy().into_owned());
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    names.sort();
    names
}

#[test]
fn the_nearest_word_says_where_the_journal_is() {
    let mut situation = situation();
    let mut made = Vec::new();
    let mut run = |situation: &Situation, arguments: &[&str]| {
        let arguments = [&RUN[..], arguments].concat();
        assert_eq!(situation.run(&arguments).status, Some(0));
        let journals = all_in(situation.path()).into_iter().filter(|name| name.ends_with("journal.db"));
        let new: Vec<String> = journals.filter(|name| !made.contains(name)).collect();
        made.extend(new.clone());
        new
    };
    assert_eq!(run(&situation, &[]), [".local/state/runwright/journal.db"]);
    // A relative path there is none.
    situation = situation.env("XDG_STATE_HOME", "relative");
    assert_eq!(run(&situation, &[]), Vec::<String>::new());
    let xdg = situation.path().join("xdg").to_string_lossy().into_owned();
    situation = situation.env("XDG_STATE_HOME", &xdg);
    assert_eq!(run(&situation, &[]), ["xdg/runwright/journal.db"]);
    situation = situation.env("RUNWRIGHT_STATE_DIR", "variable");
    assert_eq!(run(&situation, &[]), ["variable/journal.db"]);
    assert_eq!(run(&situation, &["--state-dir", "flag"]), ["flag/journal.db"]);
}

#[test]
fn who_keeps_nothing_leaves_nothing_behind() {
    let situation = situation();
    let before = all_in(situation.path());
    assert_eq!(situation.run(&[&RUN[..], &["--ephemeral"]].concat()).status, Some(0));
    assert_eq!(all_in(situation.path()), before);
}

#[test]
fn commands_that_read_make_nothing() {
    let situation = situation();
    let before = all_in(situation.path());
    let commands: [&[&str]; 5] =
        [&["attach", "last"], &["stop", "last"], &["resume"], &["redrive", "last"], &["rerun", "last"]];
    let told: Vec<String> = commands.iter().map(|arguments| situation.run(arguments).told()).collect();
    assert_eq!(all_in(situation.path()), before);
    insta::assert_snapshot!(told.join("\n\n"), @"
    exit 2
    --- stderr
    error: there are no executions in FOLDER/.local/state/runwright
    help: `runwright run FILE` starts one; --state-dir names another folder

    exit 2
    --- stderr
    error: there are no executions in FOLDER/.local/state/runwright
    help: `runwright run FILE` starts one; --state-dir names another folder

    exit 0
    --- stderr
    nothing to carry on: there are no executions

    exit 2
    --- stderr
    error: there are no executions in FOLDER/.local/state/runwright
    help: `runwright run FILE` starts one; --state-dir names another folder

    exit 2
    --- stderr
    error: there are no executions in FOLDER/.local/state/runwright
    help: `runwright run FILE` starts one; --state-dir names another folder
    ");
}

#[test]
fn without_a_home_there_is_no_journal() {
    let situation = situation().env("HOME", "");
    insta::assert_snapshot!(told(&situation), @"
    exit 2
    --- stderr
    error: there is no folder for the journal: neither XDG_STATE_HOME nor HOME is set
    help: name one with --state-dir FOLDER, or keep nothing with --ephemeral

    exit 0
    --- stderr
    ✓ book: Success in DURATION, 1 step run

    exit 2
    --- stderr
    error: there is no folder for the journal: neither XDG_STATE_HOME nor HOME is set
    help: name one with --state-dir FOLDER, or keep nothing with --ephemeral
    ");
}

#[test]
fn a_file_in_place_of_the_folder_is_told() {
    let situation = situation().file(STATE, "");
    insta::assert_snapshot!(told(&situation), @"
    exit 9
    --- stderr
    error: FOLDER/.local/state/runwright is no folder
    help: use another folder: --state-dir FOLDER; or keep nothing of this run: --ephemeral

    exit 0
    --- stderr
    ✓ book: Success in DURATION, 1 step run

    exit 9
    --- stderr
    error: FOLDER/.local/state/runwright is no folder
    help: use another folder: --state-dir FOLDER
    ");
}

#[test]
fn a_database_of_something_else_is_told() {
    let situation = situation().file(&format!("{STATE}/journal.db"), "dear diary\n".repeat(100));
    insta::assert_snapshot!(told(&situation), @"
    exit 9
    --- stderr
    error: FOLDER/.local/state/runwright/journal.db is no journal of runwright
    help: move FOLDER/.local/state/runwright/journal.db away, or use another folder: --state-dir FOLDER; or keep nothing of this run: --ephemeral

    exit 0
    --- stderr
    ✓ book: Success in DURATION, 1 step run

    exit 9
    --- stderr
    error: FOLDER/.local/state/runwright/journal.db is no journal of runwright
    help: move FOLDER/.local/state/runwright/journal.db away, or use another folder: --state-dir FOLDER
    ");
}

#[test]
fn a_journal_of_a_newer_version_is_told() {
    let (situation, file) = with_a_journal();
    database(&file).pragma_update(None, "user_version", 99).unwrap();
    insta::assert_snapshot!(told(&situation), @"
    exit 9
    --- stderr
    error: the journal FOLDER/.local/state/runwright/journal.db has version 99, and this program knows versions up to 2
    help: use the version of runwright that wrote it, or a newer one; or keep nothing of this run: --ephemeral

    exit 0
    --- stderr
    ✓ book: Success in DURATION, 1 step run

    exit 9
    --- stderr
    error: the journal FOLDER/.local/state/runwright/journal.db has version 99, and this program knows versions up to 2
    help: use the version of runwright that wrote it, or a newer one
    ");
}

#[test]
fn a_journal_that_was_cut_off_is_told() {
    let (situation, file) = with_a_journal();
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    insta::assert_snapshot!(told(&situation), @"
    exit 9
    --- stderr
    error: the journal FOLDER/.local/state/runwright/journal.db is damaged: database disk image is malformed
    help: `runwright executions` shows what can still be read, and `sqlite3 FOLDER/.local/state/runwright/journal.db .recover` saves what is left; move the file away and a new journal begins; or keep nothing of this run: --ephemeral

    exit 0
    --- stderr
    ✓ book: Success in DURATION, 1 step run

    exit 9
    --- stderr
    error: the journal FOLDER/.local/state/runwright/journal.db is damaged: database disk image is malformed
    help: `runwright executions` shows what can still be read, and `sqlite3 FOLDER/.local/state/runwright/journal.db .recover` saves what is left; move the file away and a new journal begins
    ");
}

/// Runs the command where no file can be larger than so many blocks.
fn without_room(situation: &Situation, blocks: u32, arguments: &[&str]) -> Outcome {
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let limited = situation.command(arguments);
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg(PROGRAM).args(arguments).current_dir(situation.path()).env_clear();
    command.envs(limited.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    situation.end(child)
}

#[test]
fn where_there_is_no_room_nothing_begins_and_what_was_kept_is_shown() {
    let (situation, _) = with_a_journal();
    let run = without_room(&situation, 8, &RUN);
    let attach = without_room(&situation, 8, &["attach", "last"]);
    assert_eq!(attach.status, Some(0), "{attach:?}");
    insta::assert_snapshot!(run.told(), @"
    exit 9
    --- stderr
    error: the journal FOLDER/.local/state/runwright/journal.db cannot grow: there is no room
    help: make room on its disk, or raise the quota or the limit of the size of files; or keep nothing of this run: --ephemeral
    ");
    assert_eq!(situation.run(&RUN).status, Some(0));
}

#[test]
fn what_a_dead_process_wrote_last_is_shown_where_there_is_no_room() {
    let (situation, file) = with_a_journal();
    // Somebody has it open, so that what is written stays in the write-ahead log, as after a crash.
    let open = database(&file);
    open.query_row("SELECT count(*) FROM executions", [], |row| row.get::<_, u32>(0)).unwrap();
    let run = situation.run(&["run", "book.yaml", "--functions", "template.yaml"]);
    let crashed = situation.path().join("crashed");
    fs::create_dir(&crashed).unwrap();
    for name in ["journal.db", "journal.db-wal"] {
        fs::copy(file.with_file_name(name), crashed.join(name)).unwrap();
    }
    assert!(fs::metadata(crashed.join("journal.db-wal")).unwrap().len() > 0);
    let attach = without_room(&situation, 8, &["attach", "last", "--state-dir", "crashed"]);
    assert_eq!((attach.status, attach.stderr), (Some(0), run.stderr));
}

#[test]
fn where_room_runs_out_the_execution_stops_and_goes_on_later() {
    let (situation, _) = with_a_journal();
    let situation = situation
        .file("code/say.sh", "head -c 200000 /dev/zero | tr '\\0' x | sed 's/.*/\"&\"/'\n")
        .runbook("", &["name: one, inputs: {FunctionName: say}", "name: two, inputs: {FunctionName: echo}"]);
    // Enough for the start, and too little for the result.
    let run = without_room(&situation, 120, &RUN);
    let attach = without_room(&situation, 120, &["attach", "last"]);
    let short = fancy_regex::Regex::new(r"\b[0-9a-f]{8}\b").unwrap();
    let attached = attach.told();
    insta::assert_snapshot!(format!("{}\n\n{}", run.told(), short.replace_all(&attached, "SHORT")), @"
    exit 9
    --- stderr
    error: the events of the execution could not be kept, so it was not carried on: the journal FOLDER/.local/state/runwright/journal.db could not be read or written: disk I/O error
    help: look at the disk, at quotas and at limits of the size of files; what was kept stays; carry it on with `runwright resume ID`

    exit 6
    --- stderr
    [TIME] execution started: book, 2 steps, id ID
    [TIME] step one started: 1 of 2, aws:invokeLambdaFunction say
    [TIME] step one attempt 1 of 1 started, at most 5m
    nobody carries execution SHORT on: `runwright resume SHORT` does
    ");
    let resumed = situation.run(&["resume", "last", "--quiet"]);
    insta::assert_snapshot!(resumed.told(), @"
    exit 0
    --- stderr
    ✓ book: Success in DURATION, all 2 steps run
    ");
}

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

/// A process that does not stay when a test fails.
struct KilledAtLast(Child);

impl Drop for KilledAtLast {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
    }
}

#[test]
fn a_stopped_process_keeps_its_execution() {
    let situation = Situation::new().functions().runbook("", &["name: one, inputs: {FunctionName: slow}"]);
    let mut child = situation.start(&["run", "book.yaml", "--functions", "template.yaml"]);
    let mut reader = BufReader::new(child.stderr.take().unwrap());
    let mut written = String::new();
    while !written.contains("attempt 1 of 1 started") {
        assert!(reader.read_line(&mut written).unwrap() > 0, "{written}");
    }
    let mut child = KilledAtLast(child);
    let pid = rustix::process::Pid::from_child(&child.0);
    let signal = |signal| rustix::process::kill_process(pid, signal).unwrap();
    signal(Signal::STOP);
    let stopped = rustix::process::waitpid(Some(pid), WaitOptions::UNTRACED).unwrap();
    assert!(stopped.is_some_and(|(_, status)| status.stopped()));
    let journal = Journal::existing(&situation.path().join(STATE), Arc::new(SystemClock)).unwrap().unwrap();
    let entry = journal.find("last").unwrap();
    let owner = entry.owner.unwrap();
    assert_eq!((entry.status, owner.pid), (Shown::Running(Status::InProgress), child.0.id()));
    assert_eq!(journal.interrupted(), Ok(Vec::new()));
    insta::assert_snapshot!(situation.run(&["resume"]).told(), @"
    exit 0
    --- stderr
    nothing to carry on: every execution has ended or is carried on by a process
    ");
    let told = situation.run(&["resume", entry.id.as_str()]).told();
    let told = told.replace(&format!("process {} on {}", owner.pid, owner.host), "process PID on HOST");
    insta::assert_snapshot!(told.replace(&entry.id.as_str()[..8], "SHORT"), @"
    exit 8
    --- stderr
    error: execution ID is carried on by process PID on HOST
    help: `runwright attach SHORT` shows it
    ");
    // It goes on as if nothing had been, and hears what it was asked for in the meantime.
    let stop = situation.start(&["stop", "last"]);
    signal(Signal::CONT);
    let told = [situation.end(stop).status, child.0.wait().unwrap().code()];
    reader.read_to_string(&mut written).unwrap();
    assert_eq!(told, [Some(0), Some(5)], "{written}");
}
