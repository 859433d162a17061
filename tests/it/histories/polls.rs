//! The history of a step that polls, as the engine decides it.

use std::time::Duration;

use indexmap::IndexMap;
use runwright::engine::{self, Input, Interrupted, Outstanding, Start};
use runwright::event::{DocumentIdentity, Launch, Observation, Recorded};
use runwright::name::ExecutionId;
use serde_json::json;

use super::every_event::{observed, resumed, returned, start};

pub(super) const RUNBOOK: &str = r#"
schemaVersion: "0.3"
mainSteps:
  - name: short
    action: aws:waitForAwsResourceProperty
    timeoutSeconds: 60
    maxAttempts: 2
    onFailure: Continue
    inputs: {Service: ec2, Api: DescribeVolumes, PropertySelector: "$.Volumes[0].State", DesiredValues: [in-use]}
  - name: wait
    action: aws:waitForAwsResourceProperty
    inputs: {Service: ec2, Api: DescribeVolumes, PropertySelector: "$.Volumes[0].State", DesiredValues: [available]}
    isCritical: true
"#;

/// One step times out, once without an answer; the other one sees an error and two values, and a process ends in between.
pub(super) fn history() -> Vec<Recorded> {
    let document = runwright::document::read("polls", RUNBOOK.as_bytes()).unwrap();
    let runbook = runwright::runbook::load(&document).runbook.unwrap();
    let at = |seconds: u64| "2026-01-02T03:04:05Z".parse::<jiff::Timestamp>().unwrap() + Duration::from_secs(seconds);
    let id = ExecutionId::new("00000000-0000-4000-8000-000000000003");
    let start = Start {
        document: DocumentIdentity { name: "polls".to_owned(), sha256: "0".repeat(64) },
        parameters: IndexMap::new(),
        ..start(&runbook, id, Launch::default())
    };
    let (mut execution, mut history, _) = engine::start(&runbook, start, at(0)).unwrap();
    let value = |text: &str| Observation::Value(text.to_owned());
    let inputs = [
        (60, Input::TimerFired),
        (61, Input::TimerFired),
        (62, with_attempt(2, observed(1, value("creating")))),
        (121, with_attempt(2, observed(12, value("creating")))),
        (121, Input::TimerFired),
        (122, observed(1, Observation::Error("ThrottlingException".to_owned()))),
        (127, observed(2, value("creating"))),
        (310, observed(15, value("creating"))),
        (320, resumed(Interrupted::Retry)),
        (321, observed(1, value("creating"))),
        (331, observed(3, value("available"))),
        (331, returned(json!({"Volumes": [{"State": "available"}]}))),
    ];
    for (seconds, input) in inputs {
        let mut events = engine::decide(&runbook, &mut execution, input, at(seconds)).unwrap();
        assert!(!events.is_empty(), "nothing happened after {seconds} s");
        history.append(&mut events);
    }
    assert_eq!(engine::outstanding(&execution), Outstanding::Nothing);
    history
}

fn with_attempt(attempt: u32, input: Input) -> Input {
    match input {
        Input::Observed(seen) => Input::Observed(runwright::event::AttemptObserved { attempt, ..seen }),
        other => other,
    }
}
