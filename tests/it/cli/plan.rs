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
fn plan_text_output() {
    let situation = Situation::new().functions().runbook(HEAD, &STEPS);
    let outcome = situation.run(&["plan", "book.yaml", "-p", "Stage=live", "--functions", "template.yaml"]);
    insta::assert_snapshot!(outcome.text());
}

#[test]
fn plan_json_output() {
    let situation = Situation::new().runbook(HEAD, &STEPS);
    let outcome = situation.run(&["plan", "book.yaml", "-p", "Hosts=a,b", "--output", "json", "--retry-delay", "2s"]);
    insta::assert_snapshot!(outcome.text());
}

#[test]
fn invalid_values_and_runbooks_are_refused() {
    let situation = Situation::new().runbook(HEAD, &STEPS).file("bad.yaml", "schemaVersion: \"0.3\"\nmainSteps: []\n");
    let values = situation.run(&["plan", "book.yaml", "-p", "Stag=live", "-p", "Hosts={"]);
    values.assert(3, "", &["Undefined execution inputs: [Stag]", "`Stage` instead of `Stag`", "1 problem"]);
    let invalid = situation.run(&["plan", "bad.yaml"]);
    invalid.assert(3, "", &["bad.yaml has 1 error\n"]);
    assert_eq!(invalid.diagnostics(), ["missing-main-steps bad.yaml:2:12"]);
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
    let plan = situation.run(&["plan", "book.yaml", "--output", "json"]).json();
    let steps = plan["steps"].as_array().unwrap().iter();
    let steps: Vec<_> =
        steps.map(|step| serde_json::json!([step["name"], step["documentName"], step["worstCaseSeconds"]])).collect();
    assert_eq!(
        steps,
        [serde_json::json!(["known", "restart", null]), serde_json::json!(["given", "restart-web", null])]
    );
    let worst = serde_json::json!({"seconds": null, "path": ["known", "given"]});
    assert_eq!(plan["worstCase"], worst, "{plan:#}");
    let text = situation.run(&["plan", "book.yaml"]).stdout;
    let shown = ["known  aws:executeAutomation restart\n", "given  aws:executeAutomation restart-web\n", "unlimited"];
    assert_eq!(shown.map(|shown| text.contains(shown)), [true; 3], "{text}");
}
