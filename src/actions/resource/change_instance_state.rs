//! `aws:changeInstanceState` (spec aws-actions 6).

use serde_json::{Map, Value, json};

use super::attempt::{Operation, ResourceAttempt};
use super::instances::{InstanceStates, poll_checks, poll_states};
use super::{Evaluation, ResourceAction, Verdict};
use crate::actions::task::ActionOutcome;
use crate::aws::{ApiReply, CallError};
use crate::runbook::inputs::aws_api::PHASE;
use crate::runbook::inputs::change_instance_state::{ChangeInstanceStateRequest, DesiredState};

/// Starts, stops or terminates instances, and waits until all have the state.
#[derive(Debug)]
pub(super) struct ChangeInstanceState;

impl ResourceAction for ChangeInstanceState {
    type Request = ChangeInstanceStateRequest;

    const OPERATION: &'static str = "DescribeInstances";
    const PHASE: &'static str = PHASE;

    fn operation(request: &ChangeInstanceStateRequest) -> &'static str {
        match request.desired {
            _ if request.checks_only => Self::OPERATION,
            DesiredState::Running => "StartInstances",
            DesiredState::Stopped => "StopInstances",
            DesiredState::Terminated => "TerminateInstances",
        }
    }

    async fn run(&self, request: ChangeInstanceStateRequest, mut attempt: ResourceAttempt<'_>) -> ActionOutcome {
        let mut expected = request.clone();
        if !request.checks_only {
            attempt.call(change(&request)).await?;
            // Right after the request to start it an instance can still be seen as stopped.
            expected.fails_on_unexpected_stopped = false;
        }
        loop {
            let poll = match poll(&attempt, &request).await {
                Ok(reply) => attempt.settle(self.evaluate(&expected, &reply.result), reply),
                Err(error) => attempt.failed_poll(error),
            };
            if let Some(outcome) = attempt.next(poll).await {
                return outcome;
            }
            expected.fails_on_unexpected_stopped = request.fails_on_unexpected_stopped;
        }
    }

    fn evaluate(&self, request: &ChangeInstanceStateRequest, document: &Map<String, Value>) -> Evaluation {
        let states = InstanceStates::read(&request.instance_ids, document);
        let desired = request.desired.as_str();
        let mut state = states.describe();
        let verdict = match states.unexpected(desired, |state| is_unexpected(request, state)) {
            Some(cause) => Verdict::Failed(cause),
            None if !states.are_all(desired) => Verdict::Pending,
            None => {
                let checks = states.failed_checks();
                if checks.is_empty() {
                    Verdict::Reached
                } else {
                    state = format!("{state}, checks {}", checks.join(" and "));
                    Verdict::Pending
                }
            }
        };
        Evaluation { state, verdict }
    }
}

/// The request for the state.
fn change(request: &ChangeInstanceStateRequest) -> Operation {
    let mut parameters = json!({ "InstanceIds": request.instance_ids });
    match request.desired {
        DesiredState::Running => {
            if let Some(information) = &request.additional_info {
                parameters["AdditionalInfo"] = json!(information);
            }
        }
        DesiredState::Stopped if request.force => parameters["Force"] = json!(true),
        DesiredState::Stopped | DesiredState::Terminated => {}
    }
    Operation::new("ec2", ChangeInstanceState::operation(request), parameters)
}

/// Asks for the states, and for the status checks once all instances run.
async fn poll(attempt: &ResourceAttempt<'_>, request: &ChangeInstanceStateRequest) -> Result<ApiReply, CallError> {
    let mut reply = poll_states(attempt, &request.instance_ids).await?;
    let are_running = InstanceStates::read(&request.instance_ids, &reply.result).are_all("running");
    if request.desired == DesiredState::Running && are_running {
        let checks = poll_checks(attempt, &request.instance_ids).await?;
        reply.result.insert("StatusChecks".to_owned(), checks);
    }
    Ok(reply)
}

/// Whether an instance in this state does not reach the desired one any more.
fn is_unexpected(request: &ChangeInstanceStateRequest, state: &str) -> bool {
    match request.desired {
        DesiredState::Running if state == "stopped" => request.fails_on_unexpected_stopped,
        DesiredState::Running | DesiredState::Stopped => matches!(state, "shutting-down" | "terminated"),
        DesiredState::Terminated => false,
    }
}

#[cfg(test)]
mod tests;
