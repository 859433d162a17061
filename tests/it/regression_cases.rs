//! Regression tests of inputs outside the repository: each yields the result of the service.

use std::fs;
use std::path::Path;

use crate::harness::{Outcome, Situation};
use crate::support;

/// A situation with copies of these files.
fn copy_files(folder: &Path, files: &[&str]) -> Situation {
    files.iter().fold(Situation::new(), |situation, file| situation.file(file, fs::read(folder.join(file)).unwrap()))
}

/// The exit code and the first line of output of a command.
fn summarize(outcome: &Outcome) -> (Option<i32>, String) {
    (outcome.status, outcome.stdout.lines().last().unwrap_or_default().to_owned())
}

#[test]
fn regression_cases_of_service_rules_pass() {
    let Some(folder) = support::cases("service-behaviour") else { return };
    for name in ["isend", "unset", "either", "signal"] {
        let situation = copy_files(&folder, &[&format!("{name}.yaml"), &format!("{name}.test.yaml")]);
        let valid = situation.run(&["validate", &format!("{name}.yaml")]);
        let tested = situation.run(&["test", &format!("{name}.test.yaml")]);
        assert_eq!(
            (valid.status, valid.stderr.as_str(), summarize(&tested)),
            (Some(0), format!("{name}.yaml is valid\n").as_str(), (Some(0), "1 passed".to_owned())),
            "{name}: {}{}",
            valid.stderr,
            tested.stdout
        );
    }
}

#[test]
fn regression_cases_of_executions_pass() {
    let Some(folder) = support::cases("service-behaviour") else { return };
    let files = ["isend-run.yaml", "unset-run.yaml", "fn/template.yaml", "fn/a.py"];
    let situation = copy_files(&folder, &files);
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

/// Copies all files of a case folder, recursively.
fn copy_folder(folder: &Path) -> Situation {
    let mut folders = vec![folder.to_owned()];
    let mut situation = Situation::new();
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                situation = situation.file(&name, fs::read(&path).unwrap());
            }
        }
    }
    situation
}

/// The payload of a result, or the type and message of an error.
fn payload_or_error(outcome: &Outcome) -> String {
    let payload = outcome.stdout.trim_end();
    match serde_json::from_str::<serde_json::Value>(payload) {
        Ok(document) if outcome.status != Some(0) => {
            format!("{}, {}", document["errorType"].as_str().unwrap(), document["errorMessage"].as_str().unwrap())
        }
        _ => payload.to_owned(),
    }
}

#[test]
fn regression_cases_of_node_functions_pass() {
    let Some(folder) = support::cases("functions-and-targets/k1-node-callback") else { return };
    if !crate::local::has("node") {
        return;
    }
    let situation = copy_folder(&folder);
    // The comment of its line has the expected result of each function.
    let template = fs::read_to_string(folder.join("template.yaml")).unwrap();
    let functions = template.lines().filter_map(|line| {
        let (function, answer) = line.split_once('#')?;
        let name = function.trim().split(':').next()?;
        Some((name.to_owned(), answer.trim().trim_end_matches(", at once").to_owned()))
    });
    let expected: Vec<_> = functions.collect();
    let invoke = |name: &str| situation.run(&["functions", "invoke", name, "--functions", "template.yaml"]);
    let answers: Vec<_> = expected.iter().map(|(name, _)| (name.clone(), payload_or_error(&invoke(name)))).collect();
    assert_eq!((answers, expected.len()), (expected, 13));

    let ran = situation.run(&["run", "runbook.yaml", "--functions", "template.yaml", "--output", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let steps = document["StepExecutions"].as_array().unwrap().iter();
    let steps: Vec<_> = steps.map(|step| step["StepName"].as_str().unwrap().to_owned()).collect();
    let outputs = &document["Outputs"];
    assert_eq!(
        (ran.status, steps, &outputs["look.Payload"][0], &outputs["look.Late"][0]),
        (
            Some(0),
            ["look", "decide", "act"].map(ToOwned::to_owned).to_vec(),
            &serde_json::json!(r#"{"late":true}"#),
            &serde_json::json!("true")
        ),
        "{outputs}"
    );
}

#[test]
fn regression_cases_of_python_functions_pass() {
    let Some(folder) = support::cases("functions-and-targets/k2-python-replies") else { return };
    if !crate::local::has("python3") {
        return;
    }
    let situation = copy_folder(&folder);
    // A table with wide gaps: the case, the expected result, and the former wrong one.
    let table = fs::read_to_string(folder.join("expected.txt")).unwrap();
    let rows = table.lines().filter(|line| line.split_whitespace().nth(1).is_some_and(|word| word.starts_with('{')));
    let expected: Vec<_> = rows
        .map(|line| {
            let (case, rest) = line.split_once(' ').unwrap();
            (case.to_owned(), rest.trim_start().split("   ").next().unwrap().to_owned())
        })
        .collect();
    let answers: Vec<_> = expected
        .iter()
        .map(|(case, _)| {
            let payload = format!(r#"{{"case":"{case}"}}"#);
            let arguments = ["functions", "invoke", "f", "--functions", "template.yaml", "--payload", &payload];
            (case.clone(), payload_or_error(&situation.run(&arguments)))
        })
        .collect();
    assert_eq!((answers, expected.len()), (expected, 9));

    let ran = situation.run(&["run", "runbook.yaml", "--functions", "template.yaml", "--output", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.status, &document["Outputs"]["count.N"][0]), (Some(0), &serde_json::json!("12")), "{document}");
}
