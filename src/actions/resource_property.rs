//! `aws:assertAwsResourceProperty` and `aws:waitForAwsResourceProperty` (spec aws-actions 3).

use std::sync::Arc;

use serde_json::Value;

use super::api_call::{Answer, api_request, invalid, scripted_answer};
use super::api_outcome::{failed_call, failure_message, succeeded};
use super::handler::{ActionHandler, Judgement};
use super::poll_limits::PollLimits;
use super::polling::{AfterPoll, Poll, PollDelays, PollReporter, failed_poll};
use super::prepared_call::PreparedCall;
use super::scripted_reply::{ScriptedReply, judge_document};
use super::task::{ActionOutcome, Task};
use crate::aws::{ApiClient, ApiReply, CallError, python_text};
use crate::clock::{Clock, after};
use crate::event::{ActionError, Failure, FailureStage, FailureType, Observation};
use crate::redaction::{MASK, holds};
use crate::runbook::inputs::aws_api::PropertyStepRequest;

/// Fails unless a property has one of the desired values.
#[derive(Debug)]
pub(super) struct AssertProperty {
    pub(super) client: ApiClient,
}

impl ActionHandler for AssertProperty {
    fn prepare(&self, mut task: Task) -> PreparedCall<'_> {
        let request = match task.take_request::<PropertyStepRequest>() {
            Ok(request) => request,
            Err(problem) => return PreparedCall::refused(invalid(&problem).into()),
        };
        let (call, permit) = self.client.prepare(api_request(request.call.clone(), &task));
        let outcome = async move { assert_reply(&request, call.await) };
        PreparedCall::held(outcome, || permit.grant())
    }

    fn judge(&self, task: &Task, reply: ScriptedReply) -> Judgement {
        judge_scripted(task, reply, |request, answer| Judgement::Ended(assert_reply(request, answer)))
    }
}

fn assert_reply(request: &PropertyStepRequest, answer: Result<ApiReply, CallError>) -> ActionOutcome {
    let reply = answer.map_err(failed_call)?;
    match compared_value(request, &reply) {
        Compared::Desired(_) => Ok(succeeded(reply)),
        Compared::Odd(value) => Err(mismatch(request, &value)),
    }
}

/// Calls an operation until a property has one of the desired values.
#[derive(Debug)]
pub(super) struct WaitForProperty {
    pub(super) client: ApiClient,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) limits: PollLimits,
}

impl ActionHandler for WaitForProperty {
    fn prepare(&self, mut task: Task) -> PreparedCall<'_> {
        let request = match task.take_request::<PropertyStepRequest>() {
            Ok(request) => request,
            Err(problem) => return PreparedCall::refused(invalid(&problem).into()),
        };
        let (first, permit) = self.client.prepare(api_request(request.call.clone(), &task));
        // Boxed: between two polls an execution holds no call.
        let first = Box::pin(first);
        let outcome = async move {
            let mut delays = PollDelays::new(task.poll_interval);
            let mut polls = PollReporter::new(task.observations.take());
            let service = request.call.service.as_str();
            let mut answer = self.limits.poll(service, &*self.clock, first).await;
            loop {
                match polls.report(wait_reply(&request, answer)) {
                    AfterPoll::Ended(outcome) => return outcome,
                    AfterPoll::Again { at_least } => {
                        let delay = delays.next_delay().max(at_least.unwrap_or_default());
                        self.clock.sleep_until(after(self.clock.now(), delay)).await;
                        let call = Box::pin(self.client.call(api_request(request.call.clone(), &task)));
                        answer = self.limits.poll(service, &*self.clock, call).await;
                    }
                }
            }
        };
        PreparedCall::held(outcome, || permit.grant())
    }

    fn judge(&self, task: &Task, reply: ScriptedReply) -> Judgement {
        judge_scripted(task, reply, |request, answer| Judgement::Polled(wait_reply(request, answer)))
    }
}

fn wait_reply(request: &PropertyStepRequest, answer: Result<ApiReply, CallError>) -> Poll {
    match answer {
        Ok(reply) => match compared_value(request, &reply) {
            Compared::Odd(value) => {
                Poll { observed: Observation::Value(value), next: AfterPoll::Again { at_least: None } }
            }
            Compared::Desired(value) => {
                Poll { observed: Observation::Value(value), next: AfterPoll::Ended(Ok(succeeded(reply))) }
            }
        },
        Err(error) => failed_poll(error, failed_call),
    }
}

/// A value of the response, as Python's text.
enum Compared {
    /// The first one, when all are desired.
    Desired(String),
    /// The first one that is not desired.
    Odd(String),
}

/// Compares the values that the selector finds (spec aws-actions 3: each is turned into Python's text, and must be one of
/// the desired values; there must be one). The values of the result are what people may see of them.
fn compared_value(request: &PropertyStepRequest, reply: &ApiReply) -> Compared {
    let desired: Vec<String> = request.desired.iter().map(python_text).collect();
    let document = Value::Object(reply.result.clone());
    let Some(found) = request.selector.select(&document) else { return Compared::Odd("None".to_owned()) };
    let values: Vec<&Value> = match &*found {
        Value::Array(items) if request.selector.is_search() => items.iter().collect(),
        one => vec![one],
    };
    let Some(first) = values.first() else { return Compared::Odd("None".to_owned()) };
    // Booleans are also accepted in the spelling of JSON.
    let is_desired = |value: &Value| {
        let text = python_text(value);
        desired.contains(&text) || (value.is_boolean() && desired.contains(&text.to_lowercase()))
    };
    match values.iter().find(|value| !is_desired(value)) {
        Some(odd) => Compared::Odd(shown(odd, &reply.secrets)),
        None => Compared::Desired(shown(first, &reply.secrets)),
    }
}

/// The text of a value; redacted when it holds a sensitive one. A result registers those only when the attempt ends, and a
/// failure not at all.
fn shown(value: &Value, secrets: &[Value]) -> String {
    if secrets.iter().any(|secret| holds(value, secret)) { MASK.to_owned() } else { python_text(value) }
}

fn mismatch(request: &PropertyStepRequest, value: &str) -> ActionError {
    let desired = python_text(&Value::Array(request.desired.iter().map(|it| Value::from(python_text(it))).collect()));
    let reason = format!(
        "Property value '{value}' from the API output is not in the desired values. Desired values: {desired}."
    );
    let mut failure = Failure::new(FailureStage::PostVerification, FailureType::Verification, failure_message(&reason));
    failure.details.insert("VerificationErrorMessage".to_owned(), vec![reason]);
    failure.into()
}

fn judge_scripted(
    task: &Task,
    reply: ScriptedReply,
    judge: impl FnOnce(&PropertyStepRequest, Result<ApiReply, CallError>) -> Judgement,
) -> Judgement {
    let request = match task.request::<PropertyStepRequest>() {
        Ok(request) => request,
        Err(problem) => return Judgement::Ended(Err(invalid(&problem).into())),
    };
    match scripted_answer(&request.call.operation, reply) {
        Ok(Answer::Reply(reply)) => judge(&request, Ok(reply)),
        Ok(Answer::Other(reply)) => Judgement::Ended(judge_document(task, reply)),
        Err(error) => judge(&request, Err(error)),
    }
}

#[cfg(test)]
mod tests;
