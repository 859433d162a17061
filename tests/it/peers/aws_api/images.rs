//! Images of instances, against moto: made, copied and deleted.

use serde_json::{Value, json};

use super::emulator::{Emulator, Ended, Kind};
use super::public_runbooks::{observe, public_runbook};

/// An instance; prints its id.
pub(super) const INSTANCE: &str = "
import os
from sdk import answer, call
is_moto = os.environ['KIND'] == 'moto'
image = call('ec2', 'DescribeImages', Owners=['amazon'])['Images'][0]['ImageId'] if is_moto else 'ami-12345678'
answer(call('ec2', 'RunInstances', ImageId=image, MinCount=1, MaxCount=1)['Instances'][0]['InstanceId'])
";

/// The name and the state of each own image, and whether their snapshots exist.
const OWN_IMAGES: &str = "[[image['Name'], image['State'],
    [one['State'] for device in image['BlockDeviceMappings'] if 'Ebs' in device
        for one in call('ec2', 'DescribeSnapshots', SnapshotIds=[device['Ebs']['SnapshotId']])['Snapshots']]]
    for image in call('ec2', 'DescribeImages', Owners=['self'])['Images']]";

/// The number of own images, and of own snapshots.
const COUNTS: &str = "[len(call('ec2', 'DescribeImages', Owners=['self'])['Images']),
    len(call('ec2', 'DescribeSnapshots', OwnerIds=['123456789012'])['Snapshots'])]";

#[test]
fn image_is_made_and_deleted_with_its_snapshot() {
    let (Some(making), Some(deleting)) =
        (public_runbook("CreateImage-Documents-aws-CreateImage.json"), public_runbook("aws-DeleteImage.json"))
    else {
        return;
    };
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    let before = emulator.sdk(&format!("from sdk import answer, call\nanswer({COUNTS})"));
    let instance = emulator.sdk(INSTANCE);
    let instance = instance.as_str().unwrap();
    let mut execution = Value::Null;
    let run = |runbook: &str, parameter: &str, execution: &mut Value| -> Ended {
        let ended = emulator.run(runbook, &["-p", parameter]);
        *execution = ended.execution.clone();
        ended
    };
    let parameter = format!("InstanceId={instance}");
    let made = observe(&emulator, "", || run(&making, &parameter, &mut execution), OWN_IMAGES);
    let name = format!("{instance}_{}", execution["AutomationExecutionId"].as_str().unwrap());
    let outputs = execution["StepExecutions"][0]["Outputs"].clone();
    let image = outputs["ImageId"][0].as_str().unwrap();
    let parameter = format!("ImageId={image}");
    let deleted = observe(&emulator, "", || run(&deleting, &parameter, &mut execution), COUNTS);
    let again = observe(&emulator, "", || run(&deleting, &parameter, &mut execution), COUNTS);
    let message = execution["StepExecutions"][0]["FailureMessage"].as_str().unwrap();
    let cause = "An error occurred (InvalidAMIID.Unavailable) when calling the DeregisterImage operation";
    assert_eq!(
        (made, &outputs["ImageState"], deleted, again, message.contains(cause)),
        (
            json!({
                "outcome": [0, "Success", [["createImage", "Success"]]],
                "requests": ["ec2 CreateImage", "ec2 DescribeImages"],
                "after": [[name, "available", ["completed"]]],
            }),
            &json!(["available"]),
            json!({
                "outcome": [0, "Success", [["deleteImage", "Success"]]],
                "requests": ["ec2 DescribeImages", "ec2 DeregisterImage", "ec2 DeleteSnapshot"],
                "after": before,
            }),
            json!({
                "outcome": [1, "Failed", [["deleteImage", "Failed"]]],
                // Three attempts, as the document says.
                "requests": (["ec2 DescribeImages", "ec2 DeregisterImage"].repeat(3)),
                "after": before,
            }),
            true,
        ),
        "{message}"
    );
}

const COPY: &str = "
schemaVersion: '0.3'
parameters: {Image: {type: String}}
mainSteps:
  - name: copy
    action: aws:copyImage
    inputs:
      SourceImageId: '{{ Image }}'
      SourceRegion: eu-west-1
      ImageName: copy-of-web
      ImageDescription: From Ireland.
      KmsKeyId: ''
";

#[test]
fn image_of_another_region_is_copied_into_that_of_the_execution() {
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    let image = emulator.sdk(
        "
from sdk import answer, call_in
def there(operation, **parameters):
    return call_in('eu-west-1', 'ec2', operation, **parameters)
image = there('DescribeImages', Owners=['amazon'])['Images'][0]['ImageId']
instance = there('RunInstances', ImageId=image, MinCount=1, MaxCount=1)['Instances'][0]['InstanceId']
answer(there('CreateImage', InstanceId=instance, Name='web')['ImageId'])
",
    );
    let parameter = format!("Image={}", image.as_str().unwrap());
    let read = "[[image['Name'], image['Description'], image['State']]
        for image in call('ec2', 'DescribeImages', Owners=['self'])['Images']]";
    let found = observe(&emulator, "", || emulator.run(COPY, &["-p", &parameter]), read);
    let expected = json!({
        "outcome": [0, "Success", [["copy", "Success"]]],
        "requests": ["ec2 CopyImage", "ec2 DescribeImages"],
        "after": [["copy-of-web", "From Ireland.", "available"]],
    });
    assert_eq!(found, expected);
}
