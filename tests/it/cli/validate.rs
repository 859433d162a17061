//! `runwright validate`

use crate::harness::Situation;

const GOOD: &str = "\
schemaVersion: \"0.3\"
mainSteps:
  - name: a
    action: aws:invokeLambdaFunction
    inputs: {FunctionName: f}
";

const BAD: &str = "\
schemaVersion: \"0.3\"
mainSteps:
  - name: a
    action: aws:invokeLambdaFunction
    onFailure: step:nowhere
    onFailur: Continue
    inputs: {FunctionName: \"{{ Name }}\"}
";

const REGRETTED: &str = "\
schemaVersion: \"0.3\"
mainSteps:
  - name: a
    action: aws:invokeLambdaFunction
    timeoutSeconds: 900
    inputs: {FunctionName: f}
";

fn situation() -> Situation {
    Situation::new().file("good.yaml", GOOD).file("bad.yaml", BAD).file("regretted.yaml", REGRETTED)
}

#[test]
fn valid_file_is_reported_as_valid() {
    assert_eq!(situation().run(&["validate", "good.yaml"]).text(), "exit 0\n--- stderr\ngood.yaml is valid");
}

#[test]
fn all_problems_of_all_files_are_reported() {
    let outcome = situation().run(&["validate", "good.yaml", "bad.yaml", "missing.yaml", "regretted.yaml"]);
    insta::assert_snapshot!(outcome.text());
}

#[test]
fn validate_short_output() {
    let outcome = situation().run(&["validate", "--format", "short", "good.yaml", "bad.yaml"]);
    insta::assert_snapshot!(outcome.text());
}

#[test]
fn validate_github_annotations() {
    let outcome = situation().run(&["validate", "--format", "github", "bad.yaml"]);
    insta::assert_snapshot!(outcome.text());
}

#[test]
fn validate_json_output() {
    let outcome = situation().run(&["validate", "--format", "json", "bad.yaml", "missing.yaml"]);
    insta::assert_snapshot!(outcome.text());
}

#[test]
fn warnings_can_be_denied() {
    let situation = situation();
    let status = |arguments: &[&str]| situation.run(arguments).status;
    assert_eq!(status(&["validate", "regretted.yaml"]), Some(0));
    assert_eq!(status(&["validate", "regretted.yaml", "--deny-warnings"]), Some(3));
    assert_eq!(status(&["validate", "missing.yaml"]), Some(2));
    assert_eq!(status(&["validate", "missing.yaml", "bad.yaml"]), Some(3));
}

#[test]
fn standard_input_and_non_utf8_bytes() {
    let rows: [(&[u8], i32, &[&str]); 3] = [
        (GOOD.as_bytes(), 0, &[]),
        (b"schemaVersion: \xff\n", 3, &["invalid-utf8 <stdin>:1:16"]),
        (b"", 3, &["empty-document <stdin>:1:1"]),
    ];
    for (input, code, diagnostics) in rows {
        let outcome = Situation::new().input(input).run(&["validate", "-"]);
        let expected: Vec<_> = diagnostics.iter().map(|text| (*text).to_owned()).collect();
        assert_eq!((outcome.status, outcome.diagnostics()), (Some(code), expected), "{}", outcome.text());
    }
}

#[test]
fn case_files_are_validated_as_case_files() {
    let situation = Situation::new()
        .file("good.yaml", GOOD)
        .file("good.test.yaml", "cases:\n  - name: a reply\n    steps: {a: {payload: 1}}\n")
        .file("wrong.test.yaml", "runbook: good.yaml\ncases:\n  - name: a reply\n    steps: {b: {payload: 1}}\n")
        .file("lost.test.yaml", "cases:\n  - name: a reply\n");
    let files = ["validate", "--format", "short", "good.yaml", "good.test.yaml", "wrong.test.yaml", "lost.test.yaml"];
    let outcome = situation.run(&files);
    let (position, message) = outcome.stdout.trim_end().split_once(": error[unknown-case-step]: ").unwrap();
    assert_eq!((position, message.contains("`b`"), message.lines().count()), ("wrong.test.yaml:4:13", true, 1));
    assert_eq!(outcome.status, Some(3));
    assert!(
        outcome.stderr.contains("error: lost.test.yaml has no runbook: there is no lost.yaml\n"),
        "{}",
        outcome.text()
    );
}

/// Steps that call AWS APIs, with their faults.
const API_CALLS: &str = "\
schemaVersion: \"0.3\"
parameters:
  Count: {type: Integer, default: 1}
  Ids: {type: StringList, default: []}
mainSteps:
  - name: right
    action: aws:executeAwsApi
    inputs: {Service: EC2, Api: describe_instances, InstanceIds: [\"{{ Ids }}\"], MaxResults: \"{{ Count }}\"}
  - name: service
    action: aws:executeAwsApi
    inputs: {Service: ecc2, Api: DescribeInstances}
  - name: operation
    action: aws:waitForAwsResourceProperty
    inputs: {Service: ec2, Api: DescribeInstancs, PropertySelector: $.a, DesiredValues: [b]}
  - name: stream
    action: aws:executeAwsApi
    inputs: {Service: s3, Api: GetObject, Bucket: b, Key: k}
  - name: parameters
    action: aws:executeAwsApi
    inputs:
      Service: ec2
      Api: RunInstances
      ImageIds: ami-1
      MinCount: \"{{ Ids }}\"
      BlockDeviceMappings:
        - DeviceName: /dev/sda1
          Ebs: {VolumeSize: \"20\", Kms: x}
  - name: asserted
    action: aws:assertAwsResourceProperty
    inputs: {Service: rds, Api: DescribeDBInstances, PropertySelector: $.a, DesiredValues: [b], MaxRecords: many}
";

#[test]
fn api_calls_are_checked_against_the_models_of_the_services() {
    let outcome = Situation::new().file("api.yaml", API_CALLS).run(&["validate", "api.yaml"]);
    let found = [
        "unknown-api api.yaml:11:23 -> ec2",
        "unknown-api api.yaml:14:33 -> DescribeInstances",
        "unknown-api api.yaml:17:32",
        "invalid-api-parameter api.yaml:22:12",
        "invalid-api-parameter api.yaml:23:7 -> ImageId",
        "invalid-api-parameter api.yaml:24:17",
        "invalid-api-parameter api.yaml:27:29",
        "invalid-api-parameter api.yaml:27:35",
        "invalid-api-parameter api.yaml:30:109",
    ];
    assert_eq!((outcome.status, outcome.diagnostics()), (Some(0), found.map(ToOwned::to_owned).to_vec()));
}
