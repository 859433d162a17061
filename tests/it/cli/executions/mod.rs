//! `runwright executions …`, on journals whose histories are written by hand.

mod comparing;
mod finding;
mod listing;
mod moving;
mod pruning;
mod showing;
mod watching;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;
use runwright::clock::{SystemClock, after};
use runwright::event::{
    AttemptEnded, AttemptStarted, DocumentIdentity, Environment, Event, ExecutionEnded, ExecutionStarted, FORMAT,
    Failure, FailureStage, FailureType, Launch, Next, Outcome, Outline, Recorded, Settings, Status, StepEnded,
    StepOutline, StepStarted,
};
use runwright::name::{ExecutionId, OutputName, ParameterName, StepExecutionId, StepName};
use runwright::store::{ArchiveStore as _, EventStore as _, Journal};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::harness::{Outcome as CommandOutcome, Situation};

/// The first execution of most tests.
const ONE: &str = "4105a4fc-f944-41e6-9d32-0a4c2d5e6f70";
/// An execution whose id begins almost as the first one's.
const TWO: &str = "4105a4fd-0000-4000-8000-000000000002";
/// Another one.
const THREE: &str = "9b2d7c1e-0000-4000-8000-000000000003";

/// The runbook of all histories.
const DOCUMENT: &str = "schemaVersion: \"0.3\"\nmainSteps:\n  - name: drain\n    action: aws:invokeLambdaFunction\n";

/// A history under construction.
#[derive(Clone)]
struct Made {
    events: Vec<Recorded>,
    document: String,
    at: Timestamp,
}

impl Made {
    /// An execution that starts at this time, of a runbook with these steps.
    fn new(id: &str, at: &str, steps: &[&str]) -> Self {
        let outline = |name: &&str| StepOutline {
            name: StepName::from(*name),
            action: "aws:invokeLambdaFunction".to_owned(),
            parent: None,
            max_attempts: 2,
            timeout_seconds: Some(300),
            on_failure: "Abort".to_owned(),
            is_critical: true,
            is_end: false,
            next_step: None,
            valid_next_steps: Vec::new(),
        };
        let started = ExecutionStarted {
            format: FORMAT,
            execution: ExecutionId::from(id),
            document: DocumentIdentity { name: "restart".to_owned(), sha256: sha256(DOCUMENT) },
            parameters: IndexMap::from([(ParameterName::from("Service"), json!("web"))]),
            variables: IndexMap::new(),
            executed_by: "operator".to_owned(),
            environment: Environment { region: None, account_id: None, partition: "aws".to_owned() },
            settings: Settings {
                attempt_delays: [1_000].into(),
                throttle_delays: [1_000].into(),
                throttle_window: 300_000,
                jitter: 0.0,
                long_invocations: false,
                result_limit: None,
                poll_interval: None,
                idempotency_token: false,
            },
            seed: 7,
            outline: Arc::new(Outline { steps: steps.iter().map(outline).collect() }),
            launch: Launch {
                version: "0.1.0".to_owned(),
                host: "bastion".to_owned(),
                folder: "/srv".to_owned(),
                file: Some("/srv/restart.yaml".to_owned()),
                ..Launch::default()
            },
            hidden: Vec::new(),
        };
        let made = Self { events: Vec::new(), document: DOCUMENT.to_owned(), at: at.parse().unwrap() };
        made.then(0, Event::ExecutionStarted(Arc::new(started)))
    }

    /// An event, some milliseconds after the one before.
    fn then(mut self, millis: u64, event: Event) -> Self {
        self.at = after(self.at, Duration::from_millis(millis));
        let sequence = u64::try_from(self.events.len()).unwrap();
        self.events.push(Recorded { sequence, at: self.at, event });
        self
    }

    fn started(&mut self) -> &mut ExecutionStarted {
        let Event::ExecutionStarted(started) = &mut self.events[0].event else { panic!("it begins with its start") };
        Arc::make_mut(started)
    }

    fn parameter(mut self, name: &str, value: Value) -> Self {
        self.started().parameters.insert(ParameterName::from(name), value);
        self
    }

    fn label(mut self, name: &str, value: &str) -> Self {
        self.started().launch.labels.insert(name.to_owned(), value.to_owned());
        self
    }

    fn runbook(mut self, name: &str, text: &str) -> Self {
        text.clone_into(&mut self.document);
        self.started().document = DocumentIdentity { name: name.to_owned(), sha256: sha256(text) };
        self
    }

