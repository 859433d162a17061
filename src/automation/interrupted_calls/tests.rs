use indexmap::IndexMap;
use serde_json::json;

use super::decide_interrupted;
use crate::automation::children::InterruptedCallPolicy;
use crate::engine::{Start, outline, start};
use crate::event::{DocumentIdentity, Environment, Launch, OnInterrupted, Settings};
use crate::execution::Execution;
use crate::name::ExecutionId;
use crate::runbook::{Runbook, load};

/// An execution whose call of this operation is in flight, and whose launch was stored so.
fn in_flight(operation: &str, launch: &str) -> (Runbook, Execution) {
    let text = json!({"schemaVersion": "0.3", "mainSteps": [{
        "name": "act", "action": "aws:executeAwsApi", "inputs": {"Service": "ec2", "Api": operation},
    }]});
    let document = crate::document::read("test", text.to_string().as_bytes()).unwrap();
    let runbook = load(&document).runbook.unwrap();
    let begin = Start {
        execution: ExecutionId::new("00000000-0000-4000-8000-000000000000"),
        document: DocumentIdentity { name: "test".to_owned(), sha256: String::new() },
        parameters: IndexMap::new(),
        executed_by: "tester".to_owned(),
        environment: Environment { region: None, account_id: None, partition: "aws".to_owned() },
        settings: Settings {
            attempt_delays: [1_000].into(),
            throttle_delays: [1_000].into(),
            throttle_window: 10_000,
            jitter: 0.0,
            long_invocations: false,
            result_limit: None,
            poll_interval: None,
            idempotency_token: false,
        },
        seed: 7,
        outline: outline(&runbook, false),
        launch: serde_json::from_str::<Launch>(launch).unwrap(),
        reused: Vec::new(),
    };
    let (execution, _, _) = start(&runbook, begin, "2026-01-02T03:04:05Z".parse().unwrap()).unwrap();
    (runbook, execution)
}

/// The decision, or the question.
fn decision(operation: &str, launch: &str, instead: Option<OnInterrupted>) -> String {
    let (runbook, execution) = in_flight(operation, launch);
    let policy = InterruptedCallPolicy { instead, ..InterruptedCallPolicy::default() };
    decide_interrupted(&runbook, &execution, &policy)
        .map_or_else(|question| question.to_string(), |it| format!("{it:?}"))
}

#[test]
fn stored_policy_and_the_one_of_resume_decide_and_only_uncertain_calls_are_asked_about() {
    let stored = ["{}", r#"{"on_interrupted":"Retry"}"#, r#"{"on_interrupted":"Fail"}"#, r#"{"on_interrupted":"Ask"}"#];
    let decided = |operation, instead| stored.map(|launch| decision(operation, launch, instead));
    let question = "attempt 1 of step act (ec2 StopInstances), sent at 2026-01-02T03:04:05Z, may have run";
    assert_eq!(
        (
            decided("StopInstances", None),
            decided("StopInstances", Some(OnInterrupted::Retry)),
            decided("StopInstances", Some(OnInterrupted::Ask)),
            decided("describe_instances", None),
        ),
        (
            ["ByAction", "Retry", "Fail", question].map(str::to_owned),
            ["Retry"; 4].map(str::to_owned),
            [question; 4].map(str::to_owned),
            ["ByAction", "Retry", "Fail", "ByAction"].map(str::to_owned),
        )
    );
}

#[test]
fn launch_stores_the_policy_only_if_it_was_chosen() {
    let stored = [None, Some(OnInterrupted::Retry)].map(|on_interrupted| {
        let launch = Launch { on_interrupted, ..Launch::default() };
        serde_json::to_value(launch).unwrap().get("on_interrupted").cloned()
    });
    assert_eq!(stored, [None, Some(json!("Retry"))]);
}
