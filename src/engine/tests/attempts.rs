//! Attempts, deadlines and throttles (spec 2.2).

use super::situation::{Reply, Situation};

fn trace(situation: Situation) -> String {
    situation.run().trace()
}

#[test]
fn max_attempts_counts_all_attempts_with_exponential_backoff() {
    let run = Situation::new("{mainSteps: [{name: a, maxAttempts: 4}]}")
        .replies("a", [Reply::Fails, Reply::Fails, Reply::Fails, Reply::Fails]);
    assert_eq!(
        trace(run),
        r#"   0s started
   0s a: {"FunctionName":"f"}
   0s   attempt 1, until 300s
   1s   attempt 1 failed, next at 2s
   2s   attempt 2, until 302s
   3s   attempt 2 failed, next at 5s
   5s   attempt 3, until 305s
   6s   attempt 3 failed, next at 10s
  10s   attempt 4, until 310s
  11s   attempt 4 failed
  11s   Failed (Step a failed maximum allowed times (4). Function.)
  11s Failed
"#
    );
}

#[test]
fn timeout_applies_per_attempt_and_the_last_attempt_sets_the_status() {
    let run = Situation::new("{mainSteps: [{name: a, maxAttempts: 2, timeoutSeconds: 10}]}")
        .replies("a", [Reply::Silent, Reply::Returns(serde_json::json!(1))]);
    assert_eq!(
        trace(run),
        r#"   0s started
   0s a: {"FunctionName":"f"}
   0s   attempt 1, until 10s
  10s   attempt 1 timed out, next at 11s
  11s   attempt 2, until 21s
  12s   attempt 2 succeeded
  12s   Success
  12s Success
"#
    );
}

#[test]
fn timeout_is_capped_by_the_action_unless_long_invocations_are_allowed() {
    let long = "{mainSteps: [{name: a, timeoutSeconds: 1200}]}";
    let capped = Situation::new(long).replies("a", [Reply::Silent]).run();
    let lifted = Situation::new(long).settings(|it| it.long_invocations = true).replies("a", [Reply::Silent]).run();
    let ends = [capped, lifted].map(|run| run.trace().lines().last().unwrap().to_owned());
    assert_eq!(ends, [" 300s TimedOut", " 900s TimedOut"]);
}

#[test]
fn throttled_request_uses_no_attempt_within_the_window() {
    let throttles = std::iter::repeat_n(Reply::Throttled(None), 5);
    let run = Situation::new("{mainSteps: [{name: a, maxAttempts: 2}]}").replies("a", throttles);
    assert_eq!(
        trace(run),
        r#"   0s started
   0s a: {"FunctionName":"f"}
   0s   attempt 1, until 300s
   1s   attempt 1 throttled, again at 2s
   2s   attempt 1, sending 2, until 302s
   3s   attempt 1 throttled, again at 5s
   5s   attempt 1, sending 3, until 305s
   6s   attempt 1 throttled, again at 10s
  10s   attempt 1, sending 4, until 310s
  11s   attempt 1 failed, next at 12s
  12s   attempt 2, until 312s
  13s   attempt 2 throttled, again at 14s
  14s   attempt 2, sending 2, until 314s
  15s   attempt 2 succeeded
  15s   Success
  15s Success
"#
    );
}

#[test]
fn retry_after_delays_sendings_and_attempts() {
    let run = Situation::new("{mainSteps: [{name: a, maxAttempts: 2}]}")
        .replies("a", [Reply::Throttled(Some(7)), Reply::Throttled(Some(30))]);
    assert_eq!(
        trace(run),
        r#"   0s started
   0s a: {"FunctionName":"f"}
   0s   attempt 1, until 300s
   1s   attempt 1 throttled, again at 8s
   8s   attempt 1, sending 2, until 308s
   9s   attempt 1 failed, next at 39s
  39s   attempt 2, until 339s
  40s   attempt 2 succeeded
  40s   Success
  40s Success
"#
    );
}

#[test]
fn retry_after_is_capped_at_an_hour() {
    let run = Situation::new("{mainSteps: [{name: a, maxAttempts: 2}]}")
        .replies("a", [Reply::Throttled(Some(u64::MAX / 1_000))]);
    assert_eq!(
        trace(run),
        r#"   0s started
   0s a: {"FunctionName":"f"}
   0s   attempt 1, until 300s
   1s   attempt 1 failed, next at 3601s
3601s   attempt 2, until 3901s
3602s   attempt 2 succeeded
3602s   Success
3602s Success
"#
    );
}

#[test]
fn throttle_without_a_window_fails_the_attempt() {
    let run = Situation::new("{mainSteps: [{name: a}]}")
        .settings(|it| it.throttle_window = 0)
        .replies("a", [Reply::Throttled(None)])
        .run();
    assert_eq!(run.path(), "a Failed");
}

#[test]
fn jitter_is_bounded_and_deterministic_on_replay() {
    let run = Situation::new("{mainSteps: [{name: a, maxAttempts: 40}]}")
        .settings(|it| {
            it.jitter = 0.5;
            it.attempt_delays = [1_000].into();
        })
        .replies("a", std::iter::repeat_n(Reply::Fails, 40))
        .run();
    let waits: Vec<i128> = run.execution.runs()[0]
        .attempts
        .windows(2)
        .map(|pair| (pair[1].started_at.duration_since(pair[0].started_at).as_millis()) - 1_000)
        .collect();
    assert!(waits.iter().all(|wait| (500..=1_000).contains(wait)), "{waits:?}");
    let distinct: std::collections::BTreeSet<_> = waits.iter().collect();
    assert!(distinct.len() > 30, "{waits:?}");
}