    /// A step whose attempt is in flight.
    fn open(self, step: &str) -> Self {
        let inputs = IndexMap::from([
            ("FunctionName".to_owned(), json!(format!("{step}-node"))),
            ("InputPayload".to_owned(), json!({"service": "web"})),
        ]);
        let started = StepStarted {
            step: StepName::from(step),
            step_execution: StepExecutionId::new(format!("00000000-0000-4000-8000-{step:0>12}")),
            inputs: Arc::new(inputs),
            unset: vec![],
            hidden: Vec::new(),
        };
        self.then(0, Event::StepStarted(Arc::new(started)))
            .then(0, Event::AttemptStarted(AttemptStarted { attempt: 1, sending: 1, deadline: None }))
    }

    /// A step that succeeds after some milliseconds, and continues with the next one.
    fn ok(self, step: &str, millis: u64, next: Option<&str>) -> Self {
        let outcome = Outcome::Succeeded { request_id: None, notice: None };
        let outputs = IndexMap::from([
            (OutputName::from("StatusCode"), json!(200)),
            (OutputName::from("Payload"), json!(format!("{{\"done\": \"{step}\"}}"))),
        ]);
        self.open(step).ends_step(millis, outcome, Status::Success, outputs, None, next)
    }

    /// A step that fails, which ends the execution.
    fn failed(self, step: &str, millis: u64, message: &str) -> Self {
        let failure = Failure::new(FailureStage::Invocation, FailureType::Action, message);
        let outcome = Outcome::Failed { failure: failure.clone() };
        self.open(step)
            .ends_step(millis, outcome, Status::Failed, IndexMap::new(), Some(failure), None)
            .ended(Status::Failed, Some(message))
    }

    fn ends_step(
        self,
        millis: u64,
        outcome: Outcome,
        status: Status,
        outputs: IndexMap<OutputName, Value>,
        failure: Option<Failure>,
        next: Option<&str>,
    ) -> Self {
        let ended = StepEnded {
            status,
            outputs: Arc::new(outputs),
            document: None,
            failure,
            next: next.map_or(Next::End, |next| Next::Step(StepName::from(next))),
            hidden: Vec::new(),
        };
        self.then(millis, Event::AttemptEnded(Arc::new(AttemptEnded { attempt: 1, outcome, retry_at: None })))
            .then(0, Event::StepEnded(Arc::new(ended)))
    }

    fn ended(self, status: Status, message: Option<&str>) -> Self {
        let ended = ExecutionEnded {
            status,
            outputs: IndexMap::from([("drain.Payload".to_owned(), vec!["{\"done\": \"drain\"}".to_owned()])]),
            failure_message: message.map(str::to_owned),
        };
        self.then(0, Event::ExecutionEnded(Arc::new(ended)))
    }
}

/// `drain` and `restart` succeed.
fn succeeded(id: &str, at: &str) -> Made {
    Made::new(id, at, &["drain", "restart"])
        .ok("drain", 2_000, Some("restart"))
        .ok("restart", 6_000, None)
        .ended(Status::Success, None)
}

/// `drain` succeeds, `restart` fails.
fn failed(id: &str, at: &str) -> Made {
    Made::new(id, at, &["drain", "restart", "undrain"]).ok("drain", 2_000, Some("restart")).failed(
        "restart",
        500,
        "The service did not come back.",
    )
}

/// `drain` succeeds, and the process is killed during `restart`.
fn interrupted(id: &str, at: &str) -> Made {
    Made::new(id, at, &["drain", "restart", "undrain"]).ok("drain", 2_000, Some("restart")).open("restart")
}

fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// A state folder with these histories, which no process runs.
fn with_journal(histories: &[Made]) -> Situation {
    let situation = Situation::new();
    let journal = journal(&situation);
    for made in histories {
        wait(journal.import(&made.document, &made.events)).unwrap();
    }
    situation
}

fn folder(situation: &Situation) -> PathBuf {
    situation.path().join("state")
}

fn journal(situation: &Situation) -> Journal {
    Journal::create(&folder(situation), Arc::new(SystemClock)).unwrap()
}

/// An execution that this process runs as long as the journal exists.
fn running(situation: &Situation, made: &Made) -> Journal {
    let journal = journal(situation);
    wait(journal.create(&made.document, &made.events)).unwrap();
    journal
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn executions(situation: &Situation, arguments: &[&str]) -> CommandOutcome {
    situation.run(&[&["executions"], arguments, &["--state-dir", "state"]].concat())
}

/// A table without the widths of its columns: ages grow.
fn narrow(table: &str) -> String {
    fancy_regex::Regex::new(r"(?<=\S)  +").unwrap().replace_all(table, "  ").into_owned()
}

/// The outcome of a command, with ages and processes masked.
fn stable_text(outcome: &CommandOutcome) -> String {
    let mut text = outcome.text();
    for (pattern, replacement) in
        [(r"\((just now|(in )?\d+[smhd]( ago)?)\)", "(AGE)"), (r"process \d+ on [^\s,]+", "process N on HOST")]
    {
        text = fancy_regex::Regex::new(pattern).unwrap().replace_all(&text, replacement).into_owned();
    }
    text
}
