//! The history of steps that create something and wait for it, as the engine decides it.

use std::time::Duration;

use indexmap::IndexMap;
use runwright::engine::{self, Input, Interrupted, Outstanding, Start};
use runwright::event::{AttemptProgress, DocumentIdentity, Launch, Recorded};
use runwright::name::{ExecutionId, OutputName};
use serde_json::json;

use super::every_event::{progressed, resumed, returned, start};

pub(super) const RUNBOOK: &str = r#"
schemaVersion: "0.3"
mainSteps:
  - name: create
    action: aws:createStack
    inputs: {StackName: web, TemplateURL: "https://example.com/web.yaml"}
  - name: command
    action: aws:runCommand
    timeoutSeconds: 60
    inputs: {DocumentName: AWS-RunShellScript, InstanceIds: [i-1]}
"#;

/// A process ends while a stack is created, and the next one goes on waiting; a command is cancelled at its deadline.
pub(super) fn history() -> Vec<Recorded> {
    let document = runwright::document::read("created", RUNBOOK.as_bytes()).unwrap();
    let runbook = runwright::runbook::load(&document).runbook.unwrap();
    let at = |seconds: u64| "2026-01-02T03:04:05Z".parse::<jiff::Timestamp>().unwrap() + Duration::from_secs(seconds);
    let id = ExecutionId::new("00000000-0000-4000-8000-000000000004");
    let start = Start {
        document: DocumentIdentity { name: "created".to_owned(), sha256: "0".repeat(64) },
        parameters: IndexMap::new(),
        ..start(&runbook, id, Launch::default())
    };
    let (mut execution, mut history, _) = engine::start(&runbook, start, at(0)).unwrap();
    let created = |output: &str, value: &str| {
        progressed(AttemptProgress::Created { output: OutputName::new(output), value: json!(value), hidden: false })
    };
    let stopped = AttemptProgress::StopRequested { output: OutputName::new("CommandId"), error: None };
    let inputs = [
        (1, created("StackId", "stack/web")),
        (100, resumed(Interrupted::Retry)),
        (101, returned(json!({"StackId": "stack/web", "StackStatus": "CREATE_COMPLETE"}))),
        (102, created("CommandId", "11111111-2222-4333-8444-555555555555")),
        (161, progressed(stopped)),
        (161, Input::TimerFired),
    ];
    for (seconds, input) in inputs {
        let mut events = engine::decide(&runbook, &mut execution, input, at(seconds)).unwrap();
        assert!(!events.is_empty(), "nothing happened after {seconds} s");
        history.append(&mut events);
    }
    assert_eq!(engine::outstanding(&execution), Outstanding::Nothing);
    history
}
