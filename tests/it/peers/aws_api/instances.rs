//! Instances against moto: launched, restarted, resized, terminated.

use serde_json::{Value, json};

use super::emulator::{Emulator, Kind};
use super::images::INSTANCE;
use super::public_runbooks::{observe, public_runbook};

/// The requests that change something: how often a wait polls depends on the machine.
pub(super) fn without_polls(mut found: Value) -> Value {
    found["requests"].as_array_mut().unwrap().retain(|request| !request.as_str().unwrap().starts_with("ec2 Describe"));
    found
}

/// The type and the state of each instance.
const INSTANCES: &str = "[[one['InstanceType'], one['State']['Name']]
    for group in call('ec2', 'DescribeInstances')['Reservations'] for one in group['Instances']]";

#[test]
fn instance_is_restarted() {
    let Some(runbook) = public_runbook("RestartInstance-Documents-aws-RestartEC2Instance.json") else { return };
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    let instance = emulator.sdk(INSTANCE);
    let parameter = format!("InstanceId={}", instance.as_str().unwrap());
    let found = without_polls(observe(&emulator, "", || emulator.run(&runbook, &["-p", &parameter]), INSTANCES));
    let expected = json!({
        "outcome": [0, "Success", [["stopInstances", "Success"], ["startInstances", "Success"]]],
        "requests": ["ec2 StopInstances", "ec2 StartInstances"],
        "after": [["m1.small", "running"]],
    });
    assert_eq!(found, expected);
}

/// Its instances have another state at once.
#[test]
fn instance_of_ministack_is_restarted() {
    let Some(runbook) = public_runbook("RestartInstance-Documents-aws-RestartEC2Instance.json") else { return };
    let Some(emulator) = Emulator::start(Kind::MiniStack) else { return };
    let instance = emulator.sdk(INSTANCE);
    let ended = emulator.run(&runbook, &["-p", &format!("InstanceId={}", instance.as_str().unwrap())]);
    let after = emulator.sdk(&format!("from sdk import answer, call\nanswer([state for _, state in {INSTANCES}])"));
    let expected = json!([0, "Success", [["stopInstances", "Success"], ["startInstances", "Success"]]]);
    assert_eq!((ended.outcome(), after), (expected, json!(["running"])), "{}", ended.said);
}

#[test]
fn instance_that_does_not_exist_is_reported_in_the_words_of_the_api() {
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    let runbook = "{schemaVersion: '0.3', mainSteps: [{name: stop, action: 'aws:changeInstanceState', inputs: {InstanceIds: \
                   [i-0123456789abcdef0], DesiredState: stopped}}]}";
    let ended = emulator.run(runbook, &[]);
    let message = ended.steps()[0]["FailureMessage"].as_str().unwrap();
    assert_eq!(
        (ended.status, message),
        (
            Some(1),
            "Step fails when it is Execute/Cancelling action. An error occurred (InvalidInstanceID.NotFound) when calling \
             the StopInstances operation: The instance ID 'i-0123456789abcdef0' does not exist. Please refer to Automation \
             Service Troubleshooting Guide for more diagnosis details."
        )
    );
}

/// The shape of AWS-ResizeInstance: the failure of the first step, which ends the execution, is what continues it.
const RESIZE: &str = "
schemaVersion: '0.3'
parameters: {InstanceId: {type: String}, InstanceType: {type: String}}
mainSteps:
  - name: assertInstanceType
    action: aws:assertAwsResourceProperty
    isEnd: true
    isCritical: false
    onFailure: step:stopInstance
    inputs:
      Service: EC2
      Api: DescribeInstances
      InstanceIds: ['{{ InstanceId }}']
      PropertySelector: '$.Reservations[0].Instances[0].InstanceType'
      DesiredValues: ['{{ InstanceType }}']
  - name: stopInstance
    action: aws:changeInstanceState
    inputs: {InstanceIds: ['{{ InstanceId }}'], DesiredState: stopped}
  - name: resizeInstance
    action: aws:executeAwsApi
    inputs: {Service: ec2, Api: ModifyInstanceAttribute, InstanceId: '{{ InstanceId }}', InstanceType: {Value: '{{ InstanceType }}'}}
  - name: startInstance
    action: aws:changeInstanceState
    inputs: {InstanceIds: ['{{ InstanceId }}'], DesiredState: running}
";

