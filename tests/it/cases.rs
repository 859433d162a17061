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

/// All files of a folder with cases, and of the folders in it.
fn copied_whole(folder: &Path) -> Situation {
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

/// The payload of an answer; of an error its type and message.
fn answered(outcome: &Outcome) -> String {
    let payload = outcome.stdout.trim_end();
    match serde_json::from_str::<serde_json::Value>(payload) {
        Ok(document) if outcome.status != Some(0) => {
            format!("{}, {}", document["errorType"].as_str().unwrap(), document["errorMessage"].as_str().unwrap())
        }
        _ => payload.to_owned(),
    }
}

#[test]
fn node_functions_answer_as_the_cases_beside_the_repository_say() {
    let Some(folder) = support::cases("functions-and-targets/k1-node-callback") else { return };
    if !crate::local::has("node") {
        return;
    }
    let situation = copied_whole(&folder);
    // The right answer of each function is the comment of its line.
    let template = fs::read_to_string(folder.join("template.yaml")).unwrap();
    let functions = template.lines().filter_map(|line| {
        let (function, answer) = line.split_once('#')?;
        let name = function.trim().split(':').next()?;
        Some((name.to_owned(), answer.trim().trim_end_matches(", at once").to_owned()))
    });
    let expected: Vec<_> = functions.collect();
    let invoke = |name: &str| situation.run(&["functions", "invoke", name, "--functions", "template.yaml"]);
    let answers: Vec<_> = expected.iter().map(|(name, _)| (name.clone(), answered(&invoke(name)))).collect();
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
fn python_functions_answer_as_the_cases_beside_the_repository_say() {
    let Some(folder) = support::cases("functions-and-targets/k2-python-replies") else { return };
    if !crate::local::has("python3") {
        return;
    }
    let situation = copied_whole(&folder);
    // A table: the case, the right answer, and what was wrong once, with wide gaps between.
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
            (case.clone(), answered(&situation.run(&arguments)))
        })
        .collect();
    assert_eq!((answers, expected.len()), (expected, 9));

    let ran = situation.run(&["run", "runbook.yaml", "--functions", "template.yaml", "--output", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.status, &document["Outputs"]["count.N"][0]), (Some(0), &serde_json::json!("12")), "{document}");
}
