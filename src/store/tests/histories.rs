//! Minimal events of executions, for tests.

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::{Timestamp, ToSpan};

use crate::event::{
    DocumentIdentity, Environment, Event, ExecutionEnded, ExecutionStarted, FORMAT, Launch, Next, Outline, Recorded,
    Settings, Status, StepEnded, StepStarted, sha256,
};
use crate::name::{ExecutionId, StepExecutionId, StepName};

/// The text of the runbook.
pub(in crate::store) const TEXT: &str = "schemaVersion: '0.3'\n";

/// When the first execution begins: with nanoseconds, which must be preserved.
pub(in crate::store) fn start() -> Timestamp {
    Timestamp::new(1_767_225_600, 123_456_789).unwrap()
}

/// The id of the execution with this number.
pub(in crate::store) fn id(number: u32) -> ExecutionId {
    ExecutionId::new(format!("{number:08x}-0000-4000-8000-000000000000"))
}

/// An execution to be started; each of its events is one second later than the one before it.
#[derive(Debug, Clone)]
pub(in crate::store) struct History {
    pub(in crate::store) started: ExecutionStarted,
    pub(in crate::store) at: Timestamp,
}

impl History {
    /// The execution with this number.
    pub(in crate::store) fn new(number: u32) -> Self {
        let started = ExecutionStarted {
            format: FORMAT,
            execution: id(number),
            document: DocumentIdentity { name: "book".to_owned(), sha256: sha256(TEXT) },
            parameters: IndexMap::new(),
            variables: IndexMap::new(),
            executed_by: "operator".to_owned(),
            environment: Environment { region: None, account_id: None, partition: "aws".to_owned() },
            settings: Settings {
                attempt_delays: [0].into(),
                throttle_delays: [0].into(),
                throttle_window: 0,
                jitter: 0.0,
                long_invocations: false,
                result_limit: None,
                poll_interval: None,
                idempotency_token: false,
            },
            seed: 0,
            outline: Arc::new(Outline { steps: Vec::new() }),
            launch: Launch::default(),
            hidden: Vec::new(),
        };
        Self { started, at: start() }
    }

    /// Its first event.
    pub(in crate::store) fn begin(&self) -> Vec<Recorded> {
        vec![self.recorded(0, Event::ExecutionStarted(Arc::new(self.started.clone())))]
    }

    /// Starts and ends of one step after the other, from this sequence number on.
    pub(in crate::store) fn steps(&self, from: u64, count: u64) -> Vec<Recorded> {
        let event = |sequence| if sequence % 2 == 1 { step_started(sequence) } else { step_ended() };
        (from..from + count).map(|sequence| self.recorded(sequence, event(sequence))).collect()
    }

    /// Its last event.
    pub(in crate::store) fn end(&self, sequence: u64, status: Status) -> Vec<Recorded> {
        let failure_message = (status != Status::Success).then(|| "it broke".to_owned());
        let ended = ExecutionEnded { status, outputs: IndexMap::new(), failure_message };
        vec![self.recorded(sequence, Event::ExecutionEnded(Arc::new(ended)))]
    }

    fn recorded(&self, sequence: u64, event: Event) -> Recorded {
        let at = self.at.checked_add(i64::try_from(sequence).unwrap().seconds()).unwrap();
        Recorded { sequence, at, event }
    }
}

fn step_started(sequence: u64) -> Event {
    Event::StepStarted(Arc::new(StepStarted {
        step: StepName::new(format!("step{sequence}")),
        step_execution: StepExecutionId::new("run"),
        inputs: Arc::default(),
        unset: vec![],
        hidden: Vec::new(),
    }))
}

fn step_ended() -> Event {
    Event::StepEnded(Arc::new(StepEnded {
        status: Status::Success,
        outputs: Arc::default(),
        document: None,
        failure: None,
        next: Next::End,
        hidden: Vec::new(),
    }))
}
