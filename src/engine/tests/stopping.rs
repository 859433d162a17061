//! A request to stop, and the `onCancel` chain (spec 2.4).

use super::situation::{Reply, Situation};

#[test]
fn a_stop_gives_up_the_attempt_at_once_and_nothing_follows() {
    let run = Situation::new("{mainSteps: [{name: a, maxAttempts: 3, onFailure: Continue}, {name: b}]}")
        .replies("a", [Reply::Stopped])
        .run();
    assert_eq!(
        run.trace(),
        r#"   0s started
   0s a: {"FunctionName":"f"}
   0s   attempt 1, until 300s
   1s stop asked for
   1s   attempt 1 given up
   1s   Cancelled (Stopped by tester during attempt 1. What the step started may still be running.)
   1s Cancelled
"#
    );
}

#[test]
fn a_stop_between_attempts_ends_the_step_without_another() {
    let run = Situation::new("{mainSteps: [{name: a, maxAttempts: 3}]}").replies("a", [Reply::FailsThenStopped]).run();
    assert_eq!(
        run.trace(),
        r#"   0s started
   0s a: {"FunctionName":"f"}
   0s   attempt 1, until 300s
   1s   attempt 1 failed, next at 2s
   1s stop asked for
   1s   Cancelled (Stopped by tester after attempt 1, before the next: Function.)
   1s Cancelled
"#
    );
}

#[test]
fn on_cancel_runs_its_chain_and_nothing_that_merely_follows_in_the_list() {
    let run = Situation::new(
        "{mainSteps: [{name: a, onCancel: 'step:tidy'}, {name: b, isEnd: true}, {name: tidy, nextStep: tell},
          {name: tell}, {name: other}]}",
    )
    .replies("a", [Reply::Stopped])
    .run();
    assert_eq!(
        (run.path(), run.status().as_str()),
        ("a Cancelled, tidy Success, tell Success".to_owned(), "Cancelled")
    );
}

#[test]
fn an_on_cancel_chain_is_cut_off_after_two_minutes() {
    let run = Situation::new("{mainSteps: [{name: a, onCancel: 'step:tidy'}, {name: b, isEnd: true}, {name: tidy}]}")
        .replies("a", [Reply::Stopped])
        .replies("tidy", [Reply::Silent])
        .run();
    assert_eq!(
        run.trace(),
        r#"   0s started
   0s a: {"FunctionName":"f"}
   0s   attempt 1, until 300s
   1s stop asked for
   1s   attempt 1 given up
   1s   Cancelled (Stopped by tester during attempt 1. What the step started may still be running.) -> tidy
   1s tidy: {"FunctionName":"f"}
   1s   attempt 1, until 301s
 121s   attempt 1 given up
 121s   Cancelled (The onCancel chain was cut off after 120 s.)
 121s Cancelled
"#
    );
}

#[test]
fn a_step_that_ends_just_as_the_two_minutes_are_over_is_the_last_of_the_chain() {
    let run = Situation::new(
        "{mainSteps: [{name: a, onCancel: 'step:tidy'}, {name: b, isEnd: true},
          {name: tidy, timeoutSeconds: 119, onFailure: Continue, nextStep: tell}, {name: tell, nextStep: more}, {name: more}]}",
    )
    .replies("a", [Reply::Stopped])
    .replies("tidy", [Reply::Silent])
    .run();
    assert_eq!(
        run.trace(),
        r#"   0s started
   0s a: {"FunctionName":"f"}
   0s   attempt 1, until 300s
   1s stop asked for
   1s   attempt 1 given up
   1s   Cancelled (Stopped by tester during attempt 1. What the step started may still be running.) -> tidy
   1s tidy: {"FunctionName":"f"}
   1s   attempt 1, until 120s
 120s   attempt 1 timed out
 120s   TimedOut (No answer within 119 s. What the step started may still be running.) -> tell
 120s tell: {"FunctionName":"f"}
 120s   attempt 1, until 420s
 121s   attempt 1 succeeded
 121s   Success
 121s Cancelled
"#
    );
}