#[test]
fn instance_is_resized_unless_it_has_the_type() {
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    let instance = emulator.sdk(INSTANCE);
    let parameter = format!("InstanceId={}", instance.as_str().unwrap());
    let run = || emulator.run(RESIZE, &["-p", &parameter, "-p", "InstanceType=t3.large"]);
    let resized = without_polls(observe(&emulator, "", run, INSTANCES));
    let unchanged = without_polls(observe(&emulator, "", run, INSTANCES));
    let outcome = |states: [&str; 4]| {
        let names = ["assertInstanceType", "stopInstance", "resizeInstance", "startInstance"];
        json!([0, "Success", names.into_iter().zip(states).collect::<Vec<_>>()])
    };
    assert_eq!(
        (resized, unchanged),
        (
            json!({
                "outcome": outcome(["Failed", "Success", "Success", "Success"]),
                "requests": ["ec2 StopInstances", "ec2 ModifyInstanceAttribute", "ec2 StartInstances"],
                "after": [["t3.large", "running"]],
            }),
            json!({
                "outcome": outcome(["Success", "Pending", "Pending", "Pending"]),
                "requests": [],
                "after": [["t3.large", "running"]],
            })
        )
    );
}

/// `#!/bin/sh` and a line with other letters, in base64 that is broken into lines.
const LAUNCH: &str = r#"
schemaVersion: '0.3'
parameters: {Image: {type: String}, Subnet: {type: String, default: ''}, Groups: {type: StringList, default: []}}
outputs: [launch.InstanceIds, launch.InstanceStates]
mainSteps:
  - name: launch
    action: aws:runInstances
    inputs:
      ImageId: '{{ Image }}'
      InstanceType: t3.micro
      MinInstanceCount: '2'
      MaxInstanceCount: 2
      SubnetId: '{{ Subnet }}'
      SecurityGroupIds: '{{ Groups }}'
      MetadataOptions: {}
      Monitoring: true
      IamInstanceProfileName: web
      UserData: "IyEvYmluL3NoCmVj\naG8gZ3LDtsOfZQo="
      TagSpecifications: [{ResourceType: instance, Tags: [{Key: launched, Value: 2026}]}]
  - name: tag
    action: aws:createTags
    inputs: {ResourceIds: '{{ launch.InstanceIds }}', Tags: [{Key: checked, Value: true}]}
  - name: terminate
    action: aws:changeInstanceState
    inputs: {InstanceIds: '{{ launch.InstanceIds }}', DesiredState: terminated}
"#;

#[test]
fn instances_are_launched_tagged_and_terminated() {
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    let image = emulator.sdk(
        "
from sdk import answer, call
call('iam', 'CreateInstanceProfile', InstanceProfileName='web')
answer(call('ec2', 'DescribeImages', Owners=['amazon'])['Images'][0]['ImageId'])
",
    );
    let image = image.as_str().unwrap();
    let parameter = format!("Image={image}");
    let mut outputs = Value::Null;
    let start = || {
        let ended = emulator.run(LAUNCH, &["-p", &parameter]);
        outputs = ended.execution["Outputs"].clone();
        ended
    };
    let read = "[[one['InstanceId'], one['State']['Name'], sorted([tag['Key'], tag['Value']] for tag in one['Tags'])]
        for group in call('ec2', 'DescribeInstances')['Reservations'] for one in group['Instances']]";
    let mut found = without_polls(observe(&emulator, "", start, read));
    let forms = emulator.sdk("import recording; from sdk import answer; answer(recording.forms('RunInstances'))");
    let mut form = forms[0].clone();
    let token = form.as_object_mut().unwrap().remove("ClientToken").unwrap();
    let ids: Vec<Value> = found["after"].as_array().unwrap().iter().map(|instance| instance[0].clone()).collect();
    found["after"].as_array_mut().unwrap().iter_mut().for_each(|instance| instance[0] = Value::Null);
    let tags = json!([["checked", "true"], ["launched", "2026"]]);
    assert_eq!(
        (found, &outputs, form, token.as_str().map(str::len)),
        (
            json!({
                "outcome": [0, "Success", [["launch", "Success"], ["tag", "Success"], ["terminate", "Success"]]],
                "requests": ["ec2 RunInstances", "ec2 CreateTags", "ec2 TerminateInstances"],
                "after": [[null, "terminated", tags], [null, "terminated", tags]],
            }),
            &json!({ "launch.InstanceIds": ids, "launch.InstanceStates": ["running", "running"] }),
            json!({
                "Action": "RunInstances",
                "Version": "2016-11-15",
                "ImageId": image,
                "InstanceType": "t3.micro",
                "MinCount": "2",
                "MaxCount": "2",
                "Monitoring.Enabled": "true",
                "IamInstanceProfile.Name": "web",
                "UserData": "IyEvYmluL3NoCmVjaG8gZ3LDtsOfZQo=",
                "TagSpecification.1.ResourceType": "instance",
                "TagSpecification.1.Tag.1.Key": "launched",
                "TagSpecification.1.Tag.1.Value": "2026",
            }),
            Some(36),
        )
    );
}
