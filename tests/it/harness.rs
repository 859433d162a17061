//! The harness of tests of the built program: a situation (files, environment, input), a command, and its outcome.
//! Values that differ from run to run (ids, times, folders) are replaced before they are compared.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use runwright::clock::SystemClock;
use runwright::event::{Event, Failure, Recorded, Status};
use runwright::store::Journal;

use crate::journal_reads::ReadJournal as _;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_runwright");

/// A folder with files, and an environment without the caller's variables.
pub(crate) struct Situation {
    folder: tempfile::TempDir,
    environment: Vec<(OsString, OsString)>,
    input: Vec<u8>,
}

/// The outcome of a command.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    folder: PathBuf,
}

/// Shell functions of the tests: `echo` returns the event, `gate` does so once there is a file `open` (and ends when
/// its folder is gone: a test may have killed the program that would end it), `fail` fails, `slow` takes half a minute,
/// `flaky` fails the first time, `say` prints and returns `"done"`, `wild` prints terminal control sequences.
const FUNCTIONS: [(&str, &str); 7] = [
    ("echo", "cat"),
    (
        "gate",
        "cat > got; echo called >> calls; : > waits\nuntil [ -e open ]; do [ -e got ] || exit 1; sleep 0.02; done\ncat got",
    ),
    ("fail", "echo looking >&2\necho '{\"errorType\": \"Boom\", \"errorMessage\": \"it broke\"}'\nexit 3"),
    ("slow", "exec sleep 30"),
    ("flaky", "if mkdir ../seen 2>/dev/null; then echo 'not yet' >&2; exit 1; fi\necho '{\"ok\": true}'"),
    ("say", "echo one >&2; echo two >&2\necho '\"done\"'"),
    ("wild", "printf '\\033[2Jgone\\007\\n' >&2; exit 1"),
];

impl Situation {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut situation = Self { folder, environment: Vec::new(), input: Vec::new() };
        let home = situation.path().to_owned();
        for (name, value) in [
            ("PATH", path),
            ("HOME", home.into_os_string()),
            ("USER", "operator".into()),
            ("LANG", "C.UTF-8".into()),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
        ] {
            situation.environment.push((name.into(), value));
        }
        situation
    }

    /// The folder that commands run in.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    pub(crate) fn input(mut self, text: impl AsRef<[u8]>) -> Self {
        self.input = text.as_ref().to_vec();
        self
    }

    /// Adds the shell functions as `template.yaml`.
    pub(crate) fn functions(self) -> Self {
        let mut template = "Transform: AWS::Serverless-2016-10-31\nResources:\n".to_owned();
        let mut situation = self;
        for (name, script) in FUNCTIONS {
            template.push_str(&format!(
                "  {name}:\n    Type: AWS::Serverless::Function\n    Properties: {{FunctionName: {name}, Handler: {name}, \
                 Runtime: provided.al2023, CodeUri: code/, Timeout: 60}}\n"
            ));
            situation = situation.file(&format!("code/{name}.sh"), format!("{script}\n"));
        }
        let bootstrap = "#!/bin/sh\nexec \"$RUNWRIGHT\" functions bootstrap sh \"./$_HANDLER.sh\"\n";
        let situation = situation.file("template.yaml", template).file("code/bootstrap", bootstrap);
        let path = situation.path().join("code/bootstrap");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        situation
    }

    /// A runbook `book.yaml` of these steps, each written as YAML flow without the action.
    pub(crate) fn runbook(self, head: &str, steps: &[&str]) -> Self {
        let steps = steps
            .iter()
            .fold(String::new(), |text, step| text + &format!("  - {{action: 'aws:invokeLambdaFunction', {step}}}\n"));
        self.file("book.yaml", format!("schemaVersion: \"0.3\"\n{head}mainSteps:\n{steps}"))
    }

    /// The command, ready to be started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).current_dir(self.path()).env_clear().envs(self.environment.iter().cloned());
        command
    }

    /// The environment of commands.
    pub(crate) fn environment(&self) -> &[(OsString, OsString)] {
        &self.environment
    }

    /// Starts the command with pipes.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that reads no input may have ended already.
        let _ = child.stdin.take().unwrap().write_all(&self.input);
        child
    }

    /// Waits until a process has created this file.
    pub(crate) fn wait_for(&self, file: &str) {
        let path = self.path().join(file);
        until(&format!("{file} exists"), || path.exists());
    }

    /// Waits until the journal satisfies a condition.
    pub(crate) fn wait_until(&self, condition: impl Fn(&Journal) -> bool) {
        until("the journal satisfies the condition", || {
            self.existing_journal().is_some_and(|journal| condition(&journal))
        });
    }

    /// The journal in the default state folder.
    pub(crate) fn journal(&self) -> Journal {
        self.existing_journal().unwrap()
    }

    fn existing_journal(&self) -> Option<Journal> {
        Journal::open_existing(&self.path().join(".local/state/runwright"), Arc::new(SystemClock)).unwrap()
    }

    /// The events of an execution.
    pub(crate) fn events(&self, id: &str) -> Vec<Recorded> {
        let journal = self.journal();
        let id = journal.find(id).unwrap().id;
        journal.events(&id, 0).unwrap()
    }

    /// The events of an execution in short, in order: the outcome of each step, and of the execution.
    pub(crate) fn history(&self, id: &str) -> String {
        shorten(&self.events(id)).join(", ")
    }

    /// Runs the command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        self.end(self.start(arguments))
    }

    /// Waits for the end of a command.
    pub(crate) fn end(&self, child: Child) -> Outcome {
        let output = child.wait_with_output().unwrap();
        Outcome {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            folder: self.path().to_owned(),
        }
    }
}

