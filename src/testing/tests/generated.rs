//! Generated replies satisfy the declared outputs.

use serde_json::{Value, json};

use super::{generate_case, play_case, runbook};
use crate::event::Status;

/// Extracts an output with this selector and type from a generated reply.
fn extract_output(selector: &str, data_type: &str) -> Option<Value> {
    let selector = Value::from(selector);
    let runbook = runbook(&format!(
        "- {{name: a, action: 'aws:executeAwsApi', inputs: {{Service: ec2, Api: DescribeInstances}}, outputs: \
         [{{Name: Out, Selector: {selector}, Type: {data_type}}}]}}\n"
    ));
    let execution = play_case(&generate_case(&runbook), &runbook);
    assert_eq!(execution.status(), Status::Success, "{selector}");
    execution.latest("a").unwrap().output("Out").map(std::borrow::Cow::into_owned)
}

#[test]
fn generated_reply_satisfies_every_selector() {
    let forms = [
        ("$.State", "String", json!("Out")),
        ("State.Name", "String", json!("Out")),
        ("$.Reservations[0].Instances[1].InstanceId", "String", json!("Out")),
        ("$.Tags[?(@.Key == 'Name')].Value", "String", json!("Out")),
        ("$..InstanceId", "StringList", json!(["Out"])),
        ("$.Items[*].Id", "StringList", json!(["Out"])),
        ("$['with space'].'a.b'", "Integer", json!(1)),
        ("$.Enabled", "Boolean", json!(true)),
        ("$.Map", "StringMap", json!({ "name": "Out" })),
        ("$.List", "MapList", json!([{ "name": "Out" }])),
    ];
    for (selector, data_type, expected) in forms {
        assert_eq!(extract_output(selector, data_type), Some(expected), "{selector}");
    }
}

#[test]
fn generated_outputs_name_accounts_and_regions_of_locations() {
    let runbook = runbook(
        "- {name: look, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: f}, outputs: [{Name: Owner, Selector: $.owner, Type: String}, {Name: Where, Selector: $.where, Type: String}]}
- {name: there, action: 'aws:executeAutomation', inputs: {DocumentName: Other, TargetLocations: [{Accounts: ['{{ look.Owner }}'], Regions: ['{{ look.Where }}']}]}}
",
    );
    let execution = play_case(&generate_case(&runbook), &runbook);
    assert_eq!(execution.status(), Status::Success, "{:?}", execution.ending());
}

#[test]
fn generated_replies_satisfy_branches_and_approvals() {
    let runbook = runbook(
        "- {name: look, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: f}, outputs: [{Name: State, Selector: $.state, Type: String}]}
- {name: decide, action: 'aws:branch', isEnd: true, inputs: {Choices: [{NextStep: ask, Variable: '{{ look.State }}', StringEquals: broken}]}}
- {name: ask, action: 'aws:approve', inputs: {Approvers: [anna, bela], MinRequiredApprovals: 2}}
- {name: hold, action: 'aws:pause', inputs: {}}
",
    );
    let execution = play_case(&generate_case(&runbook), &runbook);
    assert_eq!(
        (execution.status(), super::runs::path(&execution).join(" ")),
        (Status::Success, "look decide ask hold".to_owned())
    );
}
