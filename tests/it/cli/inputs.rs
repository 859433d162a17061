//! Endless inputs: a device, a pipe, standard input.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::fs::{CWD, FileType, OFlags, mknodat};

use crate::harness::{Outcome, Situation};

/// Every command that reads a file, with a placeholder for its name.
const COMMANDS: [&str; 24] = [
    "run INPUT",
    "validate INPUT",
    "plan INPUT",
    "graph INPUT",
    "test INPUT",
    "test INPUT.test.yaml",
    "run book.yaml -p Who=file://INPUT",
    "run book.yaml --parameters INPUT",
    "run book.yaml --parameters file://INPUT",
    "run book.yaml --parameters Who@=file://INPUT",
    "run book.yaml --target-parameter Who --targets @INPUT",
    "run book.yaml --target-parameter Who --targets file://INPUT",
    "run book.yaml --target-parameter Who --targets Key=ParameterValues,Values@=file://INPUT",
    "run book.yaml --target-maps INPUT",
    "run book.yaml --target-maps file://INPUT",
    "run book.yaml --functions INPUT",
    "run book.yaml --config INPUT",
    "invoke echo --functions template.yaml --payload file://INPUT",
    "invoke echo --functions template.yaml --payload fileb://INPUT",
    "invoke echo --functions template.yaml --client-context file://INPUT",
    "functions invoke echo --functions template.yaml --payload file://INPUT",
    "functions list --functions INPUT",
    "test --record last --out INPUT",
    "executions import INPUT",
];

/// Likewise for standard input.
const ON_STDIN: [&str; 9] = [
    "run -",
    "validate -",
    "plan -",
    "graph -",
    "run book.yaml --parameters -",
    "run book.yaml -p Who=file:///dev/stdin",
    "run book.yaml --functions template.yaml --output terraform-external",
    "invoke echo --functions template.yaml --payload -",
    "functions invoke echo --functions template.yaml --payload -",
];

fn situation() -> Situation {
    let steps = ["name: a, inputs: {FunctionName: echo, InputPayload: {who: '{{ Who }}'}}"];
    Situation::new().functions().runbook("parameters: {Who: {type: String, default: me}}\n", &steps)
}

/// Asserts that the command ended by itself and reports the problem of the input.
fn is_bounded(command: &str, outcome: &Outcome) {
    let log = outcome.stderr.to_lowercase();
    let words = [
        "larger than",
        "more than",
        "no json",
        "not json",
        "is none",
        "control-character",
        "cannot be read",
        "not utf-8",
        "neither",
        "invalid",
    ];
    assert!(matches!(outcome.status, Some(1..=3)), "{command}: {:?} {}", outcome.status, outcome.stderr);
    assert!(words.iter().any(|word| log.contains(word)), "{command}: {}", outcome.stderr);
    assert!(outcome.stderr.len() < 20_000, "{command} quotes its input");
}

fn run(situation: &Situation, command: &str, input: &str) {
    let command = command.replace("INPUT", input);
    let arguments: Vec<&str> = command.split(' ').collect();
    is_bounded(&command, &situation.run(&arguments));
}

#[test]
fn endless_device_is_read_up_to_a_limit() {
    let situation = situation();
    let record = ["run", "book.yaml", "--functions", "template.yaml", "--quiet"];
    assert_eq!(situation.run(&record).status, Some(0));
    std::os::unix::fs::symlink("/dev/zero", situation.path().join("zero.test.yaml")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", situation.path().join("zero")).unwrap();
    for command in COMMANDS {
        run(&situation, command, "zero");
    }
}

/// Writes into a pipe for as long as this exists.
struct Feeder {
    is_over: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Feeder {
    fn start(pipe: &Path) -> Self {
        mknodat(CWD, pipe, FileType::Fifo, 0o600.into(), 0).unwrap();
        // Opened for reading and writing, so that opening does not block.
        let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap();
        let mut pipe: File = OpenOptions::new().read(true).write(true).custom_flags(flags).open(pipe).unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || {
            let line = format!("{}\n", "a".repeat(4095));
            while !over.load(Ordering::Relaxed) {
                if pipe.write(line.as_bytes()).is_err() {
                    // Full.
                    std::thread::park_timeout(Duration::from_millis(1));
                }
            }
        });
        Self { is_over, thread: Some(thread) }
    }
}

impl Drop for Feeder {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

#[test]
fn endless_pipe_is_read_up_to_a_limit() {
    let situation = situation();
    let record = ["run", "book.yaml", "--functions", "template.yaml", "--quiet"];
    assert_eq!(situation.run(&record).status, Some(0));
    let _feeders =
        [Feeder::start(&situation.path().join("pipe")), Feeder::start(&situation.path().join("pipe.test.yaml"))];
    // The limit of an archive is so large that the pipe would take long; the device tests its limit.
    for command in COMMANDS.into_iter().filter(|command| !command.contains("import")) {
        run(&situation, command, "pipe");
    }
}

#[test]
fn endless_standard_input_is_read_up_to_a_limit() {
    let situation = situation();
    for command in ON_STDIN {
        let arguments: Vec<&str> = command.split(' ').collect();
        let mut started = situation.command(&arguments);
        started.stdin(File::open("/dev/zero").unwrap()).stdout(Stdio::piped()).stderr(Stdio::piped());
        is_bounded(command, &situation.end(started.spawn().unwrap()));
    }
}
