//! `aws:executeStateMachine`: started once, awaited, and stopped.

use serde_json::{Value, json};

use super::super::stub::Answer;
use super::{bodies, calls, run, services, told};

const MACHINE: &str = "arn:aws:states:eu-central-1:111122223333:stateMachine:tidy";
const EXECUTION: &str = "arn:aws:states:eu-central-1:111122223333:execution:tidy:e-1";

fn step() -> String {
    format!(
        "
  - name: machine
    action: aws:executeStateMachine
    inputs: {{stateMachineArn: '{MACHINE}', input: {{host: web-1}}}}
"
    )
}

fn answer(body: &Value) -> Answer {
    Answer::new(200, body.to_string())
}

fn started() -> Answer {
    answer(&json!({ "executionArn": EXECUTION, "startDate": 1_767_323_045 }))
}

fn state(status: &str, further: &Value) -> Answer {
    let mut state = json!({
        "executionArn": EXECUTION, "stateMachineArn": MACHINE, "name": "e-1", "status": status,
        "startDate": 1_767_323_045, "input": "{\"host\":\"web-1\"}",
    });
    state.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
    answer(&state)
}

#[test]
fn state_machine_is_started_by_a_derived_name_and_its_end_is_the_result() {
    let end = json!({ "output": "{\"done\":true}", "stopDate": 1_767_323_050 });
    let services = services(vec![
        ("StartExecution", vec![started()]),
        ("DescribeExecution", vec![state("RUNNING", &json!({})), state("SUCCEEDED", &end)]),
    ]);
    let outcome = run(&services, &step());
    let mut outputs = told(&outcome)[1][0][2].clone();
    outputs.as_object_mut().unwrap().remove("OutputPayload");
    let start = &bodies(&services, "StartExecution")[0];
    assert_eq!(
        (outputs, &start["input"], start["name"].as_str().map(str::len), calls(&services)),
        (
            json!({
                "executionArn": [EXECUTION],
                // The model of the service marks both as sensitive.
                "input": ["****"],
                "name": ["e-1"],
                "output": ["****"],
                "startDate": ["2026-01-02T03:04:05+00:00"],
                "stateMachineArn": [MACHINE],
                "status": ["SUCCEEDED"],
                "stopDate": ["2026-01-02T03:04:10+00:00"],
            }),
            &json!("{\"host\":\"web-1\"}"),
            Some(36),
            vec!["StartExecution".to_owned(), "DescribeExecution".to_owned()]
        )
    );
}

#[test]
fn state_machine_that_fails_gives_error_and_cause() {
    let end = json!({ "error": "States.TaskFailed", "cause": "The host is gone.", "stopDate": 1_767_323_050 });
    let services =
        services(vec![("StartExecution", vec![started()]), ("DescribeExecution", vec![state("FAILED", &end)])]);
    let told = told(&run(&services, &step()));
    assert_eq!(
        (&told[1][0][1], &told[1][0][2]["status"], &told[1][0][3]),
        (
            &json!("Failed"),
            &json!(["FAILED"]),
            &json!(format!(
                "Step fails when it is Execute/Cancelling action. The state machine execution {EXECUTION} ended with the \
                 status FAILED: States.TaskFailed: The host is gone. Please refer to Automation Service Troubleshooting \
                 Guide for more diagnosis details."
            ))
        )
    );
}

#[test]
fn execution_is_stopped_at_the_deadline_of_its_step() {
    let services = services(vec![
        ("StartExecution", vec![started()]),
        ("DescribeExecution", vec![state("RUNNING", &json!({}))]),
        ("StopExecution", vec![answer(&json!({ "stopDate": 1_767_323_050 }))]),
    ]);
    let told = told(&run(&services, &format!("{}    timeoutSeconds: 1\n", step())));
    assert_eq!(
        (&told[1][0][1], bodies(&services, "StopExecution")),
        (&json!("TimedOut"), vec![json!({ "executionArn": EXECUTION })])
    );
}
