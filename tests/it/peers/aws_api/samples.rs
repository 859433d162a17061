//! The sample runbooks that call AWS APIs, against moto.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::emulator::{Emulator, Ended, Kind};

/// Runs a sample in the folder of the emulator. The execution becomes a test case, which passes.
fn run(emulator: &Emulator, sample: &str, arguments: &[&str]) -> Ended {
    let file = emulator.folder().join(sample);
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks").join(sample), &file).unwrap();
    let ended = emulator.run_file(&file, arguments);
    let cases = format!("{}.test.yaml", sample.trim_end_matches(".yaml"));
    for command in [&["test", "--record", "last", "--out", &cases][..], &["test", sample]] {
        let output = emulator.program(command);
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(0), "{command:?}: {said}");
    }
    ended
}

/// The steps that ran, each with its status.
fn path(ended: &Ended) -> Vec<String> {
    let ran = ended.steps().iter().filter(|step| step["StepStatus"] != "Pending");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    ran.map(|step| format!("{} {}", text(&step["StepName"]), text(&step["StepStatus"]))).collect()
}

const RUN_INSTANCE: &str = "
from sdk import answer, call
image = call('ec2', 'DescribeImages', Owners=['amazon'])['Images'][0]['ImageId']
answer(call('ec2', 'RunInstances', ImageId=image, MinCount=1, MaxCount=1)['Instances'][0]['InstanceId'])
";

#[test]
fn instance_is_restarted_once_and_a_stopped_one_is_refused() {
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    let instance = emulator.sdk(RUN_INSTANCE);
    let parameter = format!("InstanceId={}", instance.as_str().unwrap());
    emulator.sdk("import recording; recording.start()");
    let restarted = run(&emulator, "restart-instance.yaml", &["-p", &parameter]);
    let changes = emulator.sdk(
        "import recording; from sdk import answer\n\
         answer([name for name in recording.requests() if 'Describe' not in name])",
    );
    let state = emulator.sdk(
        "from sdk import answer, call\n\
         answer(call('ec2', 'DescribeInstances')['Reservations'][0]['Instances'][0]['State']['Name'])",
    );
    emulator.sdk(&format!(
        "from sdk import answer, call; answer(call('ec2', 'StopInstances', InstanceIds=['{}']))",
        instance.as_str().unwrap()
    ));
    let refused = run(&emulator, "restart-instance.yaml", &["-p", &parameter]);
    assert_eq!(
        (restarted.status, path(&restarted), changes, state, refused.status, path(&refused)),
        (
            Some(0),
            [
                "assertRunning Success",
                "assertSurvivesStop Success",
                "assertNotInGroup Success",
                "stop Success",
                "waitStopped Success",
                "start Success",
                "waitRunning Success",
                "waitSystemCheck Success",
                "waitInstanceCheck Success"
            ]
            .map(str::to_owned)
            .to_vec(),
            json!(["ec2 StopInstances", "ec2 StartInstances"]),
            json!("running"),
            Some(1),
            vec!["assertRunning Failed".to_owned()],
        ),
        "{}",
        restarted.said
    );
}

const CREATE_DATABASE: &str = "
from sdk import answer, call
call('rds', 'CreateDBInstance', DBInstanceIdentifier='orders', DBInstanceClass='db.t3.micro', Engine='postgres',
     AllocatedStorage=20, MasterUsername='admin', MasterUserPassword='not-a-secret', StorageEncrypted=True)
answer(None)
";

const READ_SNAPSHOTS: &str = "
from sdk import answer, call
made = call('rds', 'DescribeDBSnapshots', SnapshotType='manual')['DBSnapshots']
answer([[it['DBInstanceIdentifier'], it['Status'], sorted(tag['Key'] for tag in it['TagList'])] for it in made])
";

