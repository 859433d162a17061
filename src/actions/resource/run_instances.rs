//! `aws:runInstances` (spec aws-actions 11).

use serde_json::{Map, Value, json};

use super::attempt::{Operation, ResourceAttempt, text};
use super::instances::{InstanceStates, NO_INSTANCE, poll_states};
use super::new_resource::NewResource;
use super::{Evaluation, ResourceAction, Verdict};
use crate::actions::api_outcome::failed_call_in;
use crate::actions::task::ActionOutcome;
use crate::aws::{ApiReply, CallError};
use crate::event::ActionError;
use crate::expression::output_texts;
use crate::runbook::inputs::aws_api::GUIDE;
use crate::runbook::inputs::run_instances::{PHASE, RunInstancesRequest};

/// Launches instances, and waits until they run.
#[derive(Debug)]
pub(super) struct RunInstances;

/// The phase of the launch (spec aws-actions 1.3).
const LAUNCH: &str = "launching the instance(s)";

impl ResourceAction for RunInstances {
    type Request = RunInstancesRequest;

    const OPERATION: &'static str = "RunInstances";
    const PHASE: &'static str = PHASE;

    fn failed_call(error: CallError) -> ActionError {
        let message = launch_failure(&error);
        let mut failed = failed_call_in(LAUNCH, error);
        if let Some(message) = message {
            failed.failure.message = message;
        }
        failed
    }

    async fn run(&self, request: RunInstancesRequest, mut attempt: ResourceAttempt<'_>) -> ActionOutcome {
        let ids = if let Some(ids) = attempt.created("InstanceIds") {
            ids
        } else {
            let mut parameters = request.parameters.clone();
            parameters.entry("ClientToken").or_insert_with(|| Value::from(attempt.token()));
            let launch = Operation { service: "ec2", name: Self::OPERATION, parameters };
            let ids = instance_ids(&attempt.send(launch).await.map_err(Self::failed_call)?);
            attempt.record_created("InstanceIds", ids.clone()).await;
            ids
        };
        let instances = output_texts(&ids);
        let mut new = NewResource::with_absence(NO_INSTANCE);
        loop {
            let poll = match poll_states(&attempt, &instances).await {
                Ok(mut reply) => {
                    new.seen();
                    reply.result.insert("InstanceIds".to_owned(), ids.clone());
                    attempt.settle(self.evaluate(&request, &reply.result), reply)
                }
                Err(error) => new.failed_poll(&attempt, error),
            };
            if let Some(outcome) = attempt.next(poll).await {
                return outcome;
            }
        }
    }

    fn evaluate(&self, _: &RunInstancesRequest, document: &Map<String, Value>) -> Evaluation {
        let ids = document.get("InstanceIds").map(output_texts).unwrap_or_default();
        let states = InstanceStates::read(&ids, document);
        let ended = |state: &str| matches!(state, "shutting-down" | "terminated" | "stopping" | "stopped");
        let verdict = match states.unexpected("running", ended) {
            Some(cause) => Verdict::Failed(cause),
            None if states.are_all("running") => Verdict::Reached,
            None => Verdict::Pending,
        };
        Evaluation { state: states.describe(), verdict }
    }
}

/// The ids of launched instances.
fn instance_ids(reply: &ApiReply) -> Value {
    let instances = reply.result.get("Instances").and_then(Value::as_array).into_iter().flatten();
    instances.filter_map(Value::as_object).map(|instance| json!(text(instance, "InstanceId"))).collect()
}

/// The message of a launch that the API refuses, in the words of the service (spec aws-actions 1.3).
fn launch_failure(error: &CallError) -> Option<String> {
    let code = error.cause.code.as_deref()?;
    let head = format!("An error occurred ({code}) when calling the RunInstances operation: ");
    let message = error.message.strip_prefix(&head)?;
    let details = [
        Some("Service: AmazonEC2".to_owned()),
        error.cause.http_status.map(|status| format!("Status Code: {status}")),
        Some(format!("Error Code: {code}")),
        error.cause.request_id.as_ref().map(|id| format!("Request ID: {id}")),
    ];
    let details = details.into_iter().flatten().collect::<Vec<_>>().join("; ");
    Some(format!(
        "Automation Step Execution fails when it's {LAUNCH}. Get Exception from RunInstances API of ec2 Service. Exception \
         Message from RunInstances API: [{message} ({details})]. {GUIDE}"
    ))
}

#[cfg(test)]
mod tests;
