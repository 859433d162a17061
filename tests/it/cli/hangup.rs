//! A terminal that closes while an execution runs on it: the process continues without it.

use std::io::{Read, Write};
use std::process::Command;

use portable_pty::{Child, CommandBuilder, PtyPair, PtySize, native_pty_system};
use runwright::event::Event;
use runwright::store::Entry;

use super::people::{BOOK as APPROVAL, by};
use crate::harness::{PROGRAM, Situation};
use crate::journal_reads::ReadJournal as _;

/// A command on a terminal that the test closes.
struct OnTerminal {
    child: Box<dyn Child + Send + Sync>,
    terminal: Terminal,
    seen: Vec<u8>,
}

/// The handles that keep it open.
struct Terminal {
    reader: Box<dyn Read + Send>,
    _pair: PtyPair,
    _keyboard: Box<dyn Write + Send>,
}

/// The command, once its terminal is closed.
struct HungUp(Box<dyn Child + Send + Sync>);

impl OnTerminal {
    fn start(situation: &Situation, arguments: &[&str]) -> Self {
        let pair = native_pty_system().openpty(PtySize { rows: 60, cols: 200, ..PtySize::default() }).unwrap();
        let mut command = CommandBuilder::new(PROGRAM);
        command.args(arguments);
        command.cwd(situation.path());
        command.env_clear();
        for (name, value) in situation.environment() {
            command.env(name, value);
        }
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).unwrap();
        let (reader, keyboard) = (pair.master.try_clone_reader().unwrap(), pair.master.take_writer().unwrap());
        Self { child, terminal: Terminal { reader, _pair: pair, _keyboard: keyboard }, seen: Vec::new() }
    }

    /// Waits until a text was written.
    fn until(&mut self, text: &str) {
        while !self.seen.windows(text.len()).any(|window| window == text.as_bytes()) {
            let mut bytes = [0; 4096];
            let count = self.terminal.reader.read(&mut bytes).unwrap();
            self.seen.extend_from_slice(&bytes[..count]);
        }
    }

    fn pid(&self) -> String {
        self.child.process_id().unwrap().to_string()
    }

    /// Closes the terminal. A shell would repeat the signal of the kernel, and so does this.
    fn hang_up(self) -> HungUp {
        let pid = self.pid();
        drop(self.terminal);
        signal("HUP", &pid);
        HungUp(self.child)
    }
}

impl HungUp {
    fn end(mut self) -> u32 {
        self.0.wait().unwrap().exit_code()
    }
}

fn signal(name: &str, pid: &str) {
    // It may have ended.
    let _ = Command::new("kill").args([&format!("-{name}"), pid]).stderr(std::process::Stdio::null()).status().unwrap();
}

/// A step whose function responds once there is a file `open`, and one after it; the clean-up creates a file.
fn situation() -> Situation {
    Situation::new().functions().runbook(
        "",
        &[
            "name: act, onCancel: 'step:tidy', inputs: {FunctionName: gate}",
            "name: next, isEnd: true, inputs: {FunctionName: say}",
            "name: tidy, inputs: {FunctionName: echo}",
        ],
    )
}

fn open(situation: &Situation) {
    std::fs::write(situation.path().join("code/open"), "").unwrap();
}

const RUN: [&str; 4] = ["run", "book.yaml", "--functions", "template.yaml"];

fn entry(situation: &Situation) -> Entry {
    situation.journal().find("last").unwrap()
}

fn calls(situation: &Situation) -> usize {
    std::fs::read_to_string(situation.path().join("code/calls")).unwrap().lines().count()
}

fn background_log(situation: &Situation) -> String {
    std::fs::read_to_string(situation.path().join(".local/state/runwright/background.log")).unwrap_or_default()
}

#[test]
fn execution_continues_when_its_terminal_closes() {
    for more in [&[][..], &["--quiet"], &["-v"], &["--output", "jsonl"], &["--show-logs"]] {
        let situation = situation();
        let run = OnTerminal::start(&situation, &[&RUN[..], more].concat());
        situation.wait_for("code/waits");
        let run = run.hang_up();
        // The same process runs, and has detected it.
        situation.wait_until(|_| background_log(&situation).contains("the terminal closed"));
        assert!(entry(&situation).owner.is_some());
        open(&situation);
        let (code, status) = (run.end(), entry(&situation).status.as_str());
        assert_eq!((code, status, calls(&situation)), (0, "Success", 1), "{more:?} {}", background_log(&situation));
        let log = background_log(&situation);
        assert_eq!(log.lines().count(), 1, "progress is no complaint: {log}");
    }
}

