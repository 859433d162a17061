//! Public runbooks with scripts against moto: the scripts call AWS with the credentials and the endpoint of the execution.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::emulator::{Emulator, Ended, Kind};
use super::instances::without_polls;
use super::public_runbooks::{ROLE, observe, public_runbook};
use crate::peers::script_wheels;

const STOP_RANDOM: &str = "automation-stop-instance-executeAPIAction-stop-random-instance-api.yaml";
const REBOOT: &str = "automation-reboot-rds-reboot-rds.yaml";

const INSTANCES: &str = "
call('iam', 'CreateRole', RoleName='remediation', AssumeRolePolicyDocument='{}')
image = call('ec2', 'DescribeImages', Owners=['amazon'])['Images'][0]['ImageId']
for count, value in [(2, 'yes'), (1, 'no')]:
    tags = [{'ResourceType': 'instance', 'Tags': [{'Key': 'chaos', 'Value': value}]}]
    call('ec2', 'RunInstances', ImageId=image, MinCount=count, MaxCount=count, TagSpecifications=tags)
";

const DATABASE: &str = "
call('iam', 'CreateRole', RoleName='remediation', AssumeRolePolicyDocument='{}')
call('rds', 'CreateDBInstance', DBInstanceIdentifier='db1', DBInstanceClass='db.t3.micro', Engine='mysql',
     AllocatedStorage=20, MasterUsername='admin', MasterUserPassword='not-a-secret',
     Tags=[{'Key': 'chaos', 'Value': 'yes'}])
";

/// The access keys of the recorded requests, as whether each is that of the caller.
const OF_CALLER: &str = "[[name, key == 'test'] for name, key in __import__('recording').signed()]";

#[test]
fn random_instance_of_those_with_the_tag_is_stopped_and_started() {
    let Some(runbook) = public_runbook(STOP_RANDOM) else { return };
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    // moto finds nothing by the zone of an instance: the architecture takes its place.
    let runbook = runbook.replace("Name: availability-zone", "Name: architecture");
    let runbook = format!("{}- SeletRandomInstance.InstanceId\n", runbook.trim_end().to_owned() + "\n");
    let python = emulator.boto3();
    let parameters = ["-p", "AvailabilityZone=x86_64", "-p", "TagName=chaos", "-p", "TagValue=yes", "-p", ROLE];
    let arguments = [&parameters[..], &["--python", python.to_str().unwrap()]].concat();
    let mut outputs = Value::Null;
    let mut notices = 0;
    let start = || {
        let ended = emulator.run(&runbook, &arguments);
        notices = ended.said.lines().filter(|line| line.contains("python3.6")).count();
        outputs = ended.execution["Outputs"].clone();
        ended
    };
    let mut found = without_polls(observe(
        &emulator,
        INSTANCES,
        start,
        "sorted([one['InstanceId'], one['State']['Name']] for group in call('ec2', 'DescribeInstances')['Reservations']
                for one in group['Instances'] if {'Key': 'chaos', 'Value': 'yes'} in one['Tags'])",
    ));
    let tagged = found["after"].take();
    let mut listed: Vec<Value> = outputs["listInstances.InstanceIds"].as_array().unwrap().clone();
    listed.sort_by_key(Value::to_string);
    let chosen = &outputs["SeletRandomInstance.InstanceId"][0];
    let stops = emulator.sdk("import recording; from sdk import answer; answer(recording.forms('StopInstances'))");
    let stops: Vec<Value> =
        stops.as_array().unwrap().iter().map(|stop| json!([stop["InstanceId.1"], stop["Force"]])).collect();
    let steps = [
        "listInstances",
        "SeletRandomInstance",
        "verifyInstanceStateRunning",
        "stopInstances",
        "forceStopInstances",
        "verifyInstanceStateStopped",
        "rollback",
    ];
    let expected = json!({
        "outcome": [0, "Success", steps.map(|step| json!([step, "Success"]))],
        "requests": ["sts AssumeRole", "ec2 StopInstances", "ec2 StopInstances", "ec2 StartInstances"],
        "after": null,
    });
    let running: Vec<Value> = listed.iter().map(|id| json!([id, "running"])).collect();
    assert_eq!(
        (found, notices, listed.contains(chosen), tagged, json!(stops)),
        (expected, 1, true, json!(running), json!([[chosen, null], [chosen, "true"]]))
    );
}