/// Polls for a condition that other processes cause without a signal.
pub(crate) fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = runwright::clock::origin();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_mins(1), "{what}: not within one minute");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// The events without starts and ends of attempts that neither repeat nor fail a step: each as the step and its new state.
fn shorten(events: &[Recorded]) -> Vec<String> {
    // The running steps: a step of a loop is in its loop.
    let mut open: Vec<String> = Vec::new();
    let mut was_interrupted = false;
    let comment = |comment: &Option<String>| comment.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
    let shorten = |recorded: &Recorded| {
        let step = open.last().cloned().unwrap_or_default();
        Some(match &recorded.event {
            Event::StepStarted(started) => {
                open.push(started.step.to_string());
                return None;
            }
            Event::StepReused(reused) => format!("{} reused", reused.step),
            Event::StepSkipped(skipped) => {
                format!("{} skipped by {}{}", skipped.step, skipped.by, comment(&skipped.comment))
            }
            Event::IterationStarted(started) => format!("{step}[{}]", started.iteration),
            Event::AttemptStarted(_) if std::mem::take(&mut was_interrupted) => format!("{step} sent again"),
            Event::AttemptStarted(started) if started.attempt > 1 => format!("{step} attempt {}", started.attempt),
            Event::AttemptInterrupted(_) => {
                was_interrupted = true;
                format!("{step} interrupted")
            }
            Event::SignalReceived(received) => {
                let rest = if received.rest { " and the rest" } else { "" };
                format!("{}{rest} by {}{}", received.signal.as_str(), received.by, comment(&received.comment))
            }
            Event::VariableUpdated(updated) => format!("{} = {}", updated.name, updated.value),
            Event::StepEnded(ended) => {
                let step = open.pop().unwrap();
                was_interrupted = false;
                let failure = ended.failure.as_ref().filter(|_| ended.status != Status::Cancelled);
                format!("{step} {}{}", ended.status, failure.map(classify).unwrap_or_default())
            }
            Event::ExecutionResumed(_) => "resumed".to_owned(),
            Event::CancelRequested(requested) => format!("cancel by {}", requested.by),
            Event::CompleteRequested(requested) => format!("complete by {}", requested.by),
            Event::ExecutionEnded(ended) => ended.status.to_string(),
            Event::ExecutionStarted(_)
            | Event::AttemptStarted(_)
            | Event::AttemptThrottled(_)
            | Event::TargetsResolved(_)
            | Event::ChildStarted(_)
            | Event::ChildEnded(_)
            | Event::LocationsResolved(_)
            | Event::AttemptObserved(_)
            | Event::AttemptProgressed(_)
            | Event::AttemptEnded(_)
            | Event::WaitStarted(_) => return None,
        })
    };
    events.iter().filter_map(shorten).collect()
}

