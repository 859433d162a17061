//! Stacks, commands and state machines of public runbooks and of own ones, against moto and MiniStack.

use serde_json::{Value, json};

use super::emulator::{Emulator, Kind, runbook};
use super::public_runbooks::{observe, public_runbook};

const DELETE_STACK: &str = "DeleteCloudFormation-Documents-aws-DeleteCloudFormation.json";
const STOP_DATABASE: &str = "StopRDSInstance-Output-aws-StopRDSInstance.json";
const PATCH: &str = "PatchWindowsInASG-Documents-aws-PatchWindowsInASG.json";

/// Acts as the caller.
const AS_CALLER: [&str; 2] = ["--assume-role", ""];

/// A stack with a topic.
const TOPIC: &str = "
template = '{\"Resources\": {\"Topic\": {\"Type\": \"AWS::SNS::Topic\"}}}'
call('cloudformation', 'CreateStack', StackName='alarms', TemplateBody=template)
";

/// What the SDK reads.
fn read(emulator: &Emulator, script: &str) -> Value {
    emulator.sdk(&format!("from sdk import answer, call\n{script}"))
}

#[test]
fn stack_is_deleted_and_one_that_does_not_exist_too() {
    let Some(book) = public_runbook(DELETE_STACK) else { return };
    for kind in [Kind::Moto, Kind::MiniStack] {
        let Some(emulator) = Emulator::start(kind) else { return };
        read(&emulator, &format!("{TOPIC}\nanswer(None)"));
        let run = |name: &str| {
            let parameter = format!("StackNameOrId={name}");
            emulator.run(&book, &[&["-p", parameter.as_str()], &AS_CALLER[..]].concat()).outcome()
        };
        let deleted = run("alarms");
        let topics = read(&emulator, "answer(len(call('sns', 'ListTopics').get('Topics', [])))");
        let success = json!([0, "Success", [["deleteCloudFormationStack", "Success"]]]);
        assert_eq!([deleted, topics, run("nothing")], [success.clone(), json!(0), success], "{kind:?}");
    }
}

/// The template of the stack has a function, which stops the database.
#[test]
fn database_is_stopped_by_the_function_of_a_stack_that_is_deleted_again() {
    let Some(book) = public_runbook(STOP_DATABASE) else { return };
    let Some(emulator) = Emulator::start(Kind::MiniStack) else { return };
    let database = "call('rds', 'CreateDBInstance', DBInstanceIdentifier='db1', DBInstanceClass='db.t3.micro',
        Engine='mysql', AllocatedStorage=20, MasterUsername='admin', MasterUserPassword='not-a-secret')\nanswer(None)";
    read(&emulator, database);
    let ended = emulator.run(&book, &[&["-p", "DBInstanceIdentifier=db1"], &AS_CALLER[..]].concat());
    let after = read(
        &emulator,
        "answer([[one['DBInstanceStatus'] for one in call('rds', 'DescribeDBInstances')['DBInstances']],
            [stack['StackStatus'] for stack in call('cloudformation', 'ListStacks')['StackSummaries']],
            len(call('lambda', 'ListFunctions')['Functions'])])",
    );
    let steps = ["createDocumentStack", "stopRDSInstance", "deleteCloudFormationTemplate"];
    assert_eq!(
        (ended.outcome(), after),
        (
            json!([0, "Success", steps.map(|step| json!([step, "Success"]))]),
            json!([["stopped"], ["DELETE_COMPLETE"], 0])
        ),
        "{}",
        ended.said
    );
}

#[test]
fn template_that_cannot_be_created_fails_the_step() {
    let Some(emulator) = Emulator::start(Kind::MiniStack) else { return };
    let template = json!({ "Resources": { "Broken": { "Type": "AWS::Nothing::There" } } }).to_string();
    let step = json!({
        "name": "create", "action": "aws:createStack", "inputs": { "StackName": "broken", "TemplateBody": template },
    });
    let ended = emulator.run(&runbook(&[step]), &[]);
    let message = ended.steps()[0]["FailureMessage"].as_str().unwrap().to_owned();
    assert_eq!(
        (ended.outcome(), message.starts_with("Step fails when it is Execute/Cancelling action. ")),
        (json!([1, "Failed", [["create", "Failed"]]]), true),
        "{message}"
    );
}

#[test]
fn instance_is_patched_by_commands_between_two_tags() {
    let Some(book) = public_runbook(PATCH) else { return };
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    let instance = emulator.sdk(super::images::INSTANCE);
    let parameter = format!("InstanceId={}", instance.as_str().unwrap());
    let arguments = ["-p", &parameter, "-p", "WaitForReboot=PT0S", "-p", "WaitForInstance=PT0S"];
    let arguments = [&arguments[..], &AS_CALLER[..]].concat();
    let found = observe(
        &emulator,
        "",
        || emulator.run(&book, &arguments),
        "[[tag['Value'] for tag in call('ec2', 'DescribeTags')['Tags'] if tag['Key'] == 'AutoPatchInstanceInASG'],
            [command['Parameters'].get('UpdateLevel') for command in call('ssm', 'ListCommands')['Commands']]]",
    );
    let steps = [
        "createPatchGroupTags",
        "EnterStandby",
        "installMissingWindowsUpdates",
        "SleepToCompleteInstall",
        "ExitStandby",
        "CompletePatchGroupTags",
        "SleepBeforeNextInstance",
    ];
    assert_eq!(
        (&found["outcome"], &found["after"]),
        (
            &json!([0, "Success", steps.map(|step| json!([step, "Success"]))]),
            // The text is sent as a list.
            &json!([["Completed"], [null, ["Important"], null]])
        ),
        "{}",
        found["requests"]
    );
}

#[test]
fn state_machines_succeed_and_fail() {
    let Some(emulator) = Emulator::start(Kind::MiniStack) else { return };
    let machines = read(
        &emulator,
        "
import json
role = call('iam', 'CreateRole', RoleName='machines', AssumeRolePolicyDocument='{}')['Role']['Arn']
states = {'good': {'Type': 'Pass', 'Result': {'done': True}, 'End': True},
          'bad': {'Type': 'Fail', 'Error': 'Gone', 'Cause': 'The host is gone.'}}
answer([call('stepfunctions', 'CreateStateMachine', name=name, roleArn=role,
             definition=json.dumps({'StartAt': 'only', 'States': {'only': state}}))['stateMachineArn']
        for name, state in states.items()])",
    );
    let step = |name: &str, machine: &Value| {
        json!({
            "name": name, "action": "aws:executeStateMachine", "onFailure": "Continue",
            "inputs": { "stateMachineArn": machine, "input": { "host": "web-1" } },
        })
    };
    let ended = emulator.run(&runbook(&[step("good", &machines[0]), step("bad", &machines[1])]), &[]);
    let told: Vec<Value> = ended
        .steps()
        .iter()
        .map(|step| json!([step["StepName"], step["StepStatus"], step["Outputs"]["status"]]))
        .collect();
    let message = ended.steps()[1]["FailureMessage"].as_str().unwrap();
    assert_eq!(
        (told, message.contains("ended with the status FAILED: Gone: The host is gone. Please")),
        (vec![json!(["good", "Success", ["SUCCEEDED"]]), json!(["bad", "Failed", ["FAILED"]])], true),
        "{message}"
    );
}
