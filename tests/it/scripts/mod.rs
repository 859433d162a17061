//! Scripts of `aws:executeScript` through the built program: each test runs Python scripts with the standard library alone.

mod attachments;
mod cases;
mod checks;
mod interpreter;
mod powershell;
mod process_cleanup;
mod results;
mod resumed;
mod settings;
mod surroundings;
mod untouched;

use std::fmt::Write as _;

use serde_json::Value;

use crate::harness::{Outcome, Situation};

/// A situation whose runbook `book.yaml` has one step `work`, with this handler `main` in Python. Scripts have their
/// folders in `tmp`.
pub(crate) fn script(text: &str) -> Situation {
    script_with("", "", text)
}

/// Likewise, with further keys of the step and further inputs, each as lines of YAML without indentation.
pub(crate) fn script_with(step: &str, inputs: &str, text: &str) -> Situation {
    script_step(step, &format!("Runtime: python3.11\nHandler: main\n{inputs}"), text)
}

/// Likewise, with all inputs but the script.
pub(crate) fn script_step(step: &str, inputs: &str, text: &str) -> Situation {
    let mut book = "schemaVersion: \"0.3\"\nmainSteps:\n  - name: work\n    action: aws:executeScript\n".to_owned();
    indent(&mut book, 4, step);
    book.push_str("    inputs:\n");
    indent(&mut book, 6, inputs);
    book.push_str("      Script: |\n");
    indent(&mut book, 8, text);
    let situation = Situation::new().file("book.yaml", book).file("tmp/.keep", "");
    let folder = situation.path().join("tmp").to_str().unwrap().to_owned();
    situation.env("TMPDIR", &folder)
}

fn indent(book: &mut String, columns: usize, text: &str) {
    for line in text.lines() {
        writeln!(book, "{:columns$}{line}", "").unwrap();
    }
}

/// The region and the keys of a caller.
pub(crate) fn with_keys(situation: Situation) -> Situation {
    situation
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "the-secret-access-key")
}

/// Likewise, with all else that a caller may have of AWS.
pub(crate) fn with_account(situation: Situation) -> Situation {
    with_keys(situation)
        .env("AWS_PROFILE", "")
        .env("AWS_SESSION_TOKEN", "the-session-token")
        .env("AWS_ENDPOINT_URL_EC2", "http://127.0.0.1:9")
        .env("HTTPS_PROXY", "http://127.0.0.1:9")
}

/// The command that runs it.
pub(crate) const RUN: [&str; 6] = ["run", "book.yaml", "--output", "json", "--recover", "off"];

/// The only step of an outcome.
pub(crate) fn step(outcome: &Outcome) -> Value {
    outcome.json()["StepExecutions"][0].clone()
}

/// The output `Payload` of the step; panics with the whole outcome when there is none.
pub(crate) fn payload(outcome: &Outcome) -> String {
    let step = step(outcome);
    let payload = step["Outputs"]["Payload"][0].as_str();
    payload.unwrap_or_else(|| panic!("no payload: {}", outcome.text())).to_owned()
}

/// The failure message of the step, with the folder of the script as `FOLDER`, without the words around the cause.
pub(crate) fn cause(outcome: &Outcome) -> String {
    let step = step(outcome);
    let message = step["FailureMessage"].as_str().unwrap_or_else(|| panic!("no failure: {}", outcome.text()));
    let cause = message
        .strip_prefix("Step fails when it is Poll action status for completion. ")
        .and_then(|rest| {
            rest.strip_suffix(". Please refer to Automation Service Troubleshooting Guide for more diagnosis details.")
        })
        .unwrap_or_else(|| panic!("another layout: {message}"));
    let folder = r#"[^" ]*/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-\d{4}(-\d\d){5}"#;
    fancy_regex::Regex::new(folder).unwrap().replace_all(cause, "FOLDER").into_owned()
}

/// What the folder of temporary files has.
pub(crate) fn left_behind(situation: &Situation) -> Vec<String> {
    let entries = std::fs::read_dir(situation.path().join("tmp")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).filter(|name| name != ".keep").collect()
}
