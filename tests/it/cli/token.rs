//! `--idempotency-token`: what functions are told of the call.

use std::process::Command;

use serde_json::{Value, json};

use crate::harness::Situation;

const TEMPLATE: &str = "Transform: AWS::Serverless-2016-10-31
Resources:
  told:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: told, Handler: told.handler, Runtime: python3.12, CodeUri: code/, Timeout: 30}
";

/// Writes down its client context, fails the first time, and gives the context back.
const FUNCTION: &str = "
import json, os

def handler(event, context):
    client = context.client_context
    custom = client.custom if client else None
    with open('../seen', 'a') as seen:
        seen.write(json.dumps(custom) + '\\n')
    if event.get('once') and not os.path.exists('../failed'):
        open('../failed', 'w').close()
        raise ValueError('not yet')
    return custom
";

fn situation(steps: &[&str]) -> Option<Situation> {
    if Command::new("python3").arg("--version").output().is_err() {
        println!("LEFT OUT: the idempotency token as a function sees it, because there is no python3 here");
        return None;
    }
    Some(Situation::new().file("template.yaml", TEMPLATE).file("code/told.py", FUNCTION).runbook("", steps))
}

fn run(situation: &Situation, more: &[&str]) -> (Value, Vec<Value>) {
    let arguments = ["run", "book.yaml", "--functions", "template.yaml", "--output", "json", "--retry-delay", "0s"];
    let outcome = situation.run(&[&arguments, more].concat());
    let execution = serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {}", outcome.told()));
    let seen = std::fs::read_to_string(situation.path().join("seen")).unwrap();
    (execution, seen.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[test]
fn each_attempt_has_a_token_of_its_own() {
    let Some(situation) =
        situation(&["name: tell, maxAttempts: 2, inputs: {FunctionName: told, InputPayload: {once: true}}"])
    else {
        return;
    };
    let (execution, seen) = run(&situation, &["--idempotency-token"]);
    let id = execution["AutomationExecutionId"].as_str().unwrap();
    let step = execution["StepExecutions"][0]["StepExecutionId"].as_str().unwrap();
    let told = |attempt: &str| {
        json!({
            "runwrightExecutionId": id,
            "runwrightStepName": "tell",
            "runwrightStepExecutionId": step,
            "runwrightAttempt": attempt,
            "runwrightIdempotencyToken": format!("{id}/{step}/{attempt}"),
        })
    };
    assert_eq!((&execution["AutomationExecutionStatus"], seen), (&json!("Success"), vec![told("1"), told("2")]));
}

#[test]
fn no_token_without_the_flag_and_client_context_is_not_overridden() {
    let own = "name: own, inputs: {FunctionName: told, ClientContext: {custom: {who: ops}}}";
    let Some(situation) = situation(&["name: tell, inputs: {FunctionName: told}", own]) else { return };
    let (_, default_policy) = run(&situation, &[]);
    assert_eq!(default_policy, [json!(null), json!({"who": "ops"})]);
    let (_, asked) = run(&situation, &["--idempotency-token"]);
    assert_eq!((&asked[2]["runwrightAttempt"], &asked[3]), (&json!("1"), &json!({"who": "ops"})));
}

#[test]
fn a_step_without_room_for_a_token_says_so() {
    let crowded = format!(
        "name: crowded, inputs: {{FunctionName: told, ClientContext: {{env: {{note: {}}}}}}}",
        "x".repeat(2_500)
    );
    let Some(situation) = situation(&[&crowded]) else { return };
    let (execution, seen) = run(&situation, &["--idempotency-token"]);
    let notice = execution["StepExecutions"][0]["Notice"].as_str().unwrap();
    assert_eq!(
        (&execution["AutomationExecutionStatus"], seen.len(), notice),
        (
            &json!("Success"),
            1,
            "Function told was not given an idempotency token: with it `ClientContext` has 3756 bytes in base64, and Lambda \
             takes 3583. Shorten the step's `ClientContext`."
        )
    );
}
