//! Public runbooks from their start to their end against moto: what they change, and what they call.

use serde_json::{Value, json};

use super::emulator::{Emulator, Ended, Kind};
use crate::support::corpus;

/// The text of a public runbook; none if the corpus is not here.
pub(super) fn public_runbook(name: &str) -> Option<String> {
    let (_, text) = corpus()?.into_iter().find(|(file, _)| file.ends_with(name)).unwrap();
    Some(String::from_utf8(text).unwrap())
}

/// What a public runbook did: the exit code with the status and the steps, the calls in their order, and what the SDK
/// reads afterwards.
fn run(emulator: &Emulator, runbook: &str, set_up: &str, parameters: &[&str], read: &str) -> Value {
    let parameters: Vec<&str> = parameters.iter().flat_map(|parameter| ["-p", *parameter]).collect();
    observe(emulator, set_up, || emulator.run(runbook, &parameters), read)
}

/// Likewise, of a run that `start` makes.
pub(super) fn observe(emulator: &Emulator, set_up: &str, start: impl FnOnce() -> Ended, read: &str) -> Value {
    emulator.sdk(&format!("from sdk import answer, call\n{set_up}\nanswer(None)"));
    emulator.sdk("import recording; recording.start()");
    let ended = start();
    let recorded = "import recording; from sdk import answer; answer(recording.requests())";
    let requests = emulator.sdk(recorded);
    let after = emulator.sdk(&format!("from sdk import answer, call\nanswer({read})"));
    json!({"outcome": ended.outcome(), "requests": requests, "after": after})
}

pub(super) const ROLE: &str = "AutomationAssumeRole=arn:aws:iam::123456789012:role/remediation";

const RDS: &str = "
call('iam', 'CreateRole', RoleName='remediation', AssumeRolePolicyDocument='{}')
call('rds', 'CreateDBInstance', DBInstanceIdentifier='db1', DBInstanceClass='db.t3.micro', Engine='mysql',
     AllocatedStorage=20, MasterUsername='admin', MasterUserPassword='not-a-secret', PubliclyAccessible=True)
call('rds', 'CreateDBSnapshot', DBInstanceIdentifier='db1', DBSnapshotIdentifier='snap1')
";

