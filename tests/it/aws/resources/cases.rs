//! Test cases of actions that wait: their mocked replies are judged as those of AWS are.

use crate::harness::Situation;

const BOOK: &str = r#"
schemaVersion: "0.3"
mainSteps:
  - name: create
    action: aws:createStack
    onFailure: step:tidy
    inputs: {StackName: web, TemplateBody: "{}"}
  - name: command
    action: aws:runCommand
    onFailure: step:tidy
    inputs: {DocumentName: AWS-RunShellScript, InstanceIds: [i-1]}
  - name: machine
    action: aws:executeStateMachine
    onFailure: step:tidy
    inputs: {stateMachineArn: "arn:aws:states:eu-central-1:111122223333:stateMachine:tidy"}
  - name: tell
    action: aws:invokeWebhook
    onFailure: step:tidy
    inputs: {IntegrationName: pager, Body: done}
    isEnd: true
  - name: tidy
    action: aws:deleteStack
    inputs: {StackName: "{{ create.StackId }}"}
"#;

const CASES: &str = r#"
cases:
  - name: everything ends well after a while
    steps:
      create:
        - {result: {StackId: stack-1, StackStatus: CREATE_IN_PROGRESS}, times: 3}
        - throttle: {}
        - result: {StackId: stack-1, StackStatus: CREATE_COMPLETE}
      command: {result: {Status: Success, ResponseCode: 0, Output: up, CommandId: c-1}}
      machine: {outputs: {executionArn: e-1}}
      tell: {result: {}}
    expect:
      status: Success
      path: [create, command, machine, tell]
      steps:
        create: {calls: 5, outputs: {StackId: stack-1, StackStatus: CREATE_COMPLETE}}
        machine: {outputs: {executionArn: e-1, status: SUCCEEDED}}
  - name: the stack rolls back
    steps:
      create: {result: {StackId: stack-1, StackStatus: ROLLBACK_COMPLETE, StackStatusReason: Quota.}}
      tidy: {result: {StackStatus: DELETE_COMPLETE}}
    expect:
      status: Failed
      path: [create, tidy]
      steps:
        create: {status: Failed, failure: "Stack web ended with the status ROLLBACK_COMPLETE: Quota. Please"}
        tidy: {inputs: {StackName: stack-1}}
  - name: the command fails
    steps:
      create: {result: {StackId: stack-1}}
      command: {outputs: {Status: Failed, ResponseCode: 3, CommandId: c-1}}
      tidy: {result: {}}
    expect:
      status: Failed
      path: [create, command, tidy]
      steps:
        command: {status: Failed, failure: "Command c-1 returns unexpected invocation result", outputs: {ResponseCode: 3}}
  - name: the state machine is stopped elsewhere
    steps:
      create: {result: {StackId: stack-1}}
      command: {result: {}}
      machine: {result: {executionArn: e-1, status: ABORTED}}
      tidy: {serviceError: {code: AccessDenied, message: no}}
    expect:
      status: Failed
      path: [create, command, machine, tidy]
      steps:
        machine: {status: Failed, failure: "The state machine execution e-1 ended with the status ABORTED."}
        tidy: {status: Failed, failure: "An error occurred (AccessDenied) when calling the DeleteStack operation: no"}
  - name: the webhook refuses
    steps:
      create: {result: {StackId: stack-1}}
      command: {result: {}}
      machine: {result: {}}
      tell: {result: {ResponseCode: 503, Response: later}}
      tidy: {result: {}}
    expect:
      status: Failed
      path: [create, command, machine, tell, tidy]
      steps:
        tell: {status: Failed, failure: "The webhook answered with the status 503.", outputs: {Response: later}}
"#;

#[test]
fn mocked_replies_are_judged_by_the_rules_of_their_action() {
    let situation = Situation::new().file("book.yaml", BOOK).file("book.test.yaml", CASES);
    let outcome = situation.run(&["test", "book.yaml"]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text());
}
