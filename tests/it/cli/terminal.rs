//! The output on a real pseudo-terminal.

use std::io::{Read, Write};
use std::sync::mpsc;
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::harness::{PROGRAM, Situation, stable};

// Wide enough that no line wraps: where it would depends on how many digits a duration has.
const COLUMNS: u16 = 220;

/// A command on a terminal, while it runs.
pub(super) struct Session {
    child: Box<dyn Child + Send + Sync>,
    // Dropping it closes the terminal.
    _terminal: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    pieces: mpsc::Receiver<Vec<u8>>,
    seen: Vec<u8>,
    /// How much of the output `until` has consumed.
    read: usize,
}

impl Session {
    pub(super) fn start(situation: &Situation, arguments: &[&str]) -> Self {
        let size = PtySize { rows: 60, cols: COLUMNS, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(PROGRAM);
        command.args(arguments);
        command.cwd(situation.path());
        command.env_clear();
        for (name, value) in situation.environment() {
            command.env(name, value);
        }
        command.env("TERM", "xterm-256color");
        let child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let mut reader = pty.master.try_clone_reader().unwrap();
        let keyboard = pty.master.take_writer().unwrap();
        let (sender, pieces) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // Reading fails when the last process on the terminal has ended.
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                // The receiver is gone when a test has failed.
                let _ = sender.send(buffer[..count].to_vec());
            }
        });
        Self { child, _terminal: pty.master, keyboard, pieces, seen: Vec::new(), read: 0 }
    }

    /// Reads more output; false at the end.
    fn more(&mut self) -> bool {
        match self.pieces.recv_timeout(Duration::from_secs(30)) {
            Ok(piece) => self.seen.extend(piece),
            Err(mpsc::RecvTimeoutError::Disconnected) => return false,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                self.child.kill().unwrap();
                panic!("nothing happened for too long after {}", self.written());
            }
        }
        true
    }

    fn written(&self) -> String {
        String::from_utf8_lossy(&self.seen).into_owned()
    }

    /// Waits for a text after the previous one.
    pub(super) fn until(&mut self, text: &str) {
        loop {
            let rest = &self.seen[self.read..];
            if let Some(at) = rest.windows(text.len()).position(|window| window == text.as_bytes()) {
                self.read += at + text.len();
                return;
            }
            assert!(self.more(), "ended before it wrote {text:?}: {}", self.written());
        }
    }

    /// Types a text.
    pub(super) fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Answers a prompt.
    pub(super) fn answer(&mut self, question: &str, answer: &str) {
        self.until(question);
        self.press(answer);
        self.press("\n");
    }

    /// Waits for the end; returns the whole output and the exit code.
    pub(super) fn end(mut self) -> (Vec<u8>, u32) {
        while self.more() {}
        let code = self.child.wait().unwrap().exit_code();
        (std::mem::take(&mut self.seen), code)
    }
}

/// Runs a command on a terminal; returns its output and exit code. `answers` are typed when a text is shown.
pub(super) fn on_terminal(situation: &Situation, arguments: &[&str], answers: &[(&str, &str)]) -> (Vec<u8>, u32) {
    let mut session = Session::start(situation, arguments);
    for (shown, typed) in answers {
        session.until(shown);
        session.press(typed);
    }
    session.end()
}

/// The screen at the end.
pub(super) fn screen(written: &[u8], situation: &Situation) -> String {
    let mut parser = vt100::Parser::new(60, COLUMNS, 0);
    parser.process(written);
    let rows: Vec<String> = parser.screen().rows(0, COLUMNS).map(|row| row.trim_end().to_owned()).collect();
    let text = stable(rows.join("\n").trim_end(), situation.path());
    // Each step's duration follows its status.
    fancy_regex::Regex::new(r"(Success|Failed|Cancelled) +(\d+ms|\d+(\.\d)?s)")
        .unwrap()
        .replace_all(&text, "$1 DURATION")
        .into_owned()
}

fn situation() -> Situation {
    Situation::new().functions().runbook(
        "parameters: {Who: {type: String, description: Whom to greet., allowedValues: [you, me]}}\noutputs: [greet.Payload]\n",
        &[
            "name: greet, inputs: {FunctionName: echo, InputPayload: {who: '{{ Who }}'}}",
            "name: again, maxAttempts: 2, inputs: {FunctionName: flaky}",
            "name: wild, onFailure: Continue, inputs: {FunctionName: wild, LogType: Tail}",
        ],
    )
}

const RUN: [&str; 6] = ["run", "book.yaml", "--functions", "template.yaml", "--retry-delay", "500ms"];

#[test]
fn operator_answers_prompts_and_reads_the_result() {
    let situation = situation();
    let (written, code) = on_terminal(&situation, &RUN, &[("(text; one of you, me)", "them\n"), ("\nWho: ", "you\n")]);
    insta::assert_snapshot!(screen(&written, &situation));
    assert_eq!(code, 0);
    let raw = String::from_utf8_lossy(&written);
    // The live line was there while the second step waited for its next attempt, in colour.
    assert!(raw.contains("attempt 1 of 2 failed · attempt 2 in "), "{raw}");
    assert!(raw.contains("\u{1b}[32m") && raw.contains("\u{1b}[31m"));
    // The function's output did not clear the screen.
    assert!(!raw.contains("\u{1b}[2J"));
}

#[test]
fn without_colours_and_on_a_dumb_terminal() {
    let situation = situation().env("NO_COLOR", "1");
    let with_answer = [&RUN[..], &["-p", "Who=me"]].concat();
    let (written, code) = on_terminal(&situation, &with_answer, &[]);
    assert_eq!(code, 0);
    let raw = String::from_utf8_lossy(&written);
    assert!(!raw.contains("\u{1b}[3") && !raw.contains("\u{1b}[1m"), "{raw}");
    assert!(raw.contains("✓ 1/3 greet"), "{raw}");
}

#[test]
fn sensitive_parameter_is_typed_without_echo() {
    let situation = Situation::new().functions().runbook(
        "parameters: {Password: {type: String}, Plain: {type: String}}\n",
        &["name: a, inputs: {FunctionName: echo, InputPayload: {p: '{{ Password }}', q: '{{ Plain }}'}}"],
    );
    let answers = [("Password", "open-sesame\r"), ("Plain", "typed-plain\r")];
    let arguments = ["run", "book.yaml", "--functions", "template.yaml", "--sensitive", "Password"];
    let (written, code) = on_terminal(&situation, &arguments, &answers);
    let all = String::from_utf8_lossy(&written).into_owned();
    assert_eq!((code, all.contains("open-sesame"), all.contains("typed-plain")), (0, false, true), "{all}");
}
