//! Inputs that once failed, read in place: each gives the value that the service gives.

use std::fs;
use std::path::Path;

use crate::harness::{Outcome, Situation};
use crate::support;

/// A situation with a copy of these files.
fn copied(folder: &Path, files: &[&str]) -> Situation {
    files.iter().fold(Situation::new(), |situation, file| situation.file(file, fs::read(folder.join(file)).unwrap()))
}

/// The first line of what a command says, with its exit code.
fn in_short(outcome: &Outcome) -> (Option<i32>, String) {
    (outcome.status, outcome.stdout.lines().last().unwrap_or_default().to_owned())
}

#[test]
fn rules_of_the_service_hold_for_the_cases_beside_the_repository() {
    let Some(folder) = support::cases("service-behaviour") else { return };
    for name in ["isend", "unset", "either", "signal"] {
        let situation = copied(&folder, &[&format!("{name}.yaml"), &format!("{name}.test.yaml")]);
        let valid = situation.run(&["validate", &format!("{name}.yaml")]);
        let tested = situation.run(&["test", &format!("{name}.test.yaml")]);
        assert_eq!(
            (valid.status, valid.stderr.as_str(), in_short(&tested)),
            (Some(0), format!("{name}.yaml is valid\n").as_str(), (Some(0), "1 passed".to_owned())),
            "{name}: {}{}",
            valid.stderr,
            tested.stdout
        );
    }
}

#[test]
fn executions_follow_the_rules_of_the_service_for_the_cases_beside_the_repository() {
    let Some(folder) = support::cases("service-behaviour") else { return };
    let files = ["isend-run.yaml", "unset-run.yaml", "fn/template.yaml", "fn/a.py"];
    let situation = copied(&folder, &files);
    let run = |file: &str| situation.run(&["run", file, "--functions", "fn/template.yaml", "--output", "json"]);
    let path = |outcome: &Outcome| {
        let document: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
        let steps = document["StepExecutions"].as_array().unwrap().iter();
        let steps = steps.map(|step| format!("{} {}", step["StepName"], step["StepStatus"])).collect::<Vec<_>>();
        (outcome.status, steps.join(", "), document["StepExecutions"][1]["Inputs"]["InputPayload"].clone())
    };
    assert_eq!(
        (path(&run("isend-run.yaml")), path(&run("unset-run.yaml"))),
        (
            (Some(0), r#""check" "Failed", "repair" "Success""#.to_owned(), serde_json::Value::Null),
            (
                Some(0),
                r#""one" "Success", "two" "Success""#.to_owned(),
                serde_json::Value::from(r#"{"Value":"{{ one.Missing }}"}"#)
            ),
        )
    );
}
