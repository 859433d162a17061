//! Programs killed at every request of public runbooks, and resumed against moto: they end as without a crash, and change
//! nothing twice that cannot be repeated.

use serde_json::Value;

use super::emulator::{Emulator, Kind};
use super::holding_proxy::{Held, HoldingProxy};
use super::public_runbooks::public_runbook;
use crate::crash::StartedProgram;
use crate::harness::Situation;

/// A public runbook.
struct Case {
    file: &'static str,
    /// Makes what the runbook works on; gives the parameters.
    set_up: &'static str,
    arguments: &'static [&'static str],
    /// Whether its scripts need a Python.
    has_scripts: bool,
    /// What is read at the end.
    read: &'static str,
    /// The operations with which a step fails when its process ended before it had the answer: they may have run.
    uncertain: &'static [&'static str],
}

/// What a run did.
#[derive(Debug, Clone, PartialEq)]
struct Done {
    status: String,
    after: Value,
    changes: Vec<String>,
}

/// The emulator without anything in it.
const RESET: &str = "
import os, urllib.request
urllib.request.urlopen(urllib.request.Request(os.environ['SERVER'] + '/moto-api/reset', method='POST'))
from sdk import answer, call
";

impl Case {
    /// Runs it; kills the program while a request is held, and resumes the execution. Returns what it did, and the
    /// operations of all requests; `None` when the request was not made.
    fn run(&self, emulator: &Emulator, held: Held) -> Option<(Done, Vec<String>)> {
        let parameters = emulator.sdk(&format!("{RESET}{}", self.set_up));
        let parameters: Vec<&str> = parameters.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
        let is_killed = !matches!(held, Held::Nothing);
        let proxy = HoldingProxy::start(emulator.url(), held);
        let situation = Situation::new()
            .file("book.yaml", public_runbook(self.file).unwrap())
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ENDPOINT_URL", proxy.url());
        let python = emulator.boto3().to_str().unwrap();
        let mut run = vec!["run", "book.yaml", "--quiet", "--recover", "off", "--poll-interval", "50ms"];
        let python = if self.has_scripts { vec!["--python", python] } else { Vec::new() };
        run.extend(self.arguments.iter().chain(&python));
        run.extend(parameters.iter().flat_map(|parameter| ["-p", *parameter]));
        let mut started = StartedProgram::new(&situation, &run);
        if is_killed {
            let is_held = proxy.wait_while(|| started.child.try_wait().unwrap().is_none());
            if !is_held {
                return None;
            }
            assert!(started.kill(), "it waits for an answer");
            proxy.release();
            situation.run(&[&["resume", "last", "--quiet"], &python[..]].concat());
        } else {
            started.end();
        }
        let shown = situation.run(&["executions", "show", "last", "--output", "json"]).json();
        let status = shown["AutomationExecutionStatus"].as_str().unwrap().to_owned();
        let after = emulator.sdk(&format!("from sdk import answer, call\nanswer({})", self.read));
        Some((Done { status, after, changes: proxy.changes() }, proxy.operations()))
    }

    /// Kills it at each request.
    fn check(&self) {
        if public_runbook(self.file).is_none() {
            return;
        }
        let Some(emulator) = Emulator::start(Kind::Moto) else { return };
        let (undisturbed, operations) = self.run(&emulator, Held::Nothing).unwrap();
        assert_eq!(undisturbed.status, "Success", "{undisturbed:?}");
        let both = std::env::var_os("RUNWRIGHT_KILLS").is_some();
        let kinds: &[fn(usize) -> Held] = if both { &[Held::AnswerTo, Held::Number] } else { &[Held::AnswerTo] };
        let mut killed = 0;
        for (number, held) in
            (0..operations.len()).flat_map(|number| kinds.iter().map(move |kind| (number, kind(number))))
        {
            // How often a wait polls depends on the machine.
            let Some((done, requests)) = self.run(&emulator, held.clone()) else { continue };
            killed += 1;
            let operation = requests[number].as_str();
            if self.uncertain.contains(&operation) {
                let changes = |done: &Done| done.changes.iter().filter(|it| *it == operation).count();
                assert_eq!(
                    (done.status.as_str(), changes(&done)),
                    ("Failed", changes(&undisturbed)),
                    "{held:?} {operation}"
                );
            } else {
                // One that can be repeated is made again.
                let mut changes = done.changes.clone();
                changes.dedup();
                let end = (&done.status, &done.after, &changes);
                assert_eq!(
                    end,
                    (&undisturbed.status, &undisturbed.after, &undisturbed.changes),
                    "{held:?} {operation}"
                );
            }
        }
        assert!(killed + kinds.len() >= operations.len() * kinds.len(), "{killed} of {} requests", operations.len());
    }
}

#[test]
fn restart_of_an_instance() {
    let case = Case {
        file: "RestartInstance-Documents-aws-RestartEC2Instance.json",
        set_up: "
image = call('ec2', 'DescribeImages', Owners=['amazon'])['Images'][0]['ImageId']
answer(['InstanceId=' + call('ec2', 'RunInstances', ImageId=image, MinCount=1, MaxCount=1)['Instances'][0]['InstanceId']])
",
        arguments: &[],
        has_scripts: false,
        read: "[one['State']['Name'] for group in call('ec2', 'DescribeInstances')['Reservations'] for one in group['Instances']]",
        uncertain: &[],
    };
    case.check();
}

#[test]
fn image_of_an_instance() {
    let case = Case {
        file: "CreateImage-Documents-aws-CreateImage.json",
        set_up: "
image = call('ec2', 'DescribeImages', Owners=['amazon'])['Images'][0]['ImageId']
made = call('ec2', 'RunInstances', ImageId=image, MinCount=1, MaxCount=1)['Instances'][0]['InstanceId']
answer(['InstanceId=' + made])
",
        arguments: &[],
        has_scripts: false,
        read: "[image['State'] for image in call('ec2', 'DescribeImages', Owners=['self'])['Images']]",
        uncertain: &["CreateImage"],
    };
    case.check();
}

#[test]
fn deletion_of_a_stack() {
    let case = Case {
        file: "DeleteCloudFormation-Documents-aws-DeleteCloudFormation.json",
        set_up: "
template = '{\"Resources\": {\"Topic\": {\"Type\": \"AWS::SNS::Topic\"}}}'
call('cloudformation', 'CreateStack', StackName='alarms', TemplateBody=template)
answer(['StackNameOrId=alarms'])
",
        arguments: &["--assume-role", ""],
        has_scripts: false,
        read: "[len(call('sns', 'ListTopics')['Topics']),
                [stack['StackStatus'] for stack in call('cloudformation', 'ListStacks')['StackSummaries']]]",
        uncertain: &[],
    };
    case.check();
}

#[test]
fn reboot_of_a_database_that_a_script_chooses() {
    let case = Case {
        file: "automation-reboot-rds-reboot-rds.yaml",
        set_up: "
call('rds', 'CreateDBInstance', DBInstanceIdentifier='db1', DBInstanceClass='db.t3.micro', Engine='mysql',
     AllocatedStorage=20, MasterUsername='admin', MasterUserPassword='not-a-secret',
     Tags=[{'Key': 'chaos', 'Value': 'yes'}])
answer(['InstanceId=db1', 'TagName=chaos', 'TagValue=yes', 'AutomationAssumeRole='])
",
        arguments: &["--assume-role", ""],
        has_scripts: true,
        read: "[one['DBInstanceStatus'] for one in call('rds', 'DescribeDBInstances')['DBInstances']]",
        // The second is called by a script.
        uncertain: &["RebootDBInstance", "ListTagsForResource"],
    };
    case.check();
}
