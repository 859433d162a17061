//! The history of a step whose targets are looked up, as the engine decides it.

use std::time::Duration;

use indexmap::IndexMap;
use runwright::engine::{self, Interrupted, Outstanding, Start};
use runwright::event::{DocumentIdentity, Launch, Recorded, Status};
use runwright::name::ExecutionId;
use serde_json::json;

use super::every_event::{child_ended, resolved, resumed, returned, start};

pub(super) const RUNBOOK: &str = r#"
schemaVersion: "0.3"
mainSteps:
  - name: restart
    action: aws:executeAutomation
    inputs:
      DocumentName: Restart
      TargetParameterName: InstanceId
      Targets: [{Key: "tag:Stage", Values: [prod, test]}]
      MaxConcurrency: "2"
"#;

/// A process ends after the lookup and after the first child; the targets stay.
pub(super) fn history() -> Vec<Recorded> {
    let document = runwright::document::read("target-lookup", RUNBOOK.as_bytes()).unwrap();
    let runbook = runwright::runbook::load(&document).runbook.unwrap();
    let at = |seconds: u64| "2026-01-02T03:04:05Z".parse::<jiff::Timestamp>().unwrap() + Duration::from_secs(seconds);
    let id = ExecutionId::new("00000000-0000-4000-8000-000000000004");
    let start = Start {
        document: DocumentIdentity { name: "target-lookup".to_owned(), sha256: "0".repeat(64) },
        parameters: IndexMap::new(),
        ..start(&runbook, id, Launch::default())
    };
    let (mut execution, mut history, _) = engine::start(&runbook, start, at(0)).unwrap();
    let inputs = [
        (1, resolved(&["i-1", "i-2", "i-3"])),
        (5, resumed(Interrupted::Retry)),
        (6, child_ended(0, Status::Success)),
        (9, resumed(Interrupted::Retry)),
        (10, child_ended(2, Status::Success)),
        (11, child_ended(1, Status::Success)),
        (11, returned(json!({"Status": "Success"}))),
    ];
    for (seconds, input) in inputs {
        let mut events = engine::decide(&runbook, &mut execution, input, at(seconds)).unwrap();
        assert!(!events.is_empty(), "nothing happened after {seconds} s");
        history.append(&mut events);
    }
    assert_eq!(engine::outstanding(&execution), Outstanding::Nothing);
    history
}