/// Runs the runbook with a value of the tag. The Python is the one of these arguments and of this search path.
fn reboot(emulator: &Emulator, value: &str, arguments: &[&str], path: Option<&str>) -> Ended {
    let file = emulator.folder().join("runbook.yaml");
    fs::write(&file, public_runbook(REBOOT).unwrap()).unwrap();
    let value = format!("TagValue={value}");
    let parameters = ["-p", "InstanceId=db1", "-p", "TagName=chaos", "-p", &value, "-p", ROLE];
    let variables: Vec<(&str, &str)> = path.map(|path| ("PATH", path)).into_iter().collect();
    emulator.run_file_with(&file, &[&parameters[..], arguments].concat(), &variables)
}

const REBOOTED: [&str; 6] =
    ["getRdsArn", "GetRdsTags", "continueIfTags", "AssertNotRebooting", "RebootInstance", "WaitForAvailableState"];

/// What is expected of a run whose database has the tag.
fn rebooted() -> Value {
    json!({
        "outcome": [0, "Success", REBOOTED.map(|step| json!([step, "Success"]))],
        "requests": [
            "sts AssumeRole",
            "rds DescribeDBInstances",
            "rds ListTagsForResource",
            "rds DescribeDBInstances",
            "rds RebootDBInstance",
            "rds DescribeDBInstances",
        ],
        // All but the one that assumes the role are made as the role.
        "after": [
            ["sts AssumeRole", true],
            ["rds DescribeDBInstances", false],
            ["rds ListTagsForResource", false],
            ["rds DescribeDBInstances", false],
            ["rds RebootDBInstance", false],
            ["rds DescribeDBInstances", false],
        ],
    })
}

#[test]
fn database_is_rebooted_if_a_script_finds_its_tag() {
    if public_runbook(REBOOT).is_none() {
        return;
    }
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    let python = emulator.boto3();
    let arguments = ["--python", python.to_str().unwrap()];
    let found = observe(&emulator, DATABASE, || reboot(&emulator, "yes", &arguments, None), OF_CALLER);
    let other = observe(&emulator, "", || reboot(&emulator, "no", &arguments, None), "None");
    let steps = REBOOTED.map(|step| {
        let ran = ["getRdsArn", "GetRdsTags", "continueIfTags"].contains(&step);
        json!([step, if ran { "Success" } else { "Pending" }])
    });
    let not_rebooted = json!({
        "outcome": [0, "Success", steps],
        "requests": ["sts AssumeRole", "rds DescribeDBInstances", "rds ListTagsForResource"],
        "after": null,
    });
    assert_eq!((found, other), (rebooted(), not_rebooted));
}

/// The only Python on PATH has no boto3.
#[test]
fn script_calls_aws_from_the_environment_that_the_program_makes() {
    if public_runbook(REBOOT).is_none() {
        return;
    }
    let Some(wheels) = script_wheels() else { return };
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    let python = emulator.folder().join("python");
    let mut venv = Command::new("python3");
    assert!(venv.args(["-m", "venv", "--without-pip"]).arg(&python).status().unwrap().success());
    let path = python.join("bin").display().to_string();
    let install = ["python", "install", "--wheels", wheels.to_str().unwrap()];
    let made = emulator.program_with(install, &[("PATH", path.as_str())]);
    let environment = String::from_utf8(made.stdout).unwrap();
    assert!(Path::new(environment.trim()).starts_with(emulator.folder()), "{}", String::from_utf8_lossy(&made.stderr));
    let found = observe(&emulator, DATABASE, || reboot(&emulator, "yes", &[], Some(&path)), OF_CALLER);
    assert_eq!(found, rebooted());
}
