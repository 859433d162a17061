//! `--idempotency-token`: the token that functions receive with a call.

use std::process::Command;

use serde_json::{Value, json};

use crate::harness::Situation;

const TEMPLATE: &str = "Transform: AWS::Serverless-2016-10-31
Resources:
  tokens:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: tokens, Handler: tokens.handler, Runtime: python3.12, CodeUri: code/, Timeout: 30}
";

/// Records its client context, fails the first time, and returns the context.
const FUNCTION: &str = "
import json, os

def handler(event, context):
    client = context.client_context
    custom = client.custom if client else None
    with open('../seen', 'a') as received:
        received.write(json.dumps(custom) + '\\n')
    if event.get('once') and not os.path.exists('../failed'):
        open('../failed', 'w').close()
        raise ValueError('not yet')
    return custom
";

fn situation(steps: &[&str]) -> Option<Situation> {
    if Command::new("python3").arg("--version").output().is_err() {
        println!("SKIPPED: the idempotency token in a function; python3 is not installed");
        return None;
    }
    Some(Situation::new().file("template.yaml", TEMPLATE).file("code/tokens.py", FUNCTION).runbook("", steps))
}

fn run(situation: &Situation, more: &[&str]) -> (Value, Vec<Value>) {
    let arguments = ["run", "book.yaml", "--functions", "template.yaml", "--output", "json", "--retry-delay", "0s"];
    let outcome = situation.run(&[&arguments, more].concat());
    let execution = serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {}", outcome.text()));
    let received = std::fs::read_to_string(situation.path().join("seen")).unwrap();
    (execution, received.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[test]
fn each_attempt_has_its_own_token() {
    let Some(situation) =
        situation(&["name: call, maxAttempts: 2, inputs: {FunctionName: tokens, InputPayload: {once: true}}"])
    else {
        return;
    };
    let (execution, received) = run(&situation, &["--idempotency-token"]);
    let id = execution["AutomationExecutionId"].as_str().unwrap();
    let step = execution["StepExecutions"][0]["StepExecutionId"].as_str().unwrap();
    let token = |attempt: &str| {
        json!({
            "runwrightExecutionId": id,
            "runwrightStepName": "call",
            "runwrightStepExecutionId": step,
            "runwrightAttempt": attempt,
            "runwrightIdempotencyToken": format!("{id}/{step}/{attempt}"),
        })
    };
    assert_eq!((&execution["AutomationExecutionStatus"], received), (&json!("Success"), vec![token("1"), token("2")]));
}

#[test]
fn no_token_without_the_flag_and_client_context_is_not_overridden() {
    let own = "name: own, inputs: {FunctionName: tokens, ClientContext: {custom: {who: ops}}}";
    let Some(situation) = situation(&["name: call, inputs: {FunctionName: tokens}", own]) else { return };
    let (_, default_policy) = run(&situation, &[]);
    assert_eq!(default_policy, [json!(null), json!({"who": "ops"})]);
    let (_, received) = run(&situation, &["--idempotency-token"]);
    assert_eq!((&received[2]["runwrightAttempt"], &received[3]), (&json!("1"), &json!({"who": "ops"})));
}

#[test]
fn step_without_room_for_a_token_is_reported() {
    let crowded = format!(
        "name: crowded, inputs: {{FunctionName: tokens, ClientContext: {{env: {{note: {}}}}}}}",
        "x".repeat(2_500)
    );
    let Some(situation) = situation(&[&crowded]) else { return };
    let (execution, received) = run(&situation, &["--idempotency-token"]);
    let notice = execution["StepExecutions"][0]["Notice"].as_str().unwrap();
    assert_eq!(
        (&execution["AutomationExecutionStatus"], received.len(), notice),
        (
            &json!("Success"),
            1,
            "Function tokens was not given an idempotency token: with it `ClientContext` has 3756 bytes in base64, and Lambda \
             takes 3583. Shorten the step's `ClientContext`."
        )
    );
}
