//! The invocations of a command on its nodes, and `$` of the step that they make (spec aws-actions 5).

use serde_json::{Map, Value, json};

use crate::actions::resource::attempt::{Operation, ResourceAttempt, text};
use crate::aws::CallError;

/// What a command did on one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Invocation {
    node: String,
    status: String,
    response_code: i64,
    output: String,
}

/// Reads what a command that has ended did on its nodes.
pub(super) async fn read_invocations(
    attempt: &ResourceAttempt<'_>,
    nodes: &[String],
    command: &str,
) -> Result<Vec<Invocation>, CallError> {
    let mut invocations = Vec::with_capacity(nodes.len());
    for node in nodes {
        let parameters = json!({ "CommandId": command, "InstanceId": node });
        match attempt.poll(Operation::new("ssm", "GetCommandInvocation", parameters)).await {
            Ok(reply) => invocations.push(of_node(node, &reply.result)),
            // A document of several plugins, of which this operation reads one at a time.
            Err(error) if error.cause.code.as_deref() == Some("InvalidPluginName") => {
                return list_invocations(attempt, command).await;
            }
            // The command never reached it.
            Err(error) if error.cause.code.as_deref() == Some("InvocationDoesNotExist") => {}
            Err(error) => return Err(error),
        }
    }
    if nodes.is_empty() { list_invocations(attempt, command).await } else { Ok(invocations) }
}

/// Reads them by the command alone: the nodes of targets are known to the service only. Outputs are shorter here.
async fn list_invocations(attempt: &ResourceAttempt<'_>, command: &str) -> Result<Vec<Invocation>, CallError> {
    let mut invocations = Vec::new();
    let mut page = json!({ "CommandId": command, "Details": true });
    loop {
        let reply = attempt.poll(Operation::new("ssm", "ListCommandInvocations", page.clone())).await?;
        let listed = reply.result.get("CommandInvocations").and_then(Value::as_array);
        invocations.extend(listed.into_iter().flatten().filter_map(Value::as_object).map(of_listed));
        match reply.result.get("NextToken").filter(|token| token.as_str().is_some_and(|token| !token.is_empty())) {
            Some(token) => page = json!({ "CommandId": command, "Details": true, "NextToken": token }),
            None => return Ok(invocations),
        }
    }
}

fn of_node(node: &str, reply: &Map<String, Value>) -> Invocation {
    let (output, error) = (text(reply, "StandardOutputContent"), text(reply, "StandardErrorContent"));
    let separator = if error.is_empty() { "" } else { "\n----------ERROR-------\n" };
    Invocation {
        node: node.to_owned(),
        status: text(reply, "Status").to_owned(),
        response_code: reply.get("ResponseCode").and_then(Value::as_i64).unwrap_or(-1),
        output: format!("{output}{separator}{error}"),
    }
}

/// The texts of several plugins are joined in their order, and the code is that of the last one that failed.
fn of_listed(invocation: &Map<String, Value>) -> Invocation {
    let plugins = || invocation.get("CommandPlugins").and_then(Value::as_array).into_iter().flatten();
    let plugins = || plugins().filter_map(Value::as_object);
    let codes = plugins().filter_map(|plugin| plugin.get("ResponseCode").and_then(Value::as_i64));
    let outputs: Vec<&str> = plugins().map(|plugin| text(plugin, "Output")).filter(|text| !text.is_empty()).collect();
    Invocation {
        node: text(invocation, "InstanceId").to_owned(),
        status: text(invocation, "Status").to_owned(),
        response_code: codes
            .fold(None, |worst, code| if code == 0 { worst.or(Some(0)) } else { Some(code) })
            .unwrap_or(-1),
        output: outputs.join("\n"),
    }
}

/// `$` of the step: of several nodes the worst status with its code, and the outputs of all, each after the name of its node.
pub(super) fn command_document(command: &str, status: &str, invocations: &[Invocation]) -> Map<String, Value> {
    let worst = invocations.iter().max_by_key(|invocation| severity(&invocation.status));
    let worst_status = worst.map_or(status, |worst| worst.status.as_str());
    // The command itself may have failed before it reached any node.
    let status = if severity(worst_status) >= severity(status) { worst_status } else { status };
    let output = match invocations {
        [] => String::new(),
        [one] => one.output.clone(),
        several => {
            let named = several.iter().map(|invocation| format!("{}:\n{}", invocation.node, invocation.output));
            named.collect::<Vec<_>>().join("\n")
        }
    };
    let response_code = worst.map_or(-1, |worst| worst.response_code);
    Map::from_iter([
        ("Status".to_owned(), Value::from(status)),
        ("ResponseCode".to_owned(), Value::from(response_code)),
        ("Output".to_owned(), Value::from(output)),
        ("CommandId".to_owned(), Value::from(command)),
    ])
}

/// How bad a status is. Those that are not terminal belong to nodes that the command did not reach any more.
fn severity(status: &str) -> u8 {
    match status {
        "Success" => 0,
        "Cancelled" => 2,
        "TimedOut" => 3,
        "Failed" => 4,
        _ => 1,
    }
}

#[cfg(test)]
mod tests;
