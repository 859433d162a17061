//! `runwright plan`

use crate::harness::Situation;

const HEAD: &str = "\
description: |
  # Tidy up
  More words.
parameters:
  Stage: {type: String, default: test}
  Function: {type: String, default: 'echo-{{ Stage }}'}
  Hosts: {type: StringList}
outputs: [find.Payload]
";

const STEPS: [&str; 4] = [
    "name: find, maxAttempts: 3, timeoutSeconds: 10, onFailure: 'step:recover', inputs: {FunctionName: '{{ Function }}'}",
    "name: use, isEnd: true, onFailure: Continue, onCancel: 'step:recover', inputs: {FunctionName: '{{ find.Payload }}'}",
    "name: never, inputs: {FunctionName: 'arn:aws:lambda:eu-west-1:123456789012:function:gone:live'}",
    "name: recover, inputs: {FunctionName: fail, Qualifier: '1'}",
];

#[test]
fn text() {
    let situation = Situation::new().functions().runbook(HEAD, &STEPS);
    let outcome = situation.run(&["plan", "book.yaml", "-p", "Stage=live", "--functions", "template.yaml"]);
    insta::assert_snapshot!(outcome.told());
}

#[test]
fn json() {
    let situation = Situation::new().runbook(HEAD, &STEPS);
    let outcome = situation.run(&["plan", "book.yaml", "-p", "Hosts=a,b", "--output", "json", "--retry-delay", "2s"]);
    insta::assert_snapshot!(outcome.told());
}

#[test]
fn invalid_values_and_runbooks_are_refused() {
    let situation = Situation::new().runbook(HEAD, &STEPS).file("bad.yaml", "schemaVersion: \"0.3\"\nmainSteps: []\n");
    let told = [
        situation.run(&["plan", "book.yaml", "-p", "Stag=live", "-p", "Hosts={"]),
        situation.run(&["plan", "bad.yaml"]),
    ];
    insta::assert_snapshot!(told.map(|outcome| outcome.told()).join("\n\n"));
}

#[test]
fn plan_resolves_the_partition_like_run() {
    let head = "parameters: {Partition: {type: String, default: '{{ global:AWS_PARTITION }}'}}\n";
    let situation = Situation::new().runbook(head, &["name: a, inputs: {FunctionName: '{{ Partition }}'}"]);
    let outcome = situation.run(&["plan", "book.yaml", "--region", "cn-north-1", "--output", "json"]);
    let plan: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((outcome.status, plan["parameters"]["Partition"]["value"].as_str()), (Some(0), Some("aws-cn")));
}

#[test]
fn plan_names_child_runbooks() {
    let child = "schemaVersion: '0.3'\nmainSteps:\n- {name: a, action: 'aws:sleep', inputs: {Duration: PT1S}}\n";
    let parent = "schemaVersion: '0.3'\nparameters:\n  Host: {type: String, default: web}\nmainSteps:\n\
                  - {name: known, action: 'aws:executeAutomation', inputs: {DocumentName: restart}}\n\
                  - {name: given, action: 'aws:executeAutomation', inputs: {DocumentName: 'restart-{{ Host }}'}}\n";
    let situation = Situation::new().file("restart.yaml", child).file("book.yaml", parent);
    let told = ["text", "json"].map(|output| situation.run(&["plan", "book.yaml", "--output", output]).told());
    insta::assert_snapshot!(told.join("\n\n"));
}
