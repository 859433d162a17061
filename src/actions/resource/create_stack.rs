//! `aws:createStack` (spec aws-actions 7).

use serde_json::{Map, Value, json};

use super::attempt::{Operation, ResourceAttempt, first, members, text};
use super::{Evaluation, ResourceAction, Verdict};
use crate::actions::task::ActionOutcome;
use crate::aws::ApiReply;
use crate::runbook::inputs::aws_api::PHASE;
use crate::runbook::inputs::create_stack::CreateStackRequest;

/// Creates a stack, and waits for its end.
#[derive(Debug)]
pub(super) struct CreateStack;

impl ResourceAction for CreateStack {
    type Request = CreateStackRequest;

    const OPERATION: &'static str = "CreateStack";
    const PHASE: &'static str = PHASE;

    async fn run(&self, request: CreateStackRequest, attempt: ResourceAttempt<'_>) -> ActionOutcome {
        let stack = if let Some(stack) = attempt.created("StackId") {
            stack
        } else {
            let mut parameters = request.parameters.clone();
            parameters.entry("ClientRequestToken").or_insert_with(|| Value::from(attempt.token()));
            let create = Operation { service: "cloudformation", name: Self::OPERATION, parameters };
            let reply = attempt.call(create).await?;
            let stack = Value::from(text(&reply.result, "StackId"));
            attempt.record_created("StackId", stack.clone()).await;
            stack
        };
        let describe = Operation::new("cloudformation", "DescribeStacks", json!({ "StackName": stack }));
        attempt.wait(self, &request, describe, document).await
    }

    fn evaluate(&self, request: &CreateStackRequest, document: &Map<String, Value>) -> Evaluation {
        let status = text(document, "StackStatus");
        let verdict = match status {
            "CREATE_COMPLETE" => Verdict::Reached,
            pending if pending.ends_with("_IN_PROGRESS") => Verdict::Pending,
            ended => {
                let reason = match text(document, "StackStatusReason") {
                    "" => String::new(),
                    reason => format!(": {}", reason.trim_end_matches('.')),
                };
                Verdict::Failed(format!("Stack {} ended with the status {ended}{reason}", request.stack_name()))
            }
        };
        Evaluation { state: status.to_owned(), verdict }
    }
}

/// `$` of the step.
fn document(reply: &ApiReply) -> Map<String, Value> {
    first(&reply.result, "Stacks")
        .map(|stack| members(stack, &["StackId", "StackStatus", "StackStatusReason"]))
        .unwrap_or_default()
}
