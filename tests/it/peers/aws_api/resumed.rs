//! Programs killed while they wait for what they have created, or delete: resumed against moto they leave one of it, or none.

use serde_json::{Value, json};

use super::emulator::{Emulator, Kind};
use super::holding_proxy::{Held, HoldingProxy};
use super::images::INSTANCE;
use crate::crash::StartedProgram;
use crate::harness::Situation;

/// Kills the program while a request of this operation is held, and resumes the execution. Returns its history, what was
/// recorded before the kill, the calls that change something, and what the SDK reads afterwards.
fn killed_at(emulator: &Emulator, step: &str, held: &'static str, read: &str) -> Value {
    let proxy = HoldingProxy::start(emulator.url(), Held::Operation(held));
    let situation = Situation::new()
        .file("book.yaml", format!("schemaVersion: '0.3'\nmainSteps: [{{name: step, {step}}}]\n"))
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ENDPOINT_URL", proxy.url());
    let run = ["run", "book.yaml", "--quiet", "--recover", "off", "--poll-interval", "50ms"];
    let mut started = StartedProgram::new(&situation, &run);
    proxy.wait();
    assert!(started.kill(), "it waits for an answer");
    let recorded: Vec<String> = situation
        .events("last")
        .iter()
        .filter(|recorded| recorded.event.kind() == "AttemptProgressed")
        .map(|recorded| {
            let body: Value = serde_json::from_str(&recorded.event.body().unwrap()).unwrap();
            let (kind, progress) = body["progress"].as_object().unwrap().iter().next().unwrap();
            format!("{kind} {}", progress["output"].as_str().unwrap())
        })
        .collect();
    proxy.release();
    let resumed = situation.run(&["resume", "last", "--quiet"]);
    let after = emulator.sdk(&format!("from sdk import answer, call\nanswer({read})"));
    assert_eq!(resumed.status, Some(0), "{}", resumed.text());
    json!([situation.history("last"), recorded, proxy.changes(), after])
}

const RESUMED: &str = "resumed, step interrupted, step sent again, step Success, Success";

const OWN_IMAGES: &str =
    "[[image['Name'], image['State']] for image in call('ec2', 'DescribeImages', Owners=['self'])['Images']]";

#[test]
fn killed_program_makes_one_image_and_leaves_no_snapshot_of_a_deleted_one() {
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    let count = "len(call('ec2', 'DescribeSnapshots', OwnerIds=['123456789012'])['Snapshots'])";
    let snapshots = emulator.sdk(&format!("from sdk import answer, call\nanswer({count})"));
    let instance = emulator.sdk(INSTANCE);
    let make =
        format!("action: 'aws:createImage', inputs: {{InstanceId: {}, ImageName: backup}}", instance.as_str().unwrap());
    let made = killed_at(&emulator, &make, "DescribeImages", OWN_IMAGES);
    let image = emulator.sdk(
        "from sdk import answer, call\nanswer(call('ec2', 'DescribeImages', Owners=['self'])['Images'][0]['ImageId'])",
    );
    let delete = format!("action: 'aws:deleteImage', inputs: {{ImageId: {}}}", image.as_str().unwrap());
    let deleted = killed_at(&emulator, &delete, "DeleteSnapshot", &format!("[{OWN_IMAGES}, {count}]"));
    assert_eq!(
        (made, deleted),
        (
            json!([RESUMED, ["Created ImageId"], ["CreateImage"], [["backup", "available"]]]),
            // The second request for the image finds it gone.
            json!([
                RESUMED,
                ["Deleting SnapshotIds"],
                ["DeregisterImage", "DeleteSnapshot", "DeregisterImage", "DeleteSnapshot"],
                [[], snapshots]
            ])
        )
    );
}

#[test]
fn killed_program_launches_one_instance() {
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    let image = emulator.sdk(
        "from sdk import answer, call\nanswer(call('ec2', 'DescribeImages', Owners=['amazon'])['Images'][0]['ImageId'])",
    );
    let launch = format!("action: 'aws:runInstances', inputs: {{ImageId: {}}}", image.as_str().unwrap());
    let read = "[one['State']['Name'] for group in call('ec2', 'DescribeInstances')['Reservations'] for one in group['Instances']]";
    let launched = killed_at(&emulator, &launch, "DescribeInstances", read);
    assert_eq!(launched, json!([RESUMED, ["Created InstanceIds"], ["RunInstances"], ["running"]]));
}
