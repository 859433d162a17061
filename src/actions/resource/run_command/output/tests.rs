//! `$` of a step that ran a command.

use super::*;

fn invocation(node: &str, status: &str, response_code: i64, output: &str) -> Invocation {
    Invocation { node: node.to_owned(), status: status.to_owned(), response_code, output: output.to_owned() }
}

fn document(status: &str, invocations: &[Invocation]) -> Value {
    Value::Object(command_document("c-1", status, invocations))
}

#[test]
fn several_nodes_have_the_worst_status_with_its_code_and_all_outputs() {
    let invocations = [
        invocation("i-1", "Success", 0, "fine"),
        invocation("i-2", "Failed", 3, "broken"),
        invocation("i-3", "TimedOut", -1, ""),
    ];
    let several = document("Failed", &invocations);
    let one = document("Success", &invocations[..1]);
    // The document does not exist on the platform of the node, or no node has the tag.
    let none = document("Failed", &[]);
    assert_eq!(
        [several, one, none],
        [
            json!({"Status": "Failed", "ResponseCode": 3, "Output": "i-1:\nfine\ni-2:\nbroken\ni-3:\n", "CommandId": "c-1"}),
            json!({"Status": "Success", "ResponseCode": 0, "Output": "fine", "CommandId": "c-1"}),
            json!({"Status": "Failed", "ResponseCode": -1, "Output": "", "CommandId": "c-1"}),
        ]
    );
}

#[test]
fn standard_error_follows_the_output_and_plugins_are_joined() {
    let both =
        json!({"Status": "Failed", "ResponseCode": 1, "StandardOutputContent": "out", "StandardErrorContent": "err"});
    let plugins = json!({"InstanceId": "i-1", "Status": "Failed", "CommandPlugins": [
        {"ResponseCode": 0, "Output": "first"}, {"ResponseCode": 2, "Output": "second"}, {"ResponseCode": 0, "Output": ""},
    ]});
    assert_eq!(
        [of_node("i-1", both.as_object().unwrap()), of_listed(plugins.as_object().unwrap())],
        [
            invocation("i-1", "Failed", 1, "out\n----------ERROR-------\nerr"),
            invocation("i-1", "Failed", 2, "first\nsecond"),
        ]
    );
}