#[test]
fn database_is_backed_up_once_and_an_unknown_one_is_refused() {
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    emulator.sdk(CREATE_DATABASE);
    let made = run(&emulator, "snapshot-database.yaml", &["-p", "DBInstanceIdentifier=orders"]);
    let refused = run(&emulator, "snapshot-database.yaml", &["-p", "DBInstanceIdentifier=none"]);
    let snapshots = emulator.sdk(READ_SNAPSHOTS);
    let outputs = &made.execution["Outputs"];
    let message = refused.steps()[0]["FailureMessage"].as_str().unwrap();
    let names_the_error =
        message.contains("An error occurred (DBInstanceNotFound) when calling the DescribeDBInstances");
    assert_eq!(
        (
            made.status,
            path(&made),
            [
                &outputs["waitForDatabase.Engine"],
                &outputs["waitForDatabase.Gigabytes"],
                &outputs["waitForSnapshot.Encrypted"]
            ],
            snapshots,
            (refused.status, path(&refused), names_the_error),
        ),
        (
            Some(0),
            ["waitForDatabase Success", "createSnapshot Success", "waitForSnapshot Success"]
                .map(str::to_owned)
                .to_vec(),
            [&json!(["postgres"]), &json!(["20"]), &json!(["true"])],
            json!([["orders", "available", ["execution", "reason"]]]),
            (Some(1), vec!["waitForDatabase Failed".to_owned()], true),
        ),
        "{}",
        made.said
    );
}

/// Two instances of tests, one more that is kept, and one of another kind.
const RUN_INSTANCES: &str = "
from sdk import answer, call
image = call('ec2', 'DescribeImages', Owners=['amazon'])['Images'][0]['ImageId']
def launch(*tags):
    made = call('ec2', 'RunInstances', ImageId=image, MinCount=1, MaxCount=1)['Instances'][0]['InstanceId']
    call('ec2', 'CreateTags', Resources=[made], Tags=[{'Key': key, 'Value': value} for key, value in tags])
    return made
test = ('environment', 'test')
answer([launch(test), launch(test), launch(test, ('keep', '')), launch(('environment', 'production'))])
";

const READ_STATES: &str = "
from sdk import answer, call
found = [instance for group in call('ec2', 'DescribeInstances')['Reservations'] for instance in group['Instances']]
answer({instance['InstanceId']: instance['State']['Name'] for instance in found})
";

#[test]
fn old_instances_are_stopped_but_for_those_to_keep() {
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    let instances: Vec<String> = serde_json::from_value(emulator.sdk(RUN_INSTANCES)).unwrap();
    let python = emulator.boto3();
    let stop = |hours: &str| {
        let ended = run(&emulator, "stop-old-instances.yaml", &["-p", hours, "--python", python.to_str().unwrap()]);
        let states = emulator.sdk(READ_STATES);
        let states: Vec<Value> = instances.iter().map(|instance| states[instance].clone()).collect();
        let mut chosen: Vec<Value> =
            ended.execution["Outputs"]["choose.InstanceIds"].as_array().cloned().unwrap_or_default();
        chosen.sort_by_key(|id| instances.iter().position(|known| id == known));
        ((ended.status, path(&ended), chosen, json!(states)), ended.said)
    };
    let ((nothing, _), (stopped, said)) = (stop("Hours=12"), stop("Hours=0"));
    let steps = |names: &[&str]| names.iter().map(|name| format!("{name} Success")).collect::<Vec<_>>();
    assert_eq!(
        (nothing, stopped),
        (
            (Some(0), steps(&["choose", "anyOld"]), vec![], json!(["running", "running", "running", "running"])),
            (
                Some(0),
                steps(&["choose", "anyOld", "stop", "waitUntilStopped"]),
                vec![json!(instances[0]), json!(instances[1])],
                json!(["stopped", "stopped", "running", "running"]),
            ),
        ),
        "{said}"
    );
    assert!(said.contains("scripts have your own AWS credentials, since the runbook has no assumeRole"), "{said}");
}
