//! The histories of a step with locations, as the engine decides them.

use std::time::Duration;

use indexmap::IndexMap;
use runwright::engine::{self, Input, Interrupted, Outstanding, Start};
use runwright::event::{
    ActionResult, ChildEnded, DocumentIdentity, Launch, LaunchLocations, LocationsResolved, Place, Recorded, Status,
};
use runwright::name::ExecutionId;
use serde_json::json;

use super::every_event::{resumed, start};

pub(super) const RUNBOOK: &str = r#"
schemaVersion: "0.3"
mainSteps:
  - name: targets
    action: aws:executeAutomation
    inputs:
      DocumentName: Restart
      TargetLocations:
        - {Accounts: [ou-abcd-12345678], Regions: [eu-west-1, us-east-1], TargetLocationMaxErrors: 1}
        - {Accounts: ["333333333333"], Regions: [eu-west-1], ExecutionRoleName: Exec}
"#;

/// The accounts are looked up, both locations start, and a process ends in between.
pub(super) fn history() -> Vec<Recorded> {
    decide(Launch::default())
}

/// Likewise for a run over locations in a place of its own.
pub(super) fn history_of_a_run() -> Vec<Recorded> {
    let list = vec![json!({"Accounts": ["ou-abcd-12345678"], "Regions": ["eu-west-1", "us-east-1"]})];
    let place = Place {
        account: "111111111111".to_owned(),
        region: "eu-west-1".to_owned(),
        roles: vec!["arn:aws:iam::111111111111:role/AWS-SystemsManager-AutomationExecutionRole".to_owned()],
    };
    decide(Launch {
        locations: Some(Box::new(LaunchLocations { list, targets: None })),
        place: Some(Box::new(place)),
        ..Launch::default()
    })
}

fn decide(launch: Launch) -> Vec<Recorded> {
    let document = runwright::document::read("locations", RUNBOOK.as_bytes()).unwrap();
    let runbook = runwright::runbook::load(&document).runbook.unwrap();
    let at = |seconds: u64| "2026-01-02T03:04:05Z".parse::<jiff::Timestamp>().unwrap() + Duration::from_secs(seconds);
    let id = ExecutionId::new("00000000-0000-4000-8000-000000000004");
    let start = Start {
        document: DocumentIdentity { name: "locations".to_owned(), sha256: "0".repeat(64) },
        parameters: IndexMap::new(),
        ..start(&runbook, id, launch)
    };
    let (mut execution, mut history, _) = engine::start(&runbook, start, at(0)).unwrap();
    let accounts = vec![vec!["111111111111".to_owned()], vec!["333333333333".to_owned()]];
    let ended = |target, status| Input::ChildEnded(ChildEnded { attempt: 1, target, status, failure: None });
    let inputs = [
        (1, Input::LocationsResolved(LocationsResolved { attempt: 1, accounts })),
        (2, ended(2, Status::Success)),
        (3, resumed(Interrupted::Retry)),
        (4, ended(0, Status::Failed)),
        (5, ended(1, Status::Success)),
        (6, Input::AttemptEnded(Ok(ActionResult::default()))),
    ];
    for (seconds, input) in inputs {
        let mut events = engine::decide(&runbook, &mut execution, input, at(seconds)).unwrap();
        assert!(!events.is_empty(), "nothing happened after {seconds} s");
        history.append(&mut events);
    }
    assert_eq!(engine::outstanding(&execution), Outstanding::Nothing);
    history
}
