//! Properties of real responses, and the role that calls are made with.

use serde_json::{Value, json};

use super::emulator::{Emulator, Ended, Kind};

/// An assertion that is continued after a failure.
fn assertion(name: &str, service: &str, api: &str, selector: &str, desired: &[&str]) -> Value {
    json!({
        "name": name,
        "action": "aws:assertAwsResourceProperty",
        "onFailure": "Continue",
        "inputs": {"Service": service, "Api": api, "PropertySelector": selector, "DesiredValues": desired},
    })
}

/// Each step with its status, and the value that was not desired.
fn rows(ended: &Ended) -> Value {
    let rows = ended.steps().iter().map(|step| {
        let details = &step["FailureDetails"];
        let reason = &details["Details"]["VerificationErrorMessage"][0];
        json!([step["StepName"], step["StepStatus"], details["FailureType"], reason])
    });
    rows.collect()
}

const SET_UP: &str = "
from sdk import answer, call
for zone in ['us-east-1a', 'us-east-1b']:
    call('ec2', 'CreateVolume', AvailabilityZone=zone, Size=8)
answer(None)
";

#[test]
fn properties_compare_as_the_text_of_python() {
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    emulator.sdk(SET_UP);
    let volumes = |name, selector, desired: &[&str]| assertion(name, "ec2", "DescribeVolumes", selector, desired);
    let vpcs = |name, desired: &[&str]| assertion(name, "ec2", "DescribeVpcs", "$.Vpcs[0].IsDefault", desired);
    let steps = [
        vpcs("true", &["True"]),
        vpcs("lowerCase", &["true"]),
        vpcs("false", &["False"]),
        volumes("noAttachments", "$.Volumes[0].Attachments", &["[]"]),
        assertion("someTags", "ec2", "DescribeSubnets", "$.Subnets", &["[]"]),
        volumes("number", "Volumes[1].Size", &["8", "16"]),
        volumes("allAvailable", "$.Volumes..State", &["available"]),
        volumes("oneOdd", "$.Volumes..AvailabilityZone", &["us-east-1a"]),
        volumes("noMatch", "$.Volumes[7].State", &["available"]),
    ];
    let ended = emulator.run(&json!({"schemaVersion": "0.3", "mainSteps": steps}).to_string(), &[]);
    let failed = |name: &str, value: &str, desired: &str| {
        let reason = format!(
            "Property value '{value}' from the API output is not in the desired values. Desired values: {desired}."
        );
        json!([name, "Failed", "Verification", reason])
    };
    let succeeded = |name: &str| json!([name, "Success", null, null]);
    let mut found = rows(&ended);
    // The subnets are moto's own.
    let subnets = found[4][3].take();
    let is_list = subnets.as_str().is_some_and(|text| text.starts_with("Property value '[{'"));
    let expected = json!([
        succeeded("true"),
        succeeded("lowerCase"),
        failed("false", "True", "['False']"),
        succeeded("noAttachments"),
        ["someTags", "Failed", "Verification", null],
        succeeded("number"),
        succeeded("allAvailable"),
        failed("oneOdd", "us-east-1b", "['us-east-1a']"),
        failed("noMatch", "None", "['available']"),
    ]);
    assert_eq!((found, is_list), (expected, true), "{}", ended.said);
}

/// A runbook that reports who it is, with a role or without.
fn who_am_i(role: &str) -> String {
    json!({
        "schemaVersion": "0.3",
        "assumeRole": "{{ Role }}",
        "parameters": {"Role": {"type": "String", "default": role}},
        "outputs": ["who.Arn"],
        "mainSteps": [{
            "name": "who",
            "action": "aws:executeAwsApi",
            "inputs": {"Service": "sts", "Api": "GetCallerIdentity"},
            "outputs": [{"Name": "Arn", "Selector": "$.Arn", "Type": "String"}],
        }],
    })
    .to_string()
}

#[test]
fn calls_are_made_with_the_role_of_the_runbook() {
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    emulator.sdk(
        "from sdk import answer, call\n\
         answer(call('iam', 'CreateRole', RoleName='remediation', AssumeRolePolicyDocument='{}'))",
    );
    let arn = |role: &str| {
        let ended = emulator.run(&who_am_i(role), &[]);
        let arn = ended.execution["Outputs"]["who.Arn"][0].as_str().unwrap_or_default().to_owned();
        let kept = arn.rsplit_once('/').map_or(arn.as_str(), |(start, _)| start);
        json!([ended.status, kept])
    };
    assert_eq!(
        [arn(""), arn("arn:aws:iam::123456789012:role/remediation")],
        [
            json!([0, "arn:aws:sts::123456789012:user"]),
            json!([0, "arn:aws:sts::123456789012:assumed-role/remediation"])
        ]
    );
}

#[test]
fn nothing_is_called_without_the_role_of_the_runbook() {
    let Some(emulator) = Emulator::start(Kind::Moto) else { return };
    let file = emulator.folder().join("who.yaml");
    std::fs::write(&file, who_am_i("not-a-role")).unwrap();
    emulator.sdk("import recording; recording.start()");
    let output = emulator.program(["run", file.to_str().unwrap(), "--region", "us-east-1"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let requests = emulator.sdk("import recording; from sdk import answer; answer(recording.requests())");
    assert_eq!(
        (output.status.code(), said.lines().next(), requests),
        (
            Some(3),
            Some(
                "error: The format of the supplied assume role ARN isn't valid. assumeRole of the document is not-a-role"
            ),
            json!([])
        )
    );
}