#[test]
fn the_exit_code_is_that_of_the_result() {
    let situation = Situation::new()
        .functions()
        .runbook("", &["name: act, inputs: {FunctionName: gate}", "name: next, inputs: {FunctionName: fail}"]);
    let run = OnTerminal::start(&situation, &RUN);
    situation.wait_for("code/waits");
    let run = run.hang_up();
    open(&situation);
    assert_eq!((run.end(), entry(&situation).status.as_str()), (1, "Failed"));
}

#[test]
fn resume_redrive_rerun_and_stop_continue_when_the_terminal_closes() {
    let rows: [(&[&str], u32, &str, usize); 4] = [
        (&["resume", "last"], 0, "Success", 2),
        (&["redrive", "last", "--from", "act"], 0, "Success", 2),
        (&["rerun", "last"], 0, "Success", 2),
        (&["stop", "last"], 0, "Cancelled", 2),
    ];
    for (command, code, status, called) in rows {
        let situation = Situation::new().functions().runbook(
            "",
            &[
                "name: act, onCancel: 'step:tidy', inputs: {FunctionName: gate}",
                "name: next, isEnd: true, inputs: {FunctionName: say}",
                "name: tidy, inputs: {FunctionName: gate}",
            ],
        );
        let mut first = situation.start(&RUN);
        situation.wait_for("code/waits");
        if matches!(command[0], "resume" | "stop") {
            first.kill().unwrap();
            first.wait().unwrap();
        } else {
            open(&situation);
            assert_eq!(situation.end(first).status, Some(0));
            std::fs::remove_file(situation.path().join("code/open")).unwrap();
        }
        std::fs::remove_file(situation.path().join("code/waits")).unwrap();
        let run = OnTerminal::start(&situation, command);
        situation.wait_for("code/waits");
        let run = run.hang_up();
        open(&situation);
        let ended = (run.end(), entry(&situation).status.as_str(), calls(&situation));
        assert_eq!(ended, (code, status, called), "{command:?} {}", background_log(&situation));
    }
}

#[test]
fn prompt_ends_with_the_terminal_and_another_user_answers() {
    let situation = Situation::new().functions().file("book.yaml", APPROVAL);
    let mut run = OnTerminal::start(&situation, &RUN);
    run.until("leave it to others: ");
    let run = run.hang_up();
    situation.wait_until(|_| background_log(&situation).contains("the terminal closed"));
    assert_eq!(entry(&situation).status.as_str(), "Waiting");
    assert_eq!(by("anna", &situation, &["signal", "last", "approve"]).status.code(), Some(0));
    assert_eq!((run.end(), entry(&situation).status.as_str()), (0, "Success"));
    let log = background_log(&situation);
    assert_eq!(log.lines().count(), 1, "no question is asked any more: {log}");
}

#[test]
fn prompt_after_the_terminal_closed_is_skipped() {
    let book = APPROVAL.replace(
        "mainSteps:\n",
        "mainSteps:\n  - {name: first, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: gate}}\n",
    );
    let situation = Situation::new().functions().file("book.yaml", book);
    let run = OnTerminal::start(&situation, &RUN);
    situation.wait_for("code/waits");
    let run = run.hang_up();
    situation.wait_until(|_| background_log(&situation).contains("the terminal closed"));
    open(&situation);
    situation.wait_until(|journal| journal.find("last").unwrap().status.as_str() == "Waiting");
    assert_eq!(by("anna", &situation, &["signal", "last", "reject"]).status.code(), Some(0));
    assert_eq!((run.end(), background_log(&situation).lines().count()), (1, 1));
}

#[test]
fn ephemeral_execution_is_cancelled_when_the_terminal_closes() {
    let tidy = "name: tidy, inputs: {FunctionName: flaky}";
    let act = "name: act, onCancel: 'step:tidy', isEnd: true, inputs: {FunctionName: gate}";
    for more in [&["--ephemeral"][..], &["--on-terminate", "cancel"]] {
        let situation = Situation::new().functions().runbook("", &[act, tidy]);
        let run = OnTerminal::start(&situation, &[&RUN[..], more].concat());
        situation.wait_for("code/waits");
        assert_eq!(run.hang_up().end(), 5, "{more:?}");
        // The function of the clean-up creates it.
        assert!(situation.path().join("seen").exists(), "{more:?}");
    }
    let situation = situation();
    let invoke = ["invoke", "gate", "--functions", "template.yaml"];
    let run = OnTerminal::start(&situation, &invoke);
    situation.wait_for("code/waits");
    assert_eq!(run.hang_up().end(), 5);
}

