//! A request to end after the current step (`StopAutomationExecution` of type `Complete`).

use super::situation::{Reply, Situation};
use crate::event::Status;

fn completed_then(reply: Reply) -> Reply {
    Reply::CompletedThen(Box::new(reply))
}

#[test]
fn complete_request_ends_execution_after_current_step() {
    let run = Situation::new("{mainSteps: [{name: a}, {name: b}]}")
        .replies("a", [completed_then(Reply::Returns(serde_json::json!({})))])
        .run();
    insta::assert_snapshot!(run.trace(), @r#"
    0s started
    0s a: {"FunctionName":"f"}
    0s   attempt 1, until 300s
    0s completion asked for
    1s   attempt 1 succeeded
    1s   Success -> b
    1s Success
    "#);
}

#[test]
fn complete_request_during_last_step_only_adds_its_event() {
    let run = Situation::new("{mainSteps: [{name: a}]}")
        .replies("a", [completed_then(Reply::Returns(serde_json::json!({})))])
        .run();
    insta::assert_snapshot!(run.trace(), @r#"
    0s started
    0s a: {"FunctionName":"f"}
    0s   attempt 1, until 300s
    0s completion asked for
    1s   attempt 1 succeeded
    1s   Success
    1s Success
    "#);
}

#[test]
fn step_failing_after_complete_request_has_no_next_step() {
    let rows = [
        ("onFailure: Abort", "Failed"),
        ("onFailure: Continue", "Success"),
        ("onFailure: Continue, isCritical: true", "Failed"),
        ("onFailure: 'step:c'", "Failed"),
        ("onFailure: 'step:c', isCritical: false", "Success"),
    ];
    for (attributes, status) in rows {
        let run = Situation::new(&format!("{{mainSteps: [{{name: a, {attributes}}}, {{name: b}}, {{name: c}}]}}"))
            .replies("a", [completed_then(Reply::Fails)])
            .run();
        assert_eq!((run.path().as_str(), run.status().as_str()), ("a Failed", status), "{attributes}");
    }
}

#[test]
fn current_step_keeps_its_retries_after_complete_request() {
    let run = Situation::new("{mainSteps: [{name: a, maxAttempts: 3}, {name: b}]}")
        .replies("a", [completed_then(Reply::Fails), Reply::Fails])
        .run();
    insta::assert_snapshot!(run.trace(), @r#"
    0s started
    0s a: {"FunctionName":"f"}
    0s   attempt 1, until 300s
    0s completion asked for
    1s   attempt 1 failed, next at 2s
    2s   attempt 2, until 302s
    3s   attempt 2 failed, next at 5s
    5s   attempt 3, until 305s
    6s   attempt 3 succeeded
    6s   Success -> b
    6s Success
    "#);
}

#[test]
fn complete_request_during_backoff_lets_the_retry_run() {
    let situation = Situation::new("{mainSteps: [{name: a, maxAttempts: 3}, {name: b}]}").replies("a", [Reply::Fails]);
    let run = situation.begin().after_inputs(1).after_complete_request().after_complete_request().end();
    insta::assert_snapshot!(run.trace(), @r#"
    0s started
    0s a: {"FunctionName":"f"}
    0s   attempt 1, until 300s
    1s   attempt 1 failed, next at 2s
    1s completion asked for
    2s   attempt 2, until 302s
    3s   attempt 2 succeeded
    3s   Success -> b
    3s Success
    "#);
}

#[test]
fn cancel_after_complete_cancels() {
    let situation = Situation::new(
        "{mainSteps: [{name: a, onCancel: 'step:tidy'}, {name: b, isEnd: true}, {name: tidy, nextStep: tell}, {name: tell}]}",
    );
    let run = situation.begin().after_complete_request().after_cancel().after_complete_request().end();
    insta::assert_snapshot!(run.trace(), @r#"
    0s started
    0s a: {"FunctionName":"f"}
    0s   attempt 1, until 300s
    0s completion asked for
    0s stop asked for
    0s   attempt 1 abandoned
    0s   Cancelled (Stopped by tester during attempt 1. The action may still be running.) -> tidy
    0s tidy: {"FunctionName":"f"}
    0s   attempt 1, until 300s
    1s   attempt 1 succeeded
    1s   Success -> tell
    1s tell: {"FunctionName":"f"}
    1s   attempt 1, until 301s
    2s   attempt 1 succeeded
    2s   Success
    2s Cancelled
    "#);
}

#[test]
fn cancel_before_the_first_step_runs_no_step_and_no_on_cancel() {
    let situation = Situation::new("{mainSteps: [{name: a, onCancel: 'step:tidy'}, {name: tidy}]}");
    insta::assert_snapshot!(situation.open().after_seconds(5).after_cancel().end().trace(), @r"
    0s started
    5s stop asked for
    5s Cancelled
    ");
    insta::assert_snapshot!(situation.open().after_seconds(5).after_complete_request().end().trace(), @r"
    0s started
    5s completion asked for
    5s Success
    ");
}

#[test]
fn ended_execution_ignores_requests() {
    let situation = Situation::new("{mainSteps: [{name: a}]}");
    let events = situation.begin().end().events;
    assert_eq!(situation.history(events.clone()).after_complete_request().after_cancel().outcomes().events, events);
}

#[test]
fn complete_request_ends_a_wait_without_cleanup() {
    let steps = [
        "{name: ask, action: 'aws:approve', onCancel: 'step:tidy', inputs: {Approvers: [ann]}}",
        "{name: hold, action: 'aws:pause', onFailure: Continue, isCritical: true, onCancel: 'step:tidy'}",
    ];
    let ended = steps.map(|step| {
        let text = format!("{{mainSteps: [{step}, {{name: next, isEnd: true}}, {{name: tidy}}]}}");
        let run = Situation::new(&text).begin().after_complete_request().end();
        (run.path(), run.status())
    });
    assert_eq!(ended, [("ask Cancelled".to_owned(), Status::Success), ("hold Cancelled".to_owned(), Status::Success)]);
    let inside = "{mainSteps: [{name: each, inputs: {Iterators: [p, q], Steps: [
        {name: ask, action: 'aws:approve', onFailure: Continue, isCritical: true, inputs: {Approvers: [ann]}}, {name: act}]}}, {name: after}]}";
    let run = Situation::new(inside).begin().after_complete_request().end();
    assert_eq!((run.path().as_str(), run.status()), ("each Cancelled, ask Cancelled", Status::Success));
}

#[test]
fn complete_request_lets_a_sleep_finish() {
    let text = "{mainSteps: [{name: rest, action: 'aws:sleep', inputs: {Duration: PT5S}}, {name: next}]}";
    let run = Situation::new(text).begin().after_complete_request().end();
    assert_eq!((run.path().as_str(), run.status()), ("rest Success", Status::Success));
}
