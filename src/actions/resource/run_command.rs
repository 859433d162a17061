//! `aws:runCommand` (spec aws-actions 5).

mod output;

use serde_json::{Map, Value, json};

use super::attempt::{Operation, ResourceAttempt, first, text};
use super::{Evaluation, ResourceAction, StopOperation, Verdict};
use crate::actions::polling::{AfterPoll, Poll};
use crate::actions::task::ActionOutcome;
use crate::aws::{ApiReply, CallError};
use crate::event::{ActionError, Observation};
use crate::runbook::inputs::run_command::{AGENTS, PHASE, RunCommandRequest, offline_agents};

use output::{command_document, read_invocations};

/// Runs a command on managed nodes, and waits until it has ended on all of them.
#[derive(Debug)]
pub(super) struct RunCommand;

const SSM: &str = "ssm";

impl ResourceAction for RunCommand {
    type Request = RunCommandRequest;

    const OPERATION: &'static str = "SendCommand";
    const PHASE: &'static str = PHASE;
    const STOP: Option<StopOperation> =
        Some(StopOperation { output: "CommandId", service: SSM, operation: "CancelCommand", parameter: "CommandId" });

    async fn run(&self, request: RunCommandRequest, mut attempt: ResourceAttempt<'_>) -> ActionOutcome {
        let command = if let Some(Value::String(command)) = attempt.created("CommandId") {
            command
        } else {
            let command = send(&request, &mut attempt).await?;
            attempt.record_created("CommandId", Value::from(command.as_str())).await;
            command
        };
        loop {
            let poll = match poll(&request, &attempt, &command).await {
                Ok(reply) => attempt.settle(self.evaluate(&request, &reply.result), reply),
                Err(error) => attempt.failed_poll(error),
            };
            if let Some(outcome) = attempt.next(poll).await {
                return outcome;
            }
        }
    }

    fn evaluate(&self, _: &RunCommandRequest, document: &Map<String, Value>) -> Evaluation {
        let status = text(document, "Status");
        let verdict = match status {
            "Success" => Verdict::Reached,
            "Pending" | "InProgress" | "Delayed" | "Cancelling" => Verdict::Pending,
            _ => Verdict::Failed(unexpected(document)),
        };
        Evaluation { state: status.to_owned(), verdict }
    }
}

/// The cause of a failure, in the layout of the service (spec aws-actions 1.3).
fn unexpected(document: &Map<String, Value>) -> String {
    let code = document.get("ResponseCode").map(ToString::to_string).unwrap_or_default();
    let (command, output) = (text(document, "CommandId"), text(document, "Output"));
    format!(
        "Command {command} returns unexpected invocation result: \n{{Status=[{}], ResponseCode=[{code}], \
         Output=[{output}], OutputPayload=[{}], CommandId=[{command}]}}",
        text(document, "Status"),
        Value::Object(document.clone())
    )
}

/// Sends the command, and returns its id. Where an agent does not answer, waits until all of them do.
async fn send(request: &RunCommandRequest, attempt: &mut ResourceAttempt<'_>) -> Result<String, ActionError> {
    loop {
        let parameters = request.parameters.clone();
        let refused = match attempt.send(Operation { service: SSM, name: RunCommand::OPERATION, parameters }).await {
            Ok(reply) => {
                let command = reply.result.get("Command").and_then(Value::as_object);
                return Ok(command.map(|command| text(command, "CommandId").to_owned()).unwrap_or_default());
            }
            Err(error) if error.cause.code.as_deref() == Some("InvalidInstanceId") => error,
            Err(error) => return Err(attempt.failed_call(error)),
        };
        let wanted = request.instance_ids();
        let poll = match find_offline(attempt, &wanted).await {
            // They are there, and the command is refused for another reason for now.
            Ok(offline) if offline.is_empty() => agents_seen(&wanted),
            Ok(offline) => agents_seen(&offline),
            Err(error) => match attempt.failed_poll(error) {
                // Who may not ask for the agents learns why the command was refused.
                Poll { next: AfterPoll::Ended(_), .. } => return Err(attempt.failed_call(refused)),
                again @ Poll { next: AfterPoll::Again { .. }, .. } => again,
            },
        };
        // It polls again, whatever was seen.
        attempt.next_of(AGENTS, poll).await;
    }
}

fn agents_seen(offline: &[String]) -> Poll {
    Poll { observed: Observation::Value(offline_agents(offline)), next: AfterPoll::Again { at_least: None } }
}

/// The nodes whose agents do not answer.
async fn find_offline(attempt: &ResourceAttempt<'_>, wanted: &[String]) -> Result<Vec<String>, CallError> {
    let filter = json!({ "Filters": [{ "Key": "InstanceIds", "Values": wanted }], "MaxResults": 50 });
    let reply = attempt.poll(Operation::new(SSM, "DescribeInstanceInformation", filter)).await?;
    let listed = reply.result.get("InstanceInformationList").and_then(Value::as_array);
    let online: Vec<&str> = listed
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .filter(|node| text(node, "PingStatus") == "Online")
        .map(|node| text(node, "InstanceId"))
        .collect();
    Ok(wanted.iter().filter(|node| !online.contains(&node.as_str())).cloned().collect())
}

/// The state of a command: `$` of the step once it has ended.
async fn poll(
    request: &RunCommandRequest,
    attempt: &ResourceAttempt<'_>,
    command: &str,
) -> Result<ApiReply, CallError> {
    let reply = attempt.poll(Operation::new(SSM, "ListCommands", json!({ "CommandId": command }))).await?;
    let status = first(&reply.result, "Commands").map(|found| text(found, "Status")).unwrap_or_default();
    // A command is listed a moment after it was sent.
    let status = if status.is_empty() { "Pending" } else { status };
    if matches!(status, "Pending" | "InProgress" | "Delayed" | "Cancelling") {
        let result = Map::from_iter([("Status".to_owned(), Value::from(status))]);
        return Ok(ApiReply { result, ..reply });
    }
    let invocations = read_invocations(attempt, &request.instance_ids(), command).await?;
    let result = command_document(command, status, &invocations);
    Ok(ApiReply { result, ..reply })
}
