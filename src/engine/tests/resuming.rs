//! Another process takes over from one that died.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::situation::{Outcomes, Reply, Situation};
use crate::engine::{EngineError, Interrupted};
use crate::event::{Event, Recorded};
use crate::name::{OutputName, ParameterName};

const TWICE: &str = "{mainSteps: [{name: a, maxAttempts: 2}, {name: b}]}";

const TIDIED: &str = "{mainSteps: [{name: a, onCancel: 'step:tidy'}, {name: b, isEnd: true}, {name: tidy}]}";

const SECRET: &str = "{parameters: {Token: {type: String}}, mainSteps: [
    {name: a, maxAttempts: 2, inputs: {FunctionName: f, InputPayload: {at: '{{ global:DATE_TIME }}', key: '{{ Token }}'}}},
    {name: b}]}";

#[test]
fn an_attempt_in_flight_is_sent_again_under_its_number() {
    let run = Situation::new(TWICE).begin().later(60).resumed(Interrupted::Retry).end();
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
fn an_attempt_in_flight_is_not_sent_again_where_it_may_run_once_only() {
    let run = Situation::new(TWICE).begin().later(60).resumed(Interrupted::Fail).end();
    insta::assert_snapshot!(run.trace(), @r#"
     0s started
     0s a: {"FunctionName":"f"}
     0s   attempt 1, until 300s
    60s resumed by other-process
    60s   attempt 1 interrupted
    60s   Failed (The process that waited for the answer ended. What the step started may have run, or may still be running.)
    60s Failed
    "#);
    assert_eq!(run.sends_only_what_is_recorded(), 1);
}

#[test]
fn an_attempt_that_is_given_up_ends_with_the_stop() {
    let run = Situation::new(TIDIED).begin().resumed(Interrupted::Abandon).stopped().end();
    insta::assert_snapshot!(run.trace(), @r#"
    0s started
    0s a: {"FunctionName":"f"}
    0s   attempt 1, until 300s
    0s resumed by other-process
    0s   attempt 1 interrupted
    0s stop asked for
    0s   attempt 1 interrupted
    0s   Cancelled (Stopped by tester after attempt 1 was interrupted. What the step started may still be running.) -> tidy
    0s tidy: {"FunctionName":"f"}
    0s   attempt 1, until 300s
    1s   attempt 1 succeeded
    1s   Success
    1s Cancelled
    "#);
}

#[test]
fn abandoned_attempt_without_a_cancel_is_sent_by_the_next_process() {
    let play = |policy| Situation::new(TWICE).begin().resumed(Interrupted::Abandon).resumed(policy).end();
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
    0s   Failed (The process that waited for the answer ended. What the step started may have run, or may still be running.)
    0s Failed
    "#);
}

#[test]
fn a_throttled_attempt_waits_for_its_moment_whatever_the_policy() {
    for policy in [Interrupted::Retry, Interrupted::Fail, Interrupted::Abandon] {
        let situation = Situation::new(TWICE).replies("a", [Reply::Throttled(None)]);
        let run = situation.begin().turns(1).resumed(policy).end();
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
        .turns(3)
        .later(3_600)
        .resumed(Interrupted::Retry)
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
fn a_retry_that_is_waited_for_comes_at_its_moment_or_at_once_when_that_is_past() {
    let situation = Situation::new(TWICE).replies("a", [Reply::Fails]);
    let early = situation.begin().turns(1).resumed(Interrupted::Fail).end();
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
    let late = situation.begin().turns(1).later(60).resumed(Interrupted::Retry).end();
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
fn a_chain_of_on_cancel_goes_on_within_its_two_minutes() {
    let situation = Situation::new(TIDIED).replies("a", [Reply::Stopped]);
    let run = situation.begin().turns(1).later(60).resumed(Interrupted::Retry).end();
    insta::assert_snapshot!(run.trace(), @r#"
     0s started
     0s a: {"FunctionName":"f"}
     0s   attempt 1, until 300s
     1s stop asked for
     1s   attempt 1 given up
     1s   Cancelled (Stopped by tester during attempt 1. What the step started may still be running.) -> tidy
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
fn a_chain_of_on_cancel_whose_two_minutes_are_over_is_cut_off() {
    let situation = Situation::new(TIDIED).replies("a", [Reply::Stopped]);
    let run = situation.begin().turns(1).later(600).resumed(Interrupted::Retry).end();
    insta::assert_snapshot!(run.trace(), @r#"
      0s started
      0s a: {"FunctionName":"f"}
      0s   attempt 1, until 300s
      1s stop asked for
      1s   attempt 1 given up
      1s   Cancelled (Stopped by tester during attempt 1. What the step started may still be running.) -> tidy
      1s tidy: {"FunctionName":"f"}
      1s   attempt 1, until 301s
    601s resumed by other-process
    601s   attempt 1 interrupted
    601s   attempt 1 interrupted
    601s   Cancelled (The onCancel chain was cut off after 120 s.)
    601s Cancelled
    "#);
    assert_eq!(run.sends_only_what_is_recorded(), 2);
}

#[test]
fn a_second_stop_of_a_chain_of_on_cancel_changes_nothing() {
    let situation = Situation::new(TIDIED).replies("a", [Reply::Stopped]);
    let run = situation.begin().turns(1).resumed(Interrupted::Abandon).stopped().end();
    insta::assert_snapshot!(run.trace(), @r#"
    0s started
    0s a: {"FunctionName":"f"}
    0s   attempt 1, until 300s
    1s stop asked for
    1s   attempt 1 given up
    1s   Cancelled (Stopped by tester during attempt 1. What the step started may still be running.) -> tidy
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
fn several_deaths_of_one_attempt_count_its_sendings() {
    let situation = Situation::new("{mainSteps: [{name: a}]}");
    let play = situation.begin();
    let run = play.resumed(Interrupted::Retry).resumed(Interrupted::Retry).resumed(Interrupted::Retry).end();
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
fn an_execution_that_is_over_is_not_resumed() {
    let situation = Situation::new(TWICE);
    let events = situation.begin().end().events;
    let run = situation.history(events.clone()).resumed(Interrupted::Retry).outcomes();
    assert_eq!(run.events, events);
}

#[test]
fn an_execution_that_was_opened_begins_when_it_is_woken() {
    let situation = Situation::new("{mainSteps: [{name: a}]}");
    insta::assert_snapshot!(situation.open().later(5).woken().end().trace(), @r#"
    0s started
    5s a: {"FunctionName":"f"}
    5s   attempt 1, until 305s
    6s   attempt 1 succeeded
    6s   Success
    6s Success
    "#);
    insta::assert_snapshot!(situation.open().later(5).resumed(Interrupted::Retry).end().trace(), @r#"
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
fn hidden_inputs_are_sent_as_they_were_once_the_secret_is_given_again() {
    let situation = secret();
    let first = situation.begin().outcomes();
    for turns in [0, 1] {
        let history = hidden(situation.begin().turns(turns).outcomes().events);
        let revealed = situation.history(history).later(3_600).revealed("Token", json!("hunter2"));
        let sent = revealed.taken_over(Interrupted::Retry).outcomes();
        assert_eq!(inputs(&sent), inputs(&first), "after {turns} answers");
    }
}

#[test]
fn without_the_secret_nothing_is_sent_and_the_refusal_names_it() {
    let situation = secret();
    for (turns, policy) in [(0, Interrupted::Retry), (1, Interrupted::Retry), (1, Interrupted::Fail)] {
        let history = hidden(situation.begin().turns(turns).outcomes().events);
        let refused = situation.history(history).refused(policy);
        assert_eq!(
            refused,
            EngineError::MissingSecret(
                "Input InputPayload: {{ Token }} has no value: parameter Token is sensitive and not in the journal: give \
                 it again."
                    .to_owned()
            )
        );
    }
}

#[test]
fn abandoned_attempt_needs_no_secret() {
    let situation = secret();
    let after = |turns| situation.history(hidden(situation.begin().turns(turns).outcomes().events));
    insta::assert_snapshot!(after(0).resumed(Interrupted::Fail).end().trace(), @r#"
    0s started
    0s a: {"FunctionName":"f","InputPayload":{"at":"?","key":"****"}}
    0s   attempt 1, until 300s
    0s resumed by other-process
    0s   attempt 1 interrupted
    0s   Failed (The process that waited for the answer ended. What the step started may have run, or may still be running.)
    0s Failed
    "#);
    for turns in [0, 1] {
        let run = after(turns).resumed(Interrupted::Abandon).stopped().end();
        assert_eq!((run.path().as_str(), run.status().as_str()), ("a Cancelled", "Cancelled"));
    }
}

#[test]
fn abandoned_attempt_with_a_hidden_secret_is_not_sent() {
    let situation = secret();
    let history = hidden(situation.begin().resumed(Interrupted::Abandon).outcomes().events);
    let refused = situation.history(history).refused(Interrupted::Retry);
    assert!(matches!(refused, EngineError::MissingSecret(_)), "{refused}");
}

#[test]
fn a_step_that_needs_a_hidden_output_fails_and_says_from_where_to_start_again() {
    let situation = Situation::new(
        "{mainSteps: [{name: a, outputs: [{Name: Key, Selector: $.key, Type: String}]},
          {name: b, onFailure: Continue, inputs: {FunctionName: f, InputPayload: {key: '{{ a.Key }}'}}}, {name: c}]}",
    )
    .replies("a", [Reply::Returns(json!({"key": "hunter2"}))]);
    let mut events = situation.begin().turns(1).outcomes().events;
    // The process died within the step that uses the output: it was sent, and is not sent again.
    for recorded in &mut events {
        match &mut recorded.event {
            Event::StepEnded(ended) => {
                let ended = Arc::make_mut(ended);
                Arc::make_mut(&mut ended.outputs).insert(OutputName::new("Key"), json!("****"));
                ended.hidden = vec![OutputName::new("Key")];
            }
            Event::StepStarted(started) if started.step == *"b" => hide_payload(Arc::make_mut(started)),
            _ => {}
        }
    }
    let refused = situation.history(events.clone()).refused(Interrupted::Retry);
    assert_eq!(
        refused.to_string(),
        "sensitive value is not stored and must be supplied again: Input InputPayload: {{ a.Key }} has no value: a.Key was \
         sensitive and is not in the journal: redrive from a."
    );
    // It died before: the step is reached only now.
    let reached = events.iter().position(|it| matches!(&it.event, Event::StepStarted(it) if it.step == *"b")).unwrap();
    events.truncate(reached);
    let run = situation.history(events).resumed(Interrupted::Retry).end();
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
fn a_parameter_and_a_variable_of_one_name_are_both_given_again() {
    let situation = Situation::new(
        "{parameters: {Token: {type: String}}, variables: {Token: {type: String, default: 'a {{ Token }}'}}, mainSteps: [
          {name: a, inputs: {FunctionName: f, InputPayload: {at: '{{ variable:Token }}', key: '{{ Token }}'}}}]}",
    )
    .parameter("Token", json!("hunter2"));
    let first = situation.begin().outcomes();
    let mut events = hidden(situation.begin().outcomes().events);
    if let Event::ExecutionStarted(started) = &mut events[0].event {
        let started = Arc::make_mut(started);
        started.variables.insert("Token".into(), json!("a ****"));
        started.hidden.push("Token".to_owned());
    }
    let parameter = || situation.history(events.clone()).revealed("Token", json!("hunter2"));
    assert!(matches!(parameter().refused(Interrupted::Retry), EngineError::MissingSecret(_)));
    let mut both = parameter();
    assert!(both.execution.reveal_variable("Token", json!("a hunter2")));
    assert_eq!(inputs(&both.taken_over(Interrupted::Retry).outcomes()), inputs(&first));
}

fn secret() -> Situation {
    Situation::new(SECRET).parameter("Token", json!("hunter2")).replies("a", [Reply::Fails])
}

/// A history as it is in a journal that has no secrets.
fn hidden(mut events: Vec<Recorded>) -> Vec<Recorded> {
    for recorded in &mut events {
        match &mut recorded.event {
            Event::ExecutionStarted(started) => {
                let started = Arc::make_mut(started);
                started.parameters.insert(ParameterName::new("Token"), json!("****"));
                started.hidden = vec!["Token".to_owned()];
            }
            Event::StepStarted(started) if started.step == *"a" => hide_payload(Arc::make_mut(started)),
            _ => {}
        }
    }
    events
}

fn hide_payload(started: &mut crate::event::StepStarted) {
    Arc::make_mut(&mut started.inputs).insert("InputPayload".to_owned(), json!({"at": "?", "key": "****"}));
    started.hidden = vec!["InputPayload".to_owned()];
}

/// The inputs of the step under way.
fn inputs(run: &Outcomes) -> IndexMap<String, Value> {
    IndexMap::clone(&run.execution.current().unwrap().inputs)
}
