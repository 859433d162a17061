//! Errors: the message of a failed step has the text of the Python SDK.

use serde_json::{Value, json};

use super::emulator::{Emulator, Kind, api_step, runbook};

/// Repeats in one runbook what failed for the SDK; returns each step's status and message, and what they must be.
fn compare(kind: Kind) -> Option<(Value, Value)> {
    let emulator = Emulator::start(kind)?;
    let failures = emulator.sdk("import reads; reads.failures()");
    let failures = failures.as_array().unwrap();
    let named = failures.iter().enumerate();
    let steps: Vec<Value> = named
        .map(|(at, call)| {
            let [service, api] = ["service", "api"].map(|key| call[key].as_str().unwrap());
            api_step(&format!("call{at}"), service, api, &call["parameters"])
        })
        .collect();
    let ended = emulator.run(&runbook(&steps), &[]);
    let found = ended.steps().iter().map(|step| json!([step["StepStatus"], step["FailureMessage"]])).collect();
    let expected = failures.iter().map(|call| {
        let text = call["text"].as_str().unwrap();
        let message = format!(
            "Step fails when it is Execute/Cancelling action. {text}. Please refer to Automation Service \
             Troubleshooting Guide for more diagnosis details."
        );
        json!(["Failed", message])
    });
    Some((found, expected.collect()))
}

#[test]
fn errors_of_moto_have_the_text_of_the_python_sdk() {
    let Some((found, expected)) = compare(Kind::Moto) else { return };
    assert_eq!(found, expected);
}

#[test]
fn errors_of_ministack_have_the_text_of_the_python_sdk() {
    let Some((found, expected)) = compare(Kind::MiniStack) else { return };
    assert_eq!(found, expected);
}
