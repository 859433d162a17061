//! `aws:assertAwsResourceProperty` and `aws:waitForAwsResourceProperty` (spec aws-actions 3).

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::api_call::{Answer, api_request, invalid, scripted_answer};
use super::api_outcome::{failed_call, failure_message, succeeded};
use super::handler::{ActionHandler, Judgement};
use super::polling::PollDelays;
use super::prepared_call::PreparedCall;
use super::scripted_reply::{ScriptedReply, judge_document};
use super::task::{ActionOutcome, Task};
use crate::aws::{ApiClient, ApiReply, CallError, python_text};
use crate::clock::{Clock, after};
use crate::event::{ActionError, ErrorClass, Failure, FailureStage, FailureType};
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
    match odd_value(request, &reply) {
        None => Ok(succeeded(reply)),
        Some(value) => Err(mismatch(request, &value)),
    }
}

/// Calls an operation until a property has one of the desired values.
#[derive(Debug)]
pub(super) struct WaitForProperty {
    pub(super) client: ApiClient,
    pub(super) clock: Arc<dyn Clock>,
}

impl ActionHandler for WaitForProperty {
    fn prepare(&self, mut task: Task) -> PreparedCall<'_> {
        let request = match task.take_request::<PropertyStepRequest>() {
            Ok(request) => request,
            Err(problem) => return PreparedCall::refused(invalid(&problem).into()),
        };
        let (first, permit) = self.client.prepare(api_request(request.call.clone(), &task));
        let outcome = async move {
            let mut delays = PollDelays::new(task.poll_interval);
            let mut answer = first.await;
            loop {
                match wait_reply(&request, answer) {
                    Poll::Ended(outcome) => return outcome,
                    Poll::Again { at_least } => {
                        let delay = delays.next_delay().max(at_least.unwrap_or_default());
                        self.clock.sleep_until(after(self.clock.now(), delay)).await;
                        answer = self.client.call(api_request(request.call.clone(), &task)).await;
                    }
                }
            }
        };
        PreparedCall::held(outcome, || permit.grant())
    }

    fn judge(&self, task: &Task, reply: ScriptedReply) -> Judgement {
        judge_scripted(task, reply, |request, answer| match wait_reply(request, answer) {
            Poll::Ended(outcome) => Judgement::Ended(outcome),
            Poll::Again { at_least } => Judgement::Again { at_least },
        })
    }
}

/// What follows from a poll.
#[expect(clippy::large_enum_variant, reason = "it is evaluated at once")]
enum Poll {
    /// The wait is over.
    Ended(ActionOutcome),
    /// There is another poll, after at least this time.
    Again { at_least: Option<Duration> },
}

fn wait_reply(request: &PropertyStepRequest, answer: Result<ApiReply, CallError>) -> Poll {
    match answer {
        Ok(reply) if odd_value(request, &reply).is_none() => Poll::Ended(Ok(succeeded(reply))),
        Ok(_) => Poll::Again { at_least: None },
        Err(error) if is_transient(&error) => {
            Poll::Again { at_least: error.cause.retry_after.map(Duration::from_millis) }
        }
        Err(error) => Poll::Ended(Err(failed_call(error))),
    }
}

/// Throttles and errors of the connection say nothing of the property (spec aws-actions 1.5).
fn is_transient(error: &CallError) -> bool {
    match error.cause.class {
        ErrorClass::Throttled | ErrorClass::Timeout => true,
        // The service answered an error of its own: it ends the attempt.
        ErrorClass::Transient | ErrorClass::Response => error.cause.code.is_none(),
        ErrorClass::Function
        | ErrorClass::Permission
        | ErrorClass::Configuration
        | ErrorClass::Payload
        | ErrorClass::NotFound
        | ErrorClass::Setup
        | ErrorClass::Interrupted => false,
    }
}

/// The first value that is not desired; `None` when there are values and all are (spec aws-actions 3: each value that
/// the selector finds is turned into Python's text, and must be one of the desired values).
fn odd_value(request: &PropertyStepRequest, reply: &ApiReply) -> Option<String> {
    let desired: Vec<String> = request.desired.iter().map(python_text).collect();
    let document = Value::Object(reply.result.clone());
    let Some(found) = request.selector.select(&document) else { return Some("None".to_owned()) };
    let values: Vec<&Value> = match &*found {
        Value::Array(items) if request.selector.is_search() => items.iter().collect(),
        one => vec![one],
    };
    if values.is_empty() {
        return Some("None".to_owned());
    }
    // Booleans are also accepted in the spelling of JSON.
    let is_desired = |value: &Value| {
        let text = python_text(value);
        desired.contains(&text) || (value.is_boolean() && desired.contains(&text.to_lowercase()))
    };
    values.into_iter().find(|value| !is_desired(value)).map(python_text)
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
