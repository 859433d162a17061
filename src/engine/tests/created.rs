//! What an attempt has created: recorded once, waited for by another process within the same time, kept as outputs, and
//! named where it is left behind.

use std::time::Duration;

use serde_json::{Value, json};

use super::situation::{Situation, begins_at};
use crate::engine::{Input, Interrupted, decide, uncertain_attempt};
use crate::event::{
    AttemptProgress, AttemptProgressed, Event, ExecutionResumed, Failure, FailureStage, FailureType, Recorded,
};
use crate::execution::{AttemptState, Execution};
use crate::name::OutputName;

/// A step that makes an image, which has no token: without a record it may not be repeated.
fn situation() -> Situation {
    Situation::new(
        "{mainSteps: [{name: image, action: 'aws:createImage', timeoutSeconds: 600, maxAttempts: 2, inputs: {InstanceId: \
         i-1, ImageName: web}}]}",
    )
}

fn created(attempt: u32, value: &Value, hidden: bool) -> Input {
    let progress = AttemptProgress::Created { output: OutputName::new("ImageId"), value: value.clone(), hidden };
    Input::Progressed(AttemptProgressed { attempt, progress })
}

fn stopped(error: Option<&str>) -> Input {
    let progress =
        AttemptProgress::StopRequested { output: OutputName::new("ImageId"), error: error.map(str::to_owned) };
    Input::Progressed(AttemptProgressed { attempt: 1, progress })
}

fn resumed() -> Input {
    let resumed = ExecutionResumed { by: "tester".to_owned(), host: "other".to_owned(), version: String::new() };
    Input::Resumed { resumed, interrupted: Interrupted::Fail }
}

fn failed() -> Input {
    Input::AttemptEnded(Err(Failure::new(FailureStage::PostVerification, FailureType::Action, "It failed.").into()))
}

fn cancel() -> Input {
    Input::Cancel { by: "anna".to_owned() }
}

/// What follows from inputs at certain seconds: the events, and the state.
fn follow(inputs: impl IntoIterator<Item = (u64, Input)>) -> (Vec<Recorded>, Execution) {
    let situation = situation();
    let mut execution = situation.begin().execution;
    let decided = |(seconds, input)| {
        let now = begins_at() + Duration::from_secs(seconds);
        decide(situation.read(), &mut execution, input, now).unwrap()
    };
    let events = inputs.into_iter().flat_map(decided).collect();
    (events, execution)
}

fn kinds(events: &[Recorded]) -> Vec<&'static str> {
    events.iter().map(|recorded| recorded.event.kind()).collect()
}

/// The outputs and the message of the step that ended.
fn ending(events: &[Recorded]) -> (Value, String) {
    let ended = events.iter().find_map(|recorded| match &recorded.event {
        Event::StepEnded(ended) => Some(ended),
        _ => None,
    });
    let ended = ended.unwrap();
    (json!(*ended.outputs), ended.failure.as_ref().unwrap().message.clone())
}

#[test]
fn what_an_attempt_creates_is_recorded_once() {
    let (events, _) = follow([
        (1, created(1, &json!("ami-1"), false)),
        (2, created(1, &json!("ami-1"), false)),
        // Of no attempt in flight.
        (3, created(2, &json!("ami-2"), false)),
        (4, stopped(None)),
        (5, stopped(Some("no"))),
    ]);
    assert_eq!(kinds(&events), ["AttemptProgressed", "AttemptProgressed"]);
}

#[test]
fn another_process_goes_on_waiting_until_the_same_moment() {
    let (events, execution) = follow([(1, created(1, &json!("ami-1"), false)), (500, resumed())]);
    let last = execution.current().unwrap().last_attempt().unwrap();
    let AttemptState::InFlight { sending, deadline } = last.state else { panic!("{:?}", last.state) };
    let identifiers = last.created.as_ref().map(|created| json!(created.identifiers()));
    assert_eq!(
        (kinds(&events), sending, deadline, identifiers),
        (
            vec!["AttemptProgressed", "ExecutionResumed", "AttemptInterrupted", "AttemptStarted"],
            2,
            Some(begins_at() + Duration::from_mins(10)),
            Some(json!({ "ImageId": "ami-1" }))
        )
    );
}

#[test]
fn nobody_goes_on_waiting_for_what_was_not_recorded_or_is_redacted() {
    let uncertain = |inputs: Vec<(u64, Input)>| {
        let (_, execution) = follow(inputs);
        uncertain_attempt(&situation().runbook, &execution).is_some()
    };
    let known = (1, created(1, &json!("ami-1"), false));
    let hidden = (1, created(1, &json!("****"), true));
    assert_eq!([uncertain(vec![]), uncertain(vec![hidden]), uncertain(vec![known])], [true, true, false]);
}

#[test]
fn next_attempt_creates_again_and_has_its_own_time() {
    let (_, execution) = follow([(1, created(1, &json!("ami-1"), false)), (10, failed()), (20, Input::TimerFired)]);
    let last = execution.current().unwrap().last_attempt().unwrap();
    let AttemptState::InFlight { deadline, .. } = last.state else { panic!("{:?}", last.state) };
    assert_eq!((last.number, &last.created, deadline), (2, &None, Some(begins_at() + Duration::from_secs(620))));
}

#[test]
fn step_that_does_not_succeed_keeps_the_identifier_and_names_what_it_leaves() {
    let made = || (1, created(1, &json!("ami-1"), false));
    let (cancelled, _) = follow([made(), (2, cancel())]);
    let (told_to_stop, _) = follow([made(), (2, stopped(None)), (2, cancel())]);
    let (not_stopped, _) = follow([made(), (2, stopped(Some("Not allowed."))), (2, cancel())]);
    let outputs = json!({ "ImageId": "ami-1" });
    let told = |text: &str| (outputs.clone(), format!("Stopped by anna during attempt 1. {text}"));
    assert_eq!(
        [ending(&cancelled), ending(&told_to_stop), ending(&not_stopped)],
        [
            told("It leaves ImageId ami-1 behind."),
            told("ImageId ami-1 was asked to stop."),
            told("ImageId ami-1 could not be stopped, and may still be running: Not allowed."),
        ]
    );
}
