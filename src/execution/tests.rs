//! `Execution` rejects invalid histories and leaves the state unchanged. The tests of the engine replay every valid
//! history.

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;

use super::{Execution, InvalidHistory};
use crate::event::{
    AttemptEnded, AttemptStarted, DocumentIdentity, Environment, Event, ExecutionEnded, ExecutionStarted, FORMAT,
    Launch, Next, Outcome, Outline, Recorded, Settings, Status, StepEnded, StepOutline, StepStarted,
};
use crate::name::{ExecutionId, StepExecutionId, StepName};

fn recorded(sequence: u64, event: Event) -> Recorded {
    Recorded { sequence, at: Timestamp::UNIX_EPOCH, event }
}

fn started() -> Event {
    Event::ExecutionStarted(Arc::new(ExecutionStarted {
        format: FORMAT,
        execution: ExecutionId::new("id"),
        document: DocumentIdentity { name: "test".to_owned(), sha256: String::new() },
        parameters: IndexMap::new(),
        variables: IndexMap::new(),
        executed_by: "tester".to_owned(),
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
        outline: Arc::new(Outline {
            steps: vec![StepOutline {
                name: StepName::new("a"),
                action: "aws:invokeLambdaFunction".to_owned(),
                parent: None,
                max_attempts: 1,
                timeout_seconds: None,
                on_failure: "Abort".to_owned(),
                is_critical: true,
                is_end: false,
                next_step: None,
                valid_next_steps: Vec::new(),
            }],
        }),
        launch: Launch::default(),
        hidden: Vec::new(),
    }))
}

fn step_started() -> Event {
    Event::StepStarted(Arc::new(StepStarted {
        step: StepName::new("a"),
        step_execution: StepExecutionId::new("s"),
        inputs: Arc::default(),
        unset: vec![],
        hidden: Vec::new(),
    }))
}

fn attempt_started(attempt: u32, sending: u32) -> Event {
    Event::AttemptStarted(AttemptStarted { attempt, sending, deadline: None })
}

fn attempt_ended(attempt: u32) -> Event {
    let outcome = Outcome::Succeeded { request_id: None, notice: None };
    Event::AttemptEnded(Arc::new(AttemptEnded { attempt, outcome, retry_at: None }))
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

fn ended() -> Event {
    Event::ExecutionEnded(Arc::new(ExecutionEnded {
        status: Status::Success,
        outputs: IndexMap::new(),
        failure_message: None,
    }))
}

#[test]
fn history_must_begin_with_its_start_and_have_no_gaps() {
    assert_eq!(Execution::replay(&[]), Err(InvalidHistory::NotStarted));
    assert_eq!(Execution::replay(&[recorded(0, step_started())]), Err(InvalidHistory::NotStarted));
    let mut newer = started();
    if let Event::ExecutionStarted(started) = &mut newer {
        Arc::make_mut(started).format = 99;
    }
    let known = crate::event::LATEST_FORMAT;
    assert_eq!(Execution::replay(&[recorded(0, newer)]), Err(InvalidHistory::Newer { found: 99, known }));
    assert_eq!(Execution::replay(&[recorded(3, started())]), Err(InvalidHistory::Sequence { expected: 0, found: 3 }));
    assert_eq!(
        Execution::replay(&[recorded(0, started()), recorded(2, step_started())]),
        Err(InvalidHistory::Sequence { expected: 1, found: 2 })
    );
}

#[test]
fn invalid_event_is_rejected_and_changes_nothing() {
    let history = [started(), step_started(), attempt_started(1, 1), attempt_ended(1), step_ended(), ended()];
    let all = [
        started(),
        step_started(),
        attempt_started(1, 1),
        attempt_started(2, 1),
        attempt_started(1, 2),
        attempt_ended(1),
        attempt_ended(2),
        step_ended(),
        ended(),
    ];
    let mut accepted = Vec::new();
    for known in 1..=history.len() {
        let events: Vec<_> = (0..).zip(&history[..known]).map(|(at, event)| recorded(at, event.clone())).collect();
        let before = Execution::replay(&events).unwrap();
        for next in &all {
            let mut after = before.clone();
            match after.apply(&recorded(before.next_sequence(), next.clone())) {
                Ok(()) => accepted.push((events.last().unwrap().event.kind(), next.kind())),
                Err(_) => assert_eq!(after, before),
            }
        }
    }
    assert_eq!(
        accepted,
        [
            ("ExecutionStarted", "StepStarted"),
            // The engine never ends an execution with a step left to run; a cancel may end a history there.
            ("ExecutionStarted", "ExecutionEnded"),
            ("StepStarted", "AttemptStarted"),
            ("StepStarted", "StepEnded"),
            ("AttemptStarted", "AttemptEnded"),
            ("AttemptEnded", "StepEnded"),
            ("StepEnded", "ExecutionEnded"),
        ]
    );
}