#[test]
fn attach_ends_with_the_terminal_but_the_execution_continues() {
    let situation = situation();
    let run = situation.start(&RUN);
    situation.wait_for("code/waits");
    let mut watch = OnTerminal::start(&situation, &["attach", "last"]);
    watch.until("act");
    assert_eq!(watch.hang_up().end(), 6);
    open(&situation);
    assert_eq!(situation.end(run).status, Some(0));
}

#[test]
fn open_terminal_is_notified_after_sighup() {
    let situation = situation();
    let mut run = OnTerminal::start(&situation, &RUN);
    situation.wait_for("code/waits");
    signal("HUP", &run.pid());
    run.until("the execution continues without this terminal; to follow it: `runwright attach ");
    situation.wait_until(|_| background_log(&situation).contains("the terminal closed"));
    let written = run.seen.len();
    open(&situation);
    let OnTerminal { child, terminal: Terminal { mut reader, _pair: pair, _keyboard }, .. } = run;
    assert_eq!(HungUp(child).end(), 0);
    // The other side is closed: the output can be read to its end.
    drop(pair.slave);
    let mut rest = Vec::new();
    let _ = reader.read_to_end(&mut rest);
    let rest = String::from_utf8_lossy(&rest).into_owned();
    assert!(!rest.contains("Success"), "after {written} bytes: {rest}");
}

#[test]
fn results_in_a_file_are_written_without_the_terminal() {
    let situation = situation();
    let pair = native_pty_system().openpty(PtySize::default()).unwrap();
    let mut shell = CommandBuilder::new("sh");
    // The shell is the leader of the session, like a login shell.
    shell.args([
        "-c",
        "\"$0\" run book.yaml --functions template.yaml --output json > result.json; echo $? > code",
        PROGRAM,
    ]);
    shell.cwd(situation.path());
    shell.env_clear();
    for (name, value) in situation.environment() {
        shell.env(name, value);
    }
    let mut shell = pair.slave.spawn_command(shell).unwrap();
    situation.wait_for("code/waits");
    drop(pair);
    shell.wait().unwrap();
    situation.wait_until(|_| background_log(&situation).contains("the terminal closed"));
    open(&situation);
    situation.wait_until(|journal| journal.find("last").unwrap().status.ended().is_some());
    let result = || std::fs::read_to_string(situation.path().join("result.json")).unwrap();
    situation.wait_until(|_| serde_json::from_str::<serde_json::Value>(&result()).is_ok());
    let result: serde_json::Value = serde_json::from_str(&result()).unwrap();
    assert_eq!(result["AutomationExecutionStatus"], "Success");
    let answered = situation.events("last");
    let resumed = answered.iter().filter(|recorded| matches!(recorded.event, Event::ExecutionResumed(_))).count();
    assert_eq!((resumed, calls(&situation)), (0, 1), "the same process ran all of it");
}

#[test]
fn terminal_that_closes_without_sighup_is_harmless() {
    let situation = situation();
    let pair = native_pty_system().openpty(PtySize::default()).unwrap();
    let mut shell = CommandBuilder::new("sh");
    // As `nohup` does, but with the terminal as its output.
    shell.args(["-c", "trap '' HUP; \"$0\" run book.yaml --functions template.yaml; echo $? > exit", PROGRAM]);
    shell.cwd(situation.path());
    shell.env_clear();
    for (name, value) in situation.environment() {
        shell.env(name, value);
    }
    shell.env("TERM", "xterm-256color");
    let mut shell = pair.slave.spawn_command(shell).unwrap();
    situation.wait_for("code/waits");
    drop(pair);
    open(&situation);
    shell.wait().unwrap();
    let code = std::fs::read_to_string(situation.path().join("exit")).unwrap();
    assert_eq!((code.as_str(), entry(&situation).status.as_str(), calls(&situation)), ("0\n", "Success", 1));
}
