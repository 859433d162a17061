//! `aws:executeStateMachine` (spec aws-actions 12).

use serde_json::{Map, Value, json};

use super::attempt::{Operation, ResourceAttempt, members, text};
use super::{Evaluation, ResourceAction, StopOperation, Verdict};
use crate::actions::task::ActionOutcome;
use crate::aws::{ApiReply, CallError};
use crate::runbook::inputs::aws_api::PHASE;
use crate::runbook::inputs::execute_state_machine::StateMachineRequest;

/// Starts a state machine, and waits for the end of the execution.
#[derive(Debug)]
pub(super) struct ExecuteStateMachine;

/// The members of `DescribeExecution` that are `$` of the step; `error` and `cause` exist only after a failure.
const MEMBERS: &[&str] = &[
    "executionArn",
    "input",
    "name",
    "output",
    "startDate",
    "stateMachineArn",
    "status",
    "stopDate",
    "error",
    "cause",
];

impl ResourceAction for ExecuteStateMachine {
    type Request = StateMachineRequest;

    const OPERATION: &'static str = "StartExecution";
    const PHASE: &'static str = PHASE;
    const STOP: Option<StopOperation> = Some(StopOperation {
        output: "executionArn",
        service: "stepfunctions",
        operation: "StopExecution",
        parameter: "executionArn",
    });

    async fn run(&self, request: StateMachineRequest, attempt: ResourceAttempt<'_>) -> ActionOutcome {
        let execution = if let Some(execution) = attempt.created("executionArn") {
            execution
        } else {
            let execution = Value::from(start(&request, &attempt).await.map_err(|error| attempt.failed_call(error))?);
            attempt.record_created("executionArn", execution.clone()).await;
            execution
        };
        let describe = Operation::new("stepfunctions", "DescribeExecution", json!({ "executionArn": execution }));
        attempt.wait(self, &request, describe, |reply| members(&reply.result, MEMBERS)).await
    }

    fn evaluate(&self, _: &StateMachineRequest, document: &Map<String, Value>) -> Evaluation {
        let status = text(document, "status");
        let verdict = match status {
            "SUCCEEDED" => Verdict::Reached,
            "RUNNING" | "PENDING_REDRIVE" => Verdict::Pending,
            ended => {
                let details = [text(document, "error"), text(document, "cause")];
                let details: Vec<&str> = details.into_iter().filter(|detail| !detail.is_empty()).collect();
                let details = if details.is_empty() { String::new() } else { format!(": {}", details.join(": ")) };
                let execution = text(document, "executionArn");
                let details = details.trim_end_matches('.');
                Verdict::Failed(format!(
                    "The state machine execution {execution} ended with the status {ended}{details}"
                ))
            }
        };
        Evaluation { state: status.to_owned(), verdict }
    }
}

/// Starts the execution, and returns its ARN. Without a name of its own it is named by the token of the attempt, so that an
/// attempt which is sent again finds the execution that it has started.
async fn start(request: &StateMachineRequest, attempt: &ResourceAttempt<'_>) -> Result<String, CallError> {
    let mut parameters = request.parameters.clone();
    let is_named = parameters.contains_key("name");
    let name = parameters.entry("name").or_insert_with(|| Value::from(attempt.token()));
    let name = name.as_str().unwrap_or_default().to_owned();
    let start = Operation { service: "stepfunctions", name: ExecuteStateMachine::OPERATION, parameters };
    match attempt.send(start).await {
        Ok(ApiReply { result, .. }) => Ok(text(&result, "executionArn").to_owned()),
        Err(error) => {
            let is_own = !is_named || attempt.is_sent_again();
            let exists = error.cause.code.as_deref() == Some("ExecutionAlreadyExists");
            let machine = text(&request.parameters, "stateMachineArn");
            let started = execution_arn(machine, &name).filter(|_| is_own && exists);
            started.ok_or(error)
        }
    }
}

/// The ARN of the execution of a state machine that has a name.
fn execution_arn(machine: &str, name: &str) -> Option<String> {
    let (begin, machine) = machine.split_once(":stateMachine:")?;
    // The ARN may name a version or an alias, and that of an execution does not.
    let machine = machine.split_once(':').map_or(machine, |(machine, _)| machine);
    Some(format!("{begin}:execution:{machine}:{name}"))
}
