//! Mocked states of resources are judged like real ones.

use serde_json::{Value, json};

use super::{generate_case, play_case, read, runbook};
use crate::event::{Observation, Status};
use crate::runbook::Action;

/// Plays a step with these replies: the status, the message, the outputs, and the number of its last recorded poll with
/// what it saw.
fn play(step: &str, replies: &str) -> (Status, String, Value, Option<(u32, Observation)>) {
    let runbook = runbook(&format!("- {{name: step, {step}}}\n"));
    let text = format!("cases: [{{name: case, steps: {{step: {replies}}}}}]");
    let document = crate::document::read("case", text.as_bytes()).unwrap();
    let file = read(document, &runbook).unwrap_or_else(|(_, problems)| panic!("{problems:?}"));
    let execution = play_case(&file.cases[0], &runbook);
    let run = execution.latest("step").unwrap();
    let ending = run.ending.as_ref().unwrap();
    let message = ending.failure.as_ref().map(|failure| failure.message.clone()).unwrap_or_default();
    let last = run.last_attempt().and_then(|last| last.observed.clone());
    let last = last.map(|last| (last.seen.polls, last.seen.observed.clone()));
    (execution.status(), message, json!(ending.outputs), last)
}

fn value(text: &str) -> Observation {
    Observation::Value(text.to_owned())
}

const GUIDE: &str = "Please refer to Automation Service Troubleshooting Guide for more diagnosis details.";

#[test]
fn image_that_fails_fails_its_step_and_keeps_its_id() {
    let found = play(
        "action: 'aws:createImage', inputs: {InstanceId: i-1, ImageName: backup}",
        "[{result: {ImageId: ami-1, ImageState: pending}}, {throttle: {}}, {result: {ImageId: ami-1, ImageState: failed, \
         StateReason: No space.}}]",
    );
    let message = format!(
        "Step fails when it is Execute/Cancelling action. Image ami-1 ended with the state failed: No space. {GUIDE}"
    );
    let outputs = json!({ "ImageId": "ami-1", "ImageState": "failed" });
    assert_eq!(found, (Status::Failed, message, outputs, Some((3, value("failed")))));
}

#[test]
fn instance_that_is_terminated_meanwhile_fails_its_step() {
    let found = play(
        "action: 'aws:changeInstanceState', inputs: {InstanceIds: [i-1, i-2], DesiredState: stopped}",
        "[{result: {InstanceStates: [stopping, stopped]}}, {result: {InstanceStates: [terminated, stopped]}}]",
    );
    let message = format!(
        "Step fails when it is Execute/Cancelling action. Instance i-1 has the state terminated instead of stopped. {GUIDE}"
    );
    let outputs = json!({ "InstanceStates": ["terminated", "stopped"] });
    assert_eq!(found, (Status::Failed, message, outputs, Some((2, value("i-1 terminated, i-2 stopped")))));
}

#[test]
fn status_checks_are_waited_for() {
    let found = play(
        "action: 'aws:changeInstanceState', inputs: {InstanceIds: [i-1], DesiredState: running}",
        "[{result: {InstanceStates: [running], StatusChecks: [initializing]}}, {result: {InstanceStates: [running], \
         StatusChecks: [ok]}}]",
    );
    let outputs = json!({ "InstanceStates": ["running"] });
    assert_eq!(found, (Status::Success, String::new(), outputs, Some((2, value("running")))));
}

#[test]
fn error_of_the_service_names_the_operation_of_the_step() {
    let parameter =
        "action: 'aws:createTags', inputs: {ResourceType: Parameter, ResourceIds: [p], Tags: [{Key: a, Value: 1}]}";
    let launch = "action: 'aws:runInstances', inputs: {ImageId: ami-1}";
    let replies = "[{serviceError: {code: InvalidResourceId, message: No such resource.}}]";
    let messages = [parameter, launch].map(|step| play(step, replies).1);
    let expected = [
        format!(
            "Step fails when it is Execute/Cancelling action. An error occurred (InvalidResourceId) when calling the \
             AddTagsToResource operation: No such resource.. {GUIDE}"
        ),
        format!(
            "Automation Step Execution fails when it's launching the instance(s). Get Exception from RunInstances API of \
             ec2 Service. Exception Message from RunInstances API: [No such resource. (Service: AmazonEC2; Error Code: \
             InvalidResourceId)]. {GUIDE}"
        ),
    ];
    assert_eq!(messages, expected);
}

