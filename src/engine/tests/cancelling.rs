//! Cancel requests, and the `onCancel` chain (spec 2.4).

use super::situation::{Reply, Situation};

#[test]
fn cancel_abandons_the_attempt_and_ends_the_execution() {
    let run = Situation::new("{mainSteps: [{name: a, maxAttempts: 3, onFailure: Continue}, {name: b}]}")
        .replies("a", [Reply::Cancelled])
        .run();
    assert_eq!(
        run.trace(),
        r#"   0s started
   0s a: {"FunctionName":"f"}
   0s   attempt 1, until 300s
   1s stop asked for
   1s   attempt 1 abandoned
   1s   Cancelled (Stopped by tester during attempt 1. The action may still be running.)
   1s Cancelled
"#
    );
}

#[test]
fn cancel_during_backoff_ends_the_step_without_a_retry() {
    let run =
        Situation::new("{mainSteps: [{name: a, maxAttempts: 3}]}").replies("a", [Reply::FailsThenCancelled]).run();
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
fn on_cancel_follows_next_step_only_and_not_list_order() {
    let run = Situation::new(
        "{mainSteps: [{name: a, onCancel: 'step:tidy'}, {name: b, isEnd: true}, {name: tidy, nextStep: tell},
          {name: tell}, {name: other}]}",
    )
    .replies("a", [Reply::Cancelled])
    .run();
    assert_eq!(
        (run.path(), run.status().as_str()),
        ("a Cancelled, tidy Success, tell Success".to_owned(), "Cancelled")
    );
}

#[test]
fn on_cancel_chain_ends_after_two_minutes() {
    let run = Situation::new("{mainSteps: [{name: a, onCancel: 'step:tidy'}, {name: b, isEnd: true}, {name: tidy}]}")
        .replies("a", [Reply::Cancelled])
        .replies("tidy", [Reply::Silent])
        .run();
    assert_eq!(
        run.trace(),
        r#"   0s started
   0s a: {"FunctionName":"f"}
   0s   attempt 1, until 300s
   1s stop asked for
   1s   attempt 1 abandoned
   1s   Cancelled (Stopped by tester during attempt 1. The action may still be running.) -> tidy
   1s tidy: {"FunctionName":"f"}
   1s   attempt 1, until 301s
 121s   attempt 1 abandoned
 121s   Cancelled (The onCancel chain timed out after 120 s.)
 121s Cancelled
"#
    );
}

#[test]
fn step_ending_at_the_chain_deadline_is_its_last() {
    let run = Situation::new(
        "{mainSteps: [{name: a, onCancel: 'step:tidy'}, {name: b, isEnd: true},
          {name: tidy, timeoutSeconds: 119, onFailure: Continue, nextStep: tell}, {name: tell, nextStep: more}, {name: more}]}",
    )
    .replies("a", [Reply::Cancelled])
    .replies("tidy", [Reply::Silent])
    .run();
    assert_eq!(
        run.trace(),
        r#"   0s started
   0s a: {"FunctionName":"f"}
   0s   attempt 1, until 300s
   1s stop asked for
   1s   attempt 1 abandoned
   1s   Cancelled (Stopped by tester during attempt 1. The action may still be running.) -> tidy
   1s tidy: {"FunctionName":"f"}
   1s   attempt 1, until 120s
 120s   attempt 1 timed out
 120s   TimedOut (No answer within 119 s. The action may still be running.) -> tell
 120s tell: {"FunctionName":"f"}
 120s   attempt 1, until 420s
 121s   attempt 1 succeeded
 121s   Success
 121s Cancelled
"#
    );
}
