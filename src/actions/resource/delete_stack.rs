//! `aws:deleteStack` (spec aws-actions 8).

use serde_json::{Map, Value, json};

use super::attempt::{Operation, ResourceAttempt, first, members, text};
use super::{Evaluation, ResourceAction, Verdict};
use crate::actions::task::ActionOutcome;
use crate::aws::{ApiReply, CallError};
use crate::runbook::inputs::aws_api::PHASE;
use crate::runbook::inputs::delete_stack::DeleteStackRequest;

/// Deletes a stack, and waits until it is gone.
#[derive(Debug)]
pub(super) struct DeleteStack;

const GONE: &str = "DELETE_COMPLETE";

impl ResourceAction for DeleteStack {
    type Request = DeleteStackRequest;

    const OPERATION: &'static str = "DeleteStack";
    const PHASE: &'static str = PHASE;

    async fn run(&self, request: DeleteStackRequest, mut attempt: ResourceAttempt<'_>) -> ActionOutcome {
        // A deleted stack is found by its id alone.
        let found = attempt.send(describe(&request.stack_name)).await;
        let Some(found) = existing(found).map_err(|error| attempt.failed_call(error))? else {
            return Ok(attempt.succeeded());
        };
        let id = first(&found.result, "Stacks").map_or(request.stack_name.as_str(), |stack| text(stack, "StackId"));
        let id = id.to_owned();
        let delete =
            Operation { service: "cloudformation", name: Self::OPERATION, parameters: request.parameters.clone() };
        attempt.call(delete).await?;
        loop {
            let poll = match existing(attempt.poll(describe(&id)).await) {
                Ok(Some(reply)) => {
                    let document = document(&reply);
                    attempt.settle(self.evaluate(&request, &document), ApiReply { result: Map::new(), ..reply })
                }
                // A stack that does not exist is deleted, as for the API.
                Ok(None) => return Ok(attempt.succeeded()),
                Err(error) => attempt.failed_poll(error),
            };
            if let Some(outcome) = attempt.next(poll).await {
                return outcome;
            }
        }
    }

    fn evaluate(&self, request: &DeleteStackRequest, document: &Map<String, Value>) -> Evaluation {
        let status = text(document, "StackStatus");
        let verdict = match status {
            // A scripted reply without a status is the end, as that of the service is.
            "" | GONE => Verdict::Reached,
            "DELETE_FAILED" => {
                let reason = match text(document, "StackStatusReason") {
                    "" => String::new(),
                    reason => format!(": {}", reason.trim_end_matches('.')),
                };
                Verdict::Failed(format!("Stack {} ended with the status DELETE_FAILED{reason}", request.stack_name))
            }
            // The status from before the deletion is seen for a while.
            _ => Verdict::Pending,
        };
        Evaluation { state: status.to_owned(), verdict }
    }
}

fn describe(stack: &str) -> Operation {
    Operation::new("cloudformation", "DescribeStacks", json!({ "StackName": stack }))
}

/// The response about a stack; `None` when there is no such stack.
fn existing(answer: Result<ApiReply, CallError>) -> Result<Option<ApiReply>, CallError> {
    match answer {
        Ok(reply) => Ok(Some(reply)),
        Err(error) => {
            let is_gone =
                error.cause.code.as_deref() == Some("ValidationError") && error.message.contains("does not exist");
            if is_gone { Ok(None) } else { Err(error) }
        }
    }
}

fn document(reply: &ApiReply) -> Map<String, Value> {
    first(&reply.result, "Stacks")
        .map(|stack| members(stack, &["StackStatus", "StackStatusReason"]))
        .unwrap_or_default()
}