#[test]
fn inputs_beyond_their_limits_are_no_request() {
    let long = "x".repeat(129);
    let rows = [
        (Action::CREATE_IMAGE, json!({ "InstanceId": "i-1", "ImageName": long })),
        (Action::COPY_IMAGE, json!({ "SourceImageId": "ami-1", "SourceRegion": "eu-west-1", "ImageName": "a?b" })),
        (
            Action::CREATE_TAGS,
            json!({ "ResourceType": "Parameter", "ResourceIds": ["a", "b"], "Tags": [{ "Key": "a", "Value": "b" }] }),
        ),
        (Action::CHANGE_INSTANCE_STATE, json!({ "InstanceIds": [], "DesiredState": "stopped" })),
        (Action::CHANGE_INSTANCE_STATE, json!({ "InstanceIds": "i-1", "DesiredState": "paused" })),
        (Action::RUN_INSTANCES, json!({ "ImageId": "ami-1", "UserData": "echo größe" })),
        (
            Action::RUN_INSTANCES,
            json!({ "ImageId": "ami-1", "IamInstanceProfileName": "a", "IamInstanceProfileArn": "b" }),
        ),
        (Action::RUN_INSTANCES, json!({ "ImageId": "ami-1", "MaxInstanceCount": "0" })),
    ];
    let problems = rows.map(|(action, inputs)| {
        let build = action.spec().build_request.unwrap();
        build(&serde_json::from_value(inputs).unwrap()).unwrap_err().to_string()
    });
    assert_eq!(
        problems,
        [
            "ImageName has 129 characters, and at most 128 are allowed",
            "ImageName is \"a?b\", and must be letters, digits, spaces and ()[]./-'@_",
            "ResourceIds has 2 items, and resources of the type Parameter are tagged one at a time",
            "the input InstanceIds is required, and has no value",
            "DesiredState must be one of running, stopped, terminated, and is the text \"paused\"",
            "UserData must be UTF-8 text in base64, and is the text \"echo größe\"",
            "IamInstanceProfileName and IamInstanceProfileArn exclude each other: remove one of them",
            "MaxInstanceCount is 0, and must be 1 to 2147483647",
        ]
    );
}

#[test]
fn generated_replies_have_the_states_that_end_the_waits() {
    let runbook = runbook(
        "- {name: look, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: DescribeInstances}, outputs: [{Name: State, Selector: $.State, Type: String}]}
- {name: stop, action: 'aws:changeInstanceState', inputs: {InstanceIds: [i-1, i-2], DesiredState: stopped}}
- {name: restore, action: 'aws:changeInstanceState', inputs: {InstanceIds: i-1, DesiredState: '{{ look.State }}'}}
- {name: image, action: 'aws:createImage', inputs: {InstanceId: i-1, ImageName: backup}}
- {name: copy, action: 'aws:copyImage', inputs: {SourceImageId: ami-1, SourceRegion: eu-west-1, ImageName: backup}}
- {name: launch, action: 'aws:runInstances', inputs: {ImageId: '{{ copy.ImageId }}'}}
- {name: tag, action: 'aws:createTags', inputs: {ResourceIds: '{{ launch.InstanceIds }}', Tags: [{Key: a, Value: b}]}}
- {name: forget, action: 'aws:deleteImage', inputs: {ImageId: '{{ image.ImageId }}'}}
",
    );
    let execution = play_case(&generate_case(&runbook), &runbook);
    let states: Vec<Value> = ["stop", "restore", "image", "copy", "launch"]
        .map(|step| {
            let run = execution.latest(step).unwrap();
            let state = run.output("InstanceStates").or_else(|| run.output("ImageState"));
            state.map(std::borrow::Cow::into_owned).unwrap_or_default()
        })
        .into();
    assert_eq!(
        (execution.status(), json!(states)),
        (Status::Success, json!([["stopped"], ["running"], "available", "available", ["running"]]))
    );
}
