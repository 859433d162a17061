//! Another process resumes the execution of a crashed one.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::situation::{Outcomes, Reply, Situation};
use crate::engine::{EngineError, Interrupted};
use crate::event::{Event, Recorded};
use crate::name::{OutputName, ParameterName};

const TWO_ATTEMPTS: &str = "{mainSteps: [{name: a, maxAttempts: 2}, {name: b}]}";

const WITH_CLEAN_UP: &str = "{mainSteps: [{name: a, onCancel: 'step:tidy'}, {name: b, isEnd: true}, {name: tidy}]}";

const SECRET: &str = "{parameters: {Token: {type: String}}, mainSteps: [
    {name: a, maxAttempts: 2, inputs: {FunctionName: f, InputPayload: {at: '{{ global:DATE_TIME }}', key: '{{ Token }}'}}},
    {name: b}]}";

#[test]
fn interrupted_attempt_is_sent_again_under_its_number() {
    let run = Situation::new(TWO_ATTEMPTS).begin().after_seconds(60).after_crash(Interrupted::Retry).end();
    insta::assert_snapshot!(run.trace(), @r#"
     0s started
     0s a: {"FunctionName":"f"}
     0s   attempt 1, until 300s
    60s resumed by other-process
    60s   attempt 1 interrupted
    60s   attempt 1, sending 2, until 360s
    61s   attempt 1 succeeded
    61s   Success -> b
    61s b: {"FunctionName":"f"}
    61s   attempt 1, until 361s
    62s   attempt 1 succeeded
    62s   Success
    62s Success
    "#);
}

#[test]
fn at_most_once_policy_does_not_resend_an_interrupted_attempt() {
    let run = Situation::new(TWO_ATTEMPTS).begin().after_seconds(60).after_crash(Interrupted::Fail).end();
    insta::assert_snapshot!(run.trace(), @r#"
     0s started
     0s a: {"FunctionName":"f"}
     0s   attempt 1, until 300s
    60s resumed by other-process
    60s   attempt 1 interrupted
    60s   Failed (The process that waited for the answer ended. The action may have run, or may still be running.)
    60s Failed
    "#);
    assert_eq!(run.assert_only_recorded_sendings(), 1);
}

#[test]
fn abandoned_attempt_ends_with_the_cancel() {
    let run = Situation::new(WITH_CLEAN_UP).begin().after_crash(Interrupted::Abandon).after_cancel().end();
    insta::assert_snapshot!(run.trace(), @r#"
    0s started
    0s a: {"FunctionName":"f"}
    0s   attempt 1, until 300s
    0s resumed by other-process
    0s   attempt 1 interrupted
    0s stop asked for
    0s   attempt 1 interrupted
    0s   Cancelled (Stopped by tester after attempt 1 was interrupted. The action may still be running.) -> tidy
    0s tidy: {"FunctionName":"f"}
    0s   attempt 1, until 300s
    1s   attempt 1 succeeded
    1s   Success
    1s Cancelled
    "#);
}

#[test]
fn abandoned_attempt_without_a_cancel_is_sent_by_the_next_process() {
    let play =
        |policy| Situation::new(TWO_ATTEMPTS).begin().after_crash(Interrupted::Abandon).after_crash(policy).end();
    insta::assert_snapshot!(play(Interrupted::Retry).trace(), @r#"
    0s started
    0s a: {"FunctionName":"f"}
    0s   attempt 1, until 300s
    0s resumed by other-process
    0s   attempt 1 interrupted
    0s resumed by other-process
    0s   attempt 1, sending 2, until 300s
    1s   attempt 1 succeeded
    1s   Success -> b
    1s b: {"FunctionName":"f"}
    1s   attempt 1, until 301s
    2s   attempt 1 succeeded
    2s   Success
    2s Success
    "#);
    insta::assert_snapshot!(play(Interrupted::Fail).trace(), @r#"
    0s started
    0s a: {"FunctionName":"f"}
    0s   attempt 1, until 300s
    0s resumed by other-process
    0s   attempt 1 interrupted
    0s resumed by other-process
    0s   attempt 1 interrupted
    0s   Failed (The process that waited for the answer ended. The action may have run, or may still be running.)
    0s Failed
    "#);
}

#[test]
fn throttled_attempt_keeps_its_retry_time_under_every_policy() {
    for policy in [Interrupted::Retry, Interrupted::Fail, Interrupted::Abandon] {
        let situation = Situation::new(TWO_ATTEMPTS).replies("a", [Reply::Throttled(None)]);
        let run = situation.begin().after_inputs(1).after_crash(policy).end();
        insta::allow_duplicates! { insta::assert_snapshot!(run.trace(), @r#"
        0s started
        0s a: {"FunctionName":"f"}
        0s   attempt 1, until 300s
        1s   attempt 1 throttled, again at 2s
        1s resumed by other-process
        2s   attempt 1, sending 2, until 302s
        3s   attempt 1 succeeded
        3s   Success -> b
        3s b: {"FunctionName":"f"}
        3s   attempt 1, until 303s
        4s   attempt 1 succeeded
        4s   Success
        4s Success
        "#); }
    }
}

#[test]
fn throttle_window_excludes_time_without_a_process() {
    let throttles = vec![Reply::Throttled(None); 9];
    let run = Situation::new("{mainSteps: [{name: a}]}")
        .replies("a", throttles)
        .begin()
        .after_inputs(3)
        .after_seconds(3_600)
        .after_crash(Interrupted::Retry)
        .end();
    insta::assert_snapshot!(run.trace(), @r#"
       0s started
       0s a: {"FunctionName":"f"}
       0s   attempt 1, until 300s
       1s   attempt 1 throttled, again at 2s
       2s   attempt 1, sending 2, until 302s
       3s   attempt 1 throttled, again at 5s
    3603s resumed by other-process
    3603s   attempt 1, sending 3, until 3903s
    3604s   attempt 1 throttled, again at 3608s
    3608s   attempt 1, sending 4, until 3908s
    3609s   attempt 1 failed
    3609s   Failed (Throttled.)
    3609s Failed
    "#);
}

#[test]
fn pending_retry_runs_when_due_or_at_once_when_overdue() {
    let situation = Situation::new(TWO_ATTEMPTS).replies("a", [Reply::Fails]);
    let early = situation.begin().after_inputs(1).after_crash(Interrupted::Fail).end();
    insta::assert_snapshot!(early.trace(), @r#"
    0s started
    0s a: {"FunctionName":"f"}
    0s   attempt 1, until 300s
    1s   attempt 1 failed, next at 2s
    1s resumed by other-process
    2s   attempt 2, until 302s
    3s   attempt 2 succeeded
    3s   Success -> b
    3s b: {"FunctionName":"f"}
    3s   attempt 1, until 303s
    4s   attempt 1 succeeded
    4s   Success
    4s Success
    "#);
    let late = situation.begin().after_inputs(1).after_seconds(60).after_crash(Interrupted::Retry).end();
    insta::assert_snapshot!(late.trace(), @r#"
     0s started
     0s a: {"FunctionName":"f"}
     0s   attempt 1, until 300s
     1s   attempt 1 failed, next at 2s
    61s resumed by other-process
    61s   attempt 2, until 361s
    62s   attempt 2 succeeded
    62s   Success -> b
    62s b: {"FunctionName":"f"}
    62s   attempt 1, until 362s
    63s   attempt 1 succeeded
    63s   Success
    63s Success
    "#);
}

#[test]
fn resumed_on_cancel_chain_continues_within_two_minutes() {
    let situation = Situation::new(WITH_CLEAN_UP).replies("a", [Reply::Cancelled]);
    let run = situation.begin().after_inputs(1).after_seconds(60).after_crash(Interrupted::Retry).end();
    insta::assert_snapshot!(run.trace(), @r#"
     0s started
     0s a: {"FunctionName":"f"}
     0s   attempt 1, until 300s
     1s stop asked for
     1s   attempt 1 abandoned
     1s   Cancelled (Stopped by tester during attempt 1. The action may still be running.) -> tidy
     1s tidy: {"FunctionName":"f"}
     1s   attempt 1, until 301s
    61s resumed by other-process
    61s   attempt 1 interrupted
    61s   attempt 1, sending 2, until 361s
    62s   attempt 1 succeeded
    62s   Success
    62s Cancelled
    "#);
}

#[test]
fn resumed_on_cancel_chain_ends_after_two_minutes() {
    let situation = Situation::new(WITH_CLEAN_UP).replies("a", [Reply::Cancelled]);
    let run = situation.begin().after_inputs(1).after_seconds(600).after_crash(Interrupted::Retry).end();
    insta::assert_snapshot!(run.trace(), @r#"
      0s started
      0s a: {"FunctionName":"f"}
      0s   attempt 1, until 300s
      1s stop asked for
      1s   attempt 1 abandoned
      1s   Cancelled (Stopped by tester during attempt 1. The action may still be running.) -> tidy
      1s tidy: {"FunctionName":"f"}
      1s   attempt 1, until 301s
    601s resumed by other-process
    601s   attempt 1 interrupted
    601s   attempt 1 interrupted
    601s   Cancelled (The onCancel chain timed out after 120 s.)
    601s Cancelled
    "#);
    assert_eq!(run.assert_only_recorded_sendings(), 2);
}

#[test]
fn second_cancel_of_an_on_cancel_chain_changes_nothing() {
    let situation = Situation::new(WITH_CLEAN_UP).replies("a", [Reply::Cancelled]);
    let run = situation.begin().after_inputs(1).after_crash(Interrupted::Abandon).after_cancel().end();
    insta::assert_snapshot!(run.trace(), @r#"
    0s started
    0s a: {"FunctionName":"f"}
    0s   attempt 1, until 300s
    1s stop asked for
    1s   attempt 1 abandoned
    1s   Cancelled (Stopped by tester during attempt 1. The action may still be running.) -> tidy
    1s tidy: {"FunctionName":"f"}
    1s   attempt 1, until 301s
    1s resumed by other-process
    1s   attempt 1 interrupted
    1s   attempt 1, sending 2, until 301s
    2s   attempt 1 succeeded
    2s   Success
    2s Cancelled
    "#);
}

#[test]
fn repeated_crashes_increment_the_sending_number() {
    let situation = Situation::new("{mainSteps: [{name: a}]}");
    let play = situation.begin();
    let run =
        play.after_crash(Interrupted::Retry).after_crash(Interrupted::Retry).after_crash(Interrupted::Retry).end();
    insta::assert_snapshot!(run.trace(), @r#"
    0s started
    0s a: {"FunctionName":"f"}
    0s   attempt 1, until 300s
    0s resumed by other-process
    0s   attempt 1 interrupted
    0s   attempt 1, sending 2, until 300s
    0s resumed by other-process
    0s   attempt 1 interrupted
    0s   attempt 1, sending 3, until 300s
    0s resumed by other-process
    0s   attempt 1 interrupted
    0s   attempt 1, sending 4, until 300s
    1s   attempt 1 succeeded
    1s   Success
    1s Success
    "#);
}

#[test]
fn ended_execution_is_not_resumed() {
    let situation = Situation::new(TWO_ATTEMPTS);
    let events = situation.begin().end().events;
    let run = situation.history(events.clone()).after_crash(Interrupted::Retry).outcomes();
    assert_eq!(run.events, events);
}

#[test]
fn opened_execution_starts_its_first_step_when_woken() {
    let situation = Situation::new("{mainSteps: [{name: a}]}");
    insta::assert_snapshot!(situation.open().after_seconds(5).after_timer().end().trace(), @r#"
    0s started
    5s a: {"FunctionName":"f"}
    5s   attempt 1, until 305s
    6s   attempt 1 succeeded
    6s   Success
    6s Success
    "#);
    insta::assert_snapshot!(situation.open().after_seconds(5).after_crash(Interrupted::Retry).end().trace(), @r#"
    0s started
    5s resumed by other-process
    5s a: {"FunctionName":"f"}
    5s   attempt 1, until 305s
    6s   attempt 1 succeeded
    6s   Success
    6s Success
    "#);
}

#[test]
fn redacted_inputs_are_restored_after_supplying_the_secret() {
    let situation = situation_with_secret();
    let first = situation.begin().outcomes();
    for turns in [0, 1] {
        let history = redacted(situation.begin().after_inputs(turns).outcomes().events);
        let revealed = situation.history(history).after_seconds(3_600).with_secret("Token", json!("hunter2"));
        let sent = revealed.after_takeover(Interrupted::Retry).outcomes();
        assert_eq!(inputs(&sent), inputs(&first), "after {turns} replies");
    }
}

#[test]
fn resume_without_the_secret_sends_nothing_and_names_it() {
    let situation = situation_with_secret();
    for (turns, policy) in [(0, Interrupted::Retry), (1, Interrupted::Retry), (1, Interrupted::Fail)] {
        let history = redacted(situation.begin().after_inputs(turns).outcomes().events);
        let refused = situation.history(history).resume_error(policy);
        assert!(matches!(refused, EngineError::MissingSecret(_)), "{refused:?}");
        assert_eq!(
            refused.to_string(),
            "sensitive value is not stored and must be supplied again: Input InputPayload: {{ Token }} has no value: \
             parameter Token is sensitive and not stored: supply it again."
        );
    }
}

#[test]
fn abandoned_attempt_needs_no_secret() {
    let situation = situation_with_secret();
    let after = |turns| situation.history(redacted(situation.begin().after_inputs(turns).outcomes().events));
    insta::assert_snapshot!(after(0).after_crash(Interrupted::Fail).end().trace(), @r#"
    0s started
    0s a: {"FunctionName":"f","InputPayload":{"at":"?","key":"****"}}
    0s   attempt 1, until 300s
    0s resumed by other-process
    0s   attempt 1 interrupted
    0s   Failed (The process that waited for the answer ended. The action may have run, or may still be running.)
    0s Failed
    "#);
    for turns in [0, 1] {
        let run = after(turns).after_crash(Interrupted::Abandon).after_cancel().end();
        assert_eq!((run.path().as_str(), run.status().as_str()), ("a Cancelled", "Cancelled"));
    }
}

#[test]
fn abandoned_attempt_with_a_hidden_secret_is_not_sent() {
    let situation = situation_with_secret();
    let history = redacted(situation.begin().after_crash(Interrupted::Abandon).outcomes().events);
    let refused = situation.history(history).resume_error(Interrupted::Retry);
    assert!(matches!(refused, EngineError::MissingSecret(_)), "{refused}");
}

#[test]
fn step_needing_a_redacted_output_fails_and_names_the_redrive_step() {
    let situation = Situation::new(
        "{mainSteps: [{name: a, outputs: [{Name: Key, Selector: $.key, Type: String}]},
          {name: b, onFailure: Continue, inputs: {FunctionName: f, InputPayload: {key: '{{ a.Key }}'}}}, {name: c}]}",
    )
    .replies("a", [Reply::Returns(json!({"key": "hunter2"}))]);
    let mut events = situation.begin().after_inputs(1).outcomes().events;
    // The process crashed within the step that uses the output: the call was sent, and is not sent again.
    for recorded in &mut events {
        match &mut recorded.event {
            Event::StepEnded(ended) => {
                let ended = Arc::make_mut(ended);
                Arc::make_mut(&mut ended.outputs).insert(OutputName::new("Key"), json!("****"));
                ended.hidden = vec![OutputName::new("Key")];
            }
            Event::StepStarted(started) if started.step == *"b" => redact_payload(Arc::make_mut(started)),
            _ => {}
        }
    }
    insta::assert_snapshot!(situation.history(events.clone()).after_crash(Interrupted::Retry).end().trace(), @r#"
    0s started
    0s a: {"FunctionName":"f"}
    0s   attempt 1, until 300s
    1s   attempt 1 succeeded
    1s   Success -> b
    1s b: {"FunctionName":"f","InputPayload":{"at":"?","key":"****"}}
    1s   attempt 1, until 301s
    1s resumed by other-process
    1s   attempt 1 interrupted
    1s   attempt 1 interrupted
    1s   Failed (Step fails when it is validating and resolving the step inputs. Input InputPayload: {{ a.Key }} has no value: a.Key was sensitive and is not in the journal: redrive from a.) -> c
    1s c: {"FunctionName":"f"}
    1s   attempt 1, until 301s
    2s   attempt 1 succeeded
    2s   Success
    2s Success
    "#);
    // It crashed before: the step starts only now.
    let reached = events.iter().position(|it| matches!(&it.event, Event::StepStarted(it) if it.step == *"b")).unwrap();
    events.truncate(reached);
    let run = situation.history(events).after_crash(Interrupted::Retry).end();
    insta::assert_snapshot!(run.trace(), @r#"
    0s started
    0s a: {"FunctionName":"f"}
    0s   attempt 1, until 300s
    1s   attempt 1 succeeded
    1s   Success -> b
    1s resumed by other-process
    1s b: {}
    1s   Failed (Step fails when it is validating and resolving the step inputs. Input InputPayload: {{ a.Key }} has no value: a.Key was sensitive and is not in the journal: redrive from a.) -> c
    1s c: {"FunctionName":"f"}
    1s   attempt 1, until 301s
    2s   attempt 1 succeeded
    2s   Success
    2s Success
    "#);
}

#[test]
fn loop_over_redacted_items_ends_after_the_step_under_way() {
    let situation = Situation::new(
        "{mainSteps: [{name: a, outputs: [{Name: Keys, Selector: $.keys, Type: StringList}]},
          {name: each, action: 'aws:loop', onFailure: Continue, inputs: {Iterators: '{{ a.Keys }}', Steps: [
            {name: b, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: f}}]}}, {name: c}]}",
    )
    .replies("a", [Reply::Returns(json!({"keys": ["hunter2", "hunter3"]}))]);
    let mut events = situation.begin().after_inputs(1).outcomes().events;
    for recorded in &mut events {
        match &mut recorded.event {
            Event::StepEnded(ended) => {
                let ended = Arc::make_mut(ended);
                Arc::make_mut(&mut ended.outputs).insert(OutputName::new("Keys"), json!(["****", "****"]));
                ended.hidden = vec![OutputName::new("Keys")];
            }
            Event::StepStarted(started) if started.step == *"each" => {
                let started = Arc::make_mut(started);
                Arc::make_mut(&mut started.inputs).insert("Iterators".to_owned(), json!(["****", "****"]));
                started.hidden = vec!["Iterators".to_owned()];
            }
            _ => {}
        }
    }
    insta::assert_snapshot!(situation.history(events).after_crash(Interrupted::Retry).end().trace(), @r#"
    0s started
    0s a: {"FunctionName":"f"}
    0s   attempt 1, until 300s
    1s   attempt 1 succeeded
    1s   Success -> each
    1s each: {"Iterators":["****","****"]}
    1s   iteration 1
    1s b: {"FunctionName":"f"}
    1s   attempt 1, until 301s
    1s resumed by other-process
    1s   attempt 1 interrupted
    1s   attempt 1, sending 2, until 301s
    2s   attempt 1 succeeded
    2s   Success
    2s   Failed (Step fails when it is validating and resolving the step inputs. Input Iterators: {{ a.Keys }} has no value: a.Keys was sensitive and is not in the journal: redrive from a.) -> c
    2s c: {"FunctionName":"f"}
    2s   attempt 1, until 302s
    3s   attempt 1 succeeded
    3s   Success
    3s Success
    "#);
}

#[test]
fn parameter_and_variable_of_one_name_are_both_restored() {
    let situation = Situation::new(
        "{parameters: {Token: {type: String}}, variables: {Token: {type: String, default: 'a {{ Token }}'}}, mainSteps: [
          {name: a, inputs: {FunctionName: f, InputPayload: {at: '{{ variable:Token }}', key: '{{ Token }}'}}}]}",
    )
    .parameter("Token", json!("hunter2"));
    let first = situation.begin().outcomes();
    let mut events = redacted(situation.begin().outcomes().events);
    if let Event::ExecutionStarted(started) = &mut events[0].event {
        let started = Arc::make_mut(started);
        started.variables.insert("Token".into(), json!("a ****"));
        started.hidden.push("Token".to_owned());
    }
    let parameter = || situation.history(events.clone()).with_secret("Token", json!("hunter2"));
    assert!(matches!(parameter().resume_error(Interrupted::Retry), EngineError::MissingSecret(_)));
    let mut both = parameter();
    assert!(both.execution.reveal_variable("Token", json!("a hunter2")));
    assert_eq!(inputs(&both.after_takeover(Interrupted::Retry).outcomes()), inputs(&first));
}

fn situation_with_secret() -> Situation {
    Situation::new(SECRET).parameter("Token", json!("hunter2")).replies("a", [Reply::Fails])
}

/// A history as stored in a journal, without secrets.
fn redacted(mut events: Vec<Recorded>) -> Vec<Recorded> {
    for recorded in &mut events {
        match &mut recorded.event {
            Event::ExecutionStarted(started) => {
                let started = Arc::make_mut(started);
                started.parameters.insert(ParameterName::new("Token"), json!("****"));
                started.hidden = vec!["Token".to_owned()];
            }
            Event::StepStarted(started) if started.step == *"a" => redact_payload(Arc::make_mut(started)),
            _ => {}
        }
    }
    events
}

fn redact_payload(started: &mut crate::event::StepStarted) {
    Arc::make_mut(&mut started.inputs).insert("InputPayload".to_owned(), json!({"at": "?", "key": "****"}));
    started.hidden = vec!["InputPayload".to_owned()];
}

/// The inputs of the current step.
fn inputs(run: &Outcomes) -> IndexMap<String, Value> {
    IndexMap::clone(&run.execution.current().unwrap().inputs)
}
