//! A state can be restored to a checkpoint, whatever is decided after any prefix of any recorded history.

use std::path::Path;
use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;
use runwright::engine::{self, Input, Interrupted, Outstanding, WaitReason};
use runwright::event::{
    ActionResult, AttemptObserved, ChildEnded, ErrorClass, ExecutionResumed, Failure, FailureStage, FailureType,
    LATEST_FORMAT, LocationsResolved, Observation, Signal, SignalReceived, Status, TargetsResolved,
};
use runwright::execution::Execution;
use runwright::name::StepExecutionId;
use runwright::runbook::Runbook;
use serde_json::json;

use super::{EVERY_EVENT, LOCATIONS, OVER_LOCATIONS, POLLS, every_event, histories, locations, polls, read, root};

#[test]
fn every_prefix_of_every_history_is_restored_after_any_decision() {
    let (mut decided, mut failed) = (0, 0);
    for format in 1..=LATEST_FORMAT {
        for (name, lines) in histories(format) {
            let Some(runbook) = runbook(&name) else { continue };
            let events = read(&name, &lines);
            for end in 1..=events.len() {
                let before = Execution::replay(&events[..end]).unwrap();
                let mut execution = before.clone();
                for input in inputs(&before) {
                    for now in moments(&before) {
                        let checkpoint = execution.checkpoint();
                        match engine::decide(&runbook, &mut execution, input.clone(), now) {
                            Ok(events) => {
                                decided += usize::from(!events.is_empty());
                                execution.restore(checkpoint);
                            }
                            Err(_) => failed += 1,
                        }
                        assert!(execution == before, "{name} after event {end}, {input:?}");
                    }
                }
            }
        }
    }
    assert!(decided > 1_000 && failed > 1_000, "{decided} decisions, {failed} that failed");
}

/// The runbook of a history: the sample of its name.
fn runbook(name: &str) -> Option<Runbook> {
    let text = match name {
        EVERY_EVENT => every_event::RUNBOOK.to_owned(),
        POLLS => polls::RUNBOOK.to_owned(),
        LOCATIONS | OVER_LOCATIONS => locations::RUNBOOK.to_owned(),
        _ => {
            let file = |ending: &str| Path::new(root()).join("runbooks").join(format!("{name}.{ending}"));
            ["yaml", "json"].iter().find_map(|ending| std::fs::read_to_string(file(ending)).ok())?
        }
    };
    let document = runwright::document::read(name, text.as_bytes()).unwrap();
    runwright::runbook::load(&document).runbook
}

/// Immediately, at the end of the wait, and much later.
fn moments(execution: &Execution) -> Vec<Timestamp> {
    let due = match engine::outstanding(execution) {
        Outstanding::Attempt { deadline, .. } | Outstanding::Children { deadline, .. } => deadline,
        Outstanding::Wait { until, reason } => match reason {
            WaitReason::RetryDelay { .. }
            | WaitReason::ThrottleDelay { .. }
            | WaitReason::Sleep { .. }
            | WaitReason::Resume { .. }
            | WaitReason::Approval { .. } => Some(until),
            WaitReason::Start { .. } => None,
        },
        Outstanding::Decision | Outstanding::Nothing => None,
    };
    let now = execution.changed_at();
    [Some(now), due, Some(now + Duration::from_secs(1_000_000))].into_iter().flatten().collect()
}

fn inputs(execution: &Execution) -> Vec<Input> {
    let by = || "operator".to_owned();
    let resumed = |interrupted| Input::Resumed {
        resumed: ExecutionResumed { by: by(), host: "other".to_owned(), version: "0.1.0".to_owned() },
        interrupted,
    };
    let document = json!({"status": "stopped", "key": "k", "done": true});
    let returned = ActionResult { document: Some(document), ..ActionResult::default() };
    let failure = Failure::new(FailureStage::Invocation, FailureType::Action, "no");
    let mut throttled = failure.clone();
    throttled.cause =
        Some(Box::new(runwright::event::Cause::new(ErrorClass::Throttled, runwright::event::CallReach::NotRun)));
    let answers = [Ok(returned), Err(failure.into()), Err(throttled.into())].map(Input::AttemptEnded);
    let signals = Signal::ALL.map(|signal| {
        let mut received = SignalReceived::new(signal, "operator", None);
        received.inputs = IndexMap::from([("FunctionName".to_owned(), json!("f"))]);
        let step_execution = engine::validate_signal(execution, &received).unwrap_or(StepExecutionId::new(""));
        Input::Signal { step_execution, received }
    });
    let ends = [(0, Status::Success), (1, Status::Failed)]
        .map(|(target, status)| Input::ChildEnded(ChildEnded { attempt: 1, target, status, failure: None }));
    let accounts = vec![vec!["111111111111".to_owned()], vec!["222222222222".to_owned()]];
    let resolved = Input::LocationsResolved(LocationsResolved { attempt: 1, accounts });
    let observed = Observation::Value("pending".to_owned());
    let observed = Input::Observed(AttemptObserved { attempt: 1, polls: 99, observed, property: None });
    let targets = vec!["i-1".to_owned(), "i-2".to_owned()];
    let found = TargetsResolved { attempt: 1, resource_type: None, targets, hidden: false };
    let requests = [
        resolved,
        Input::TargetsResolved(found),
        observed,
        Input::TimerFired,
        Input::Cancel { by: by() },
        Input::Complete { by: by() },
    ];
    let takeovers = [Interrupted::Retry, Interrupted::Fail, Interrupted::Abandon].map(resumed);
    answers.into_iter().chain(ends).chain(signals).chain(requests).chain(takeovers).collect()
}