/// The class of a failure: of its call, with the code and whether the function ran, or else where the step failed.
fn classify(failure: &Failure) -> String {
    let words = match &failure.cause {
        Some(cause) => [Some(cause.class.as_str()), cause.code.as_deref(), Some(cause.progress.as_str())],
        None => [Some(failure.failure_type.as_str()), Some(failure.stage.as_str()), None],
    };
    format!(" ({})", words.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

impl Outcome {
    /// Asserts the exit code, all of standard output, and that standard error has these texts in this order.
    #[track_caller]
    pub(crate) fn assert(&self, status: i32, stdout: &str, stderr: &[&str]) {
        let [printed, log] = [&self.stdout, &self.stderr].map(|text| without_ids(text, &self.folder));
        let mut rest = &*log;
        let missing = stderr.iter().find(|text| match rest.split_once(**text) {
            Some((_, after)) => {
                rest = after;
                false
            }
            None => true,
        });
        assert_eq!((self.status, printed.as_str(), missing), (Some(status), stdout, None), "{}", self.text());
    }

    /// The diagnostics that were written, each as its code and its position, with the name that it suggests.
    pub(crate) fn diagnostics(&self) -> Vec<String> {
        let head = fancy_regex::Regex::new(r"(?m)^(?:error|warning)\[([a-z0-9-]+)\].*\n *--> (\S+)").unwrap();
        let help = fancy_regex::Regex::new(r"(?:did you mean|write) `([^`]+)`").unwrap();
        let text = [self.stdout.as_str(), &self.stderr].concat();
        let heads: Vec<_> = head.captures_iter(text.as_str()).map(Result::unwrap).collect();
        let starts = heads.iter().map(|found| found.get(0).unwrap().start());
        let ends = starts.skip(1).chain([text.len()]);
        heads
            .iter()
            .zip(ends)
            .map(|(found, end)| {
                let rest = &text[found.get(0).unwrap().end()..end];
                let suggested = help.captures(rest).unwrap().map(|help| format!(" -> {}", &help[1]));
                format!("{} {}{}", &found[1], &found[2], suggested.unwrap_or_default())
            })
            .collect()
    }

    /// Standard output as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|why| panic!("{why}: {}", self.text()))
    }

    /// The folder that the command ran in.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The whole outcome as text, for a snapshot.
    pub(crate) fn text(&self) -> String {
        let status = self.status.map_or_else(|| "ended by a signal".to_owned(), |status| format!("exit {status}"));
        let mut all = status;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                all.push_str(&format!("\n--- {name}\n{}", stable(text, &self.folder).trim_end_matches('\n')));
            }
        }
        all
    }
}

/// Masks values that differ from run to run, including short ids, processes and machines.
pub(crate) fn without_ids(text: &str, folder: &Path) -> String {
    let replacements = [
        (r"\b[0-9a-f]{8}\b", "ID"),
        (r"process \d+ on \S+", "process PID on HOST"),
        (r"pid \d+ on [^ )]+", "pid PID on HOST"),
    ];
    replacements.iter().fold(stable(text, folder), |text, (pattern, replacement)| {
        fancy_regex::Regex::new(pattern).unwrap().replace_all(&text, *replacement).into_owned()
    })
}

/// Masks values that differ from run to run.
pub(crate) fn stable(text: &str, folder: &Path) -> String {
    let replacements = [
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "MOMENT"),
        (r"\[ *\d+\.\d{3}s\]", "[TIME]"),
        (r"\b(in|after) (\d+ms|\d+\.\ds|\d+s)(?=[ ;,.:\n]|$)", "$1 DURATION"),
        (r"Duration: [\d.]+ ms", "Duration: N ms"),
        (r"Max Memory Used: \d+ MB", "Max Memory Used: N MB"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    ];
    let mut text = text.replace(&*folder.to_string_lossy(), "FOLDER");
    for (pattern, replacement) in replacements {
        text = fancy_regex::Regex::new(pattern).unwrap().replace_all(&text, replacement).into_owned();
    }
    text
}
