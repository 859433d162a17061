//! The location of the journal, and messages when it is unusable.

mod rights;
mod room;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Child;

use runwright::event::Status;
use runwright::store::ExecutionState;
use rustix::process::{Signal, WaitOptions};

use crate::harness::Situation;
use crate::journal_reads::ReadJournal as _;

const RUN: [&str; 5] = ["run", "book.yaml", "--functions", "template.yaml", "--quiet"];

/// The default folder of the journal.
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

/// Asserts that the journal is refused with this code and these texts: a run advises `--ephemeral`, which works, and a
/// command that reads does not.
#[track_caller]
fn assert_refused(situation: &Situation, code: i32, texts: &[&str]) {
    situation.run(&RUN).assert(code, "", &[texts, &["--ephemeral\n"]].concat());
    situation.run(&[&RUN[..], &["--ephemeral"]].concat()).assert(0, "", &["book: Success"]);
    let attach = situation.run(&["attach", "last"]);
    attach.assert(code, "", texts);
    // Without any folder the advice is the same for both.
    assert_eq!(attach.stderr.contains("--ephemeral"), code == 2, "{}", attach.text());
}

/// The message about a damaged journal.
const DAMAGED: [&str; 4] =
    ["runwright/journal.db is damaged", "database disk image is malformed", "runwright executions", ".recover"];

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
fn journal_folder_follows_precedence_of_flag_and_variables() {
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
    // A relative path is ignored there.
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
fn ephemeral_run_writes_no_files() {
    let situation = situation();
    let before = all_in(situation.path());
    assert_eq!(situation.run(&[&RUN[..], &["--ephemeral"]].concat()).status, Some(0));
    assert_eq!(all_in(situation.path()), before);
}

#[test]
fn reading_commands_create_no_journal() {
    let situation = situation();
    let before = all_in(situation.path());
    let commands: [&[&str]; 7] = [
        &["executions", "list"],
        &["executions", "show", "last"],
        &["attach", "last"],
        &["stop", "last"],
        &["resume"],
        &["redrive", "last"],
        &["rerun", "last"],
    ];
    for arguments in commands {
        let text = match arguments {
            ["executions", "list"] => "no executions in FOLDER/.local/state/runwright\n",
            ["resume"] => "no interrupted executions",
            _ => "there are no executions in FOLDER/.local/state/runwright\n",
        };
        let code = if arguments.contains(&"list") || arguments == ["resume"] { 0 } else { 2 };
        situation.run(arguments).assert(code, "", &[text]);
    }
    assert_eq!(all_in(situation.path()), before);
}

#[test]
fn missing_home_is_reported() {
    let situation = situation().env("HOME", "");
    assert_refused(&situation, 2, &["XDG_STATE_HOME", "HOME", "--state-dir FOLDER"]);
}

#[test]
fn file_instead_of_state_folder_is_reported() {
    let situation = situation().file(STATE, "");
    let file = "FOLDER/.local/state/runwright is not a folder\n";
    assert_refused(&situation, 9, &[file, "--state-dir FOLDER"]);
}

#[test]
fn foreign_database_is_reported() {
    let situation = situation().file(&format!("{STATE}/journal.db"), "dear diary\n".repeat(100));
    let file = "FOLDER/.local/state/runwright/journal.db is not a Runwright journal\n";
    assert_refused(&situation, 9, &[file, "--state-dir FOLDER"]);
}

#[test]
fn newer_journal_version_is_reported() {
    let (situation, file) = with_a_journal();
    database(&file).pragma_update(None, "user_version", 99).unwrap();
    assert_refused(&situation, 9, &["runwright/journal.db has schema version 99", "up to 7"]);
}

#[test]
fn truncated_journal_is_reported() {
    let (situation, file) = with_a_journal();
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    assert_refused(&situation, 9, &DAMAGED);
}

#[test]
fn readable_executions_of_a_damaged_journal_are_shown() {
    let (situation, file) = with_a_journal();
    let mut bytes = fs::read(&file).unwrap();
    // Of the file format of SQLite: the size of pages, and the kind of page that holds events.
    let size = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    let holds_events = |page: &[u8]| page[0] == 0x0d && page.windows(11).any(|text| text == b"StepStarted");
    let mut damaged = 0;
    for page in bytes.chunks_mut(size).filter(|page| holds_events(page)) {
        page.fill(0xff);
        damaged += 1;
    }
    assert!(damaged > 0);
    fs::write(&file, bytes).unwrap();
    let list = situation.run(&["executions", "list", "--output", "csv"]);
    assert_eq!((list.status, list.stdout.matches(",Success,").count()), (Some(0), 1), "{list:?}");
    situation.run(&["executions", "show", "last"]).assert(9, "", &DAMAGED);
}

/// A process that is killed when a test fails.
struct KilledAtLast(Child);

impl Drop for KilledAtLast {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
    }
}

#[test]
fn suspended_process_keeps_its_execution() {
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
    let journal = situation.journal();
    let entry = journal.find("last").unwrap();
    let owner = entry.owner.unwrap();
    assert_eq!((entry.status, owner.pid), (ExecutionState::Running(Status::InProgress), child.0.id()));
    assert_eq!(journal.interrupted(), Ok(Vec::new()));
    situation.run(&["resume"]).assert(0, "", &["no interrupted executions"]);
    let resume = situation.run(&["resume", entry.id.as_str()]);
    let running = format!("is already running (pid {} on {})", owner.pid, owner.host);
    assert!(resume.status == Some(8) && resume.stderr.contains(&running), "{}", resume.text());
    // It continues, and receives the request that was sent in the meantime.
    let stop = situation.start(&["stop", "last"]);
    signal(Signal::CONT);
    let codes = [situation.end(stop).status, child.0.wait().unwrap().code()];
    reader.read_to_string(&mut written).unwrap();
    assert_eq!(codes, [Some(0), Some(5)], "{written}");
}
