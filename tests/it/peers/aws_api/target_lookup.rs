//! Targets by tag, and all instances, against moto.

use serde_json::{Value, json};

use super::emulator::{Emulator, Kind};

/// Three instances with the tag, one with another value, and one that is terminated.
const RUN_INSTANCES: &str = "
from sdk import answer, call
image = call('ec2', 'DescribeImages', Owners=['amazon'])['Images'][0]['ImageId']
def run(stage):
    tags = [{'ResourceType': 'instance', 'Tags': [{'Key': 'Stage', 'Value': stage}]}]
    made = call('ec2', 'RunInstances', ImageId=image, MinCount=1, MaxCount=1, TagSpecifications=tags)
    return made['Instances'][0]['InstanceId']
found = [run('prod'), run('prod'), run('prod'), run('test')]
gone = run('old')
call('ec2', 'TerminateInstances', InstanceIds=[gone])
answer(found)
";

/// The runbook of a target: fails when the instance does not have the stage.
const CHECK: &str = "
schemaVersion: '0.3'
parameters: {InstanceId: {type: 'AWS::EC2::Instance::Id'}, Stage: {type: String, default: prod}}
mainSteps:
  - name: check
    action: aws:assertAwsResourceProperty
    inputs:
      Service: ec2
      Api: DescribeInstances
      InstanceIds: ['{{ InstanceId }}']
      PropertySelector: '$.Reservations[0].Instances[0].Tags[0].Value'
      DesiredValues: ['{{ Stage }}']
";

const EACH: &str = "
schemaVersion: '0.3'
mainSteps:
  - name: each
    action: aws:executeAutomation
    inputs:
      DocumentName: check
      RuntimeParameters: {Stage: [STAGE]}
      TargetParameterName: InstanceId
      Targets: [{Key: 'tag:Stage', Values: [prod]}]
      MaxErrors: '0'
";

/// The names and statuses of the targets of a run.
fn targets(execution: &Value) -> Vec<(String, String)> {
    let steps = execution["StepExecutions"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut targets: Vec<_> = steps.map(|step| (text(&step["StepName"]), text(&step["StepStatus"]))).collect();
    targets.sort();
    targets
}

#[test]
fn tagged_instances_run_with_rate_control() {
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    let mut ids: Vec<String> = serde_json::from_value(emulator.sdk(RUN_INSTANCES)).unwrap();
    let test = ids.pop().unwrap();
    ids.sort();
    let file = emulator.folder().join("check.yaml");
    std::fs::write(&file, CHECK).unwrap();
    let each = emulator.run(&EACH.replace("STAGE", "prod"), &[]);
    let failing = emulator.run(&EACH.replace("STAGE", "none"), &[]);
    let targets_of = |key: &str, more: &[&str]| {
        let fixed = ["--target-parameter", "InstanceId", "--targets", key, "--max-errors", "100%"];
        emulator.run_file(&file, &[&fixed[..], more].concat())
    };
    let tagged = targets_of("Key=tag:Stage,Values=prod", &[]);
    let all = targets_of("Key=AWS::EC2::Instance,Values=*", &["-p", "Stage=test"]);
    let none = targets_of("Key=tag:Stage,Values=nowhere", &[]);
    let succeeded =
        |ids: &[String]| -> Vec<(String, String)> { ids.iter().map(|id| (id.clone(), "Success".to_owned())).collect() };
    assert_eq!(
        (
            each.status,
            each.steps()[0]["Outputs"]["ExecutionId"].as_array().unwrap().len(),
            &each.execution["AutomationExecutionStatus"]
        ),
        (Some(0), 3, &json!("Success")),
        "{}",
        each.said
    );
    // The first failure is one too many.
    let message = failing.steps()[0]["FailureMessage"].as_str().unwrap();
    assert_eq!(
        (failing.status, message.starts_with("1 of 3 targets failed, and 2 did not start")),
        (Some(1), true),
        "{message}"
    );
    assert_eq!((tagged.status, targets(&tagged.execution)), (Some(0), succeeded(&ids)), "{}", tagged.said);
    let found: Vec<(String, String)> = targets(&all.execution);
    let succeeding: Vec<&String> = found.iter().filter(|(_, status)| status == "Success").map(|(id, _)| id).collect();
    assert_eq!((found.len(), succeeding), (4, vec![&test]), "{}", all.said);
    assert_eq!(
        (none.status, none.said.contains("No resources matched"), none.execution["AutomationExecutionStatus"].as_str()),
        (Some(1), true, Some("Failed")),
        "{}",
        none.said
    );
}