#[test]
fn bucket_keys_are_enabled_and_verified() {
    let Some(runbook) = public_runbook("aws-EnableS3BucketKeys.yaml") else { return };
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    let found = run(
        &emulator,
        &runbook,
        "call('s3', 'CreateBucket', Bucket='ops-data')",
        &["BucketName=ops-data"],
        "call('s3', 'GetBucketEncryption', Bucket='ops-data')['ServerSideEncryptionConfiguration']['Rules']",
    );
    let rule = json!({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": true});
    let expected = json!({
        "outcome": [0, "Success", [
            ["ChooseEncryptionType", "Success"],
            ["PutBucketKeysKMS", "Pending"],
            ["PutBucketKeysAES256", "Success"],
            ["VerifyS3BucketKeysEnabled", "Success"],
        ]],
        "requests": ["s3 PUT /ops-data?encryption", "s3 GET /ops-data?encryption"],
        "after": [rule],
    });
    assert_eq!(found, expected);
}

#[test]
fn snapshot_is_replaced_by_an_encrypted_copy() {
    let Some(runbook) = public_runbook("runbooks-EncryptRDSSnapshot.yaml") else { return };
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    let found = run(
        &emulator,
        &runbook,
        RDS,
        &[
            "SourceDBSnapshotIdentifier=snap1",
            "TargetDBSnapshotIdentifier=snap1-enc",
            "DBSnapshotType=snapshot",
            "KmsKeyId=alias/aws/rds",
            ROLE,
        ],
        "[[made['DBSnapshotIdentifier'], made['Encrypted']]
            for made in call('rds', 'DescribeDBSnapshots', SnapshotType='manual')['DBSnapshots']]",
    );
    let expected = json!({
        "outcome": [0, "Success", [
            ["ChooseSnapshotOrClusterSnapshot", "Success"],
            ["CopyRdsSnapshotToEncryptedRdsSnapshot", "Success"],
            ["VerifyRdsEncryptedSnapshot", "Success"],
            ["DeleteUnencryptedRdsSnapshot", "Success"],
            ["CopyRdsClusterSnapshotToEncryptedRdsClusterSnapshot", "Pending"],
            ["VerifyRdsEncryptedClusterSnapshot", "Pending"],
            ["DeleteUnencryptedRdsClusterSnapshot", "Pending"],
        ]],
        "requests": ["sts AssumeRole", "rds CopyDBSnapshot", "rds DescribeDBSnapshots", "rds DeleteDBSnapshot"],
        "after": [["snap1-enc", true]],
    });
    assert_eq!(found, expected);
}

/// moto never shows that an instance is being modified: the wait for it ends with its time, and the change was made.
#[test]
fn wait_for_a_state_that_never_comes_times_out_after_one_change() {
    let Some(runbook) = public_runbook("runbooks-DisablePublicAccessToRDSInstance.yaml") else { return };
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    // The document waits ten minutes.
    let (before, wait) = runbook.split_at(runbook.find("name: WaitForDBInstanceStatusToModify").unwrap());
    let runbook = format!("{before}{}", wait.replacen("timeoutSeconds: 600", "timeoutSeconds: 2", 1));
    let mut found = run(
        &emulator,
        &runbook,
        RDS,
        &["RDSInstanceARN=arn:aws:rds:us-east-1:123456789012:db:db1", ROLE],
        "call('rds', 'DescribeDBInstances')['DBInstances'][0]['PubliclyAccessible']",
    );
    let requests = found["requests"].as_array_mut().unwrap();
    // How often the wait polled depends on the machine.
    let polls = requests.split_off(4);
    let are_polls = polls.len() > 1 && polls.iter().all(|poll| poll == "rds DescribeDBInstances");
    let expected = json!({
        "outcome": [4, "TimedOut", [
            ["GetRDSInstanceIdentifier", "Success"],
            ["VerifyDBInstanceStatus", "Success"],
            ["DisablePubliclyAccessibleOnRDS", "Success"],
            ["WaitForDBInstanceStatusToModify", "TimedOut"],
            ["WaitForDBInstanceStatusToAvailableAfterModify", "Pending"],
            ["VerifyDBInstancePubliclyAccess", "Pending"],
        ]],
        "requests":
            ["sts AssumeRole", "rds DescribeDBInstances", "rds DescribeDBInstances", "rds ModifyDBInstance"],
        "after": false,
    });
    assert_eq!((found, are_polls), (expected, true));
}

/// The key is not supplied: the default of the document is a reference to Parameter Store.
#[test]
fn topic_is_encrypted_with_the_key_that_parameter_store_names() {
    let Some(runbook) = public_runbook("runbooks-EnableEncryptionForSNSTopic.yaml") else { return };
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    let parameters = ["TopicArn=arn:aws:sns:us-east-1:123456789012:alerts", ROLE];
    let found = run(
        &emulator,
        &runbook,
        "
call('iam', 'CreateRole', RoleName='remediation', AssumeRolePolicyDocument='{}')
call('sns', 'CreateTopic', Name='alerts')
key = call('kms', 'CreateKey')['KeyMetadata']['Arn']
call('ssm', 'PutParameter', Name='/Solutions/SO0111/CMK_REMEDIATION_ARN', Value=key, Type='String')
",
        &parameters,
        "call('sns', 'GetTopicAttributes', TopicArn='arn:aws:sns:us-east-1:123456789012:alerts')['Attributes']
            ['KmsMasterKeyId'] ==
         call('ssm', 'GetParameter', Name='/Solutions/SO0111/CMK_REMEDIATION_ARN')['Parameter']['Value']",
    );
    emulator.sdk(
        "from sdk import answer, call
answer(call('ssm', 'DeleteParameter', Name='/Solutions/SO0111/CMK_REMEDIATION_ARN'))",
    );
    emulator.sdk("import recording; recording.start()");
    let refused = emulator.program(["run", "runbook.yaml", "-p", parameters[0], "-p", ROLE, "--region", "us-east-1"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    let requests = emulator.sdk("import recording; from sdk import answer; answer(recording.requests())");
    let refused = json!({
        "status": refused.status.code(),
        "requests": requests,
        "names": said.contains("/Solutions/SO0111/CMK_REMEDIATION_ARN"),
    });
    let expected = json!({
        "outcome": [0, "Success", [["EncryptSNSTopic", "Success"], ["VerifyTopicEncryption", "Success"]]],
        "requests": ["sts AssumeRole", "ssm GetParameter", "sns SetTopicAttributes", "sns GetTopicAttributes"],
        "after": true,
    });
    let unread = json!({"status": 3, "requests": ["sts AssumeRole", "ssm GetParameter"], "names": true});
    assert_eq!((found, refused), (expected, unread), "{said}");
}
