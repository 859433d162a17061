//! `aws:executeScript` (spec aws-actions 4).

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::handler::{ActionHandler, Judgement};
use super::prepared_call::PreparedCall;
use super::scripted_reply::{ScriptedReply, judge_document};
use super::task::{ActionOutcome, Task};
use crate::event::{
    ActionError, ActionResult, CallReach, Cause, ErrorClass, Failure, FailureStage, FailureType, ReportedError,
};
use crate::limits::{SCRIPT_PAYLOAD_BYTES, SCRIPT_PAYLOAD_ITEMS};
use crate::name::OutputName;
use crate::runbook::inputs::aws_api::GUIDE;
use crate::runbook::inputs::execute_script::{PHASE, ScriptRequest, ScriptRequestProblem, payload_text};
use crate::scripts::{ScriptCall, ScriptError, ScriptReply, ScriptRunner};

/// Runs scripts.
#[derive(Debug)]
pub(super) struct ExecuteScript {
    /// `None` where no script can be run: scripted replies are judged all the same.
    pub(super) runner: Option<ScriptRunner>,
    /// Whether the size of the payload is limited as the service limits it.
    pub(super) limits_payload: bool,
}

impl ActionHandler for ExecuteScript {
    fn prepare(&self, mut task: Task) -> PreparedCall<'_> {
        let request = match task.take_request::<ScriptRequest>() {
            Ok(request) => request,
            Err(problem) => return PreparedCall::refused(invalid(&problem).into()),
        };
        let Some(runner) = &self.runner else {
            let message = "Scripts cannot be run here.";
            let failure = Failure::new(FailureStage::PreVerification, FailureType::Internal, message);
            return PreparedCall::refused(failure.into());
        };
        let call = ScriptCall {
            request,
            execution: task.execution.to_string(),
            step: task.step.to_string(),
            step_run: format!("{}/{}", task.execution, task.step_execution),
        };
        PreparedCall::new(async move {
            match runner.run(call).await {
                Ok(reply) => self.evaluate(reply),
                Err(error) => Err(not_run(&error)),
            }
        })
    }

    fn judge(&self, task: &Task, reply: ScriptedReply) -> Judgement {
        Judgement::Ended(match reply {
            ScriptedReply::Payload { payload, outputs } => {
                self.evaluate(ScriptReply::Returned(payload)).map(|result| amended(result, outputs))
            }
            ScriptedReply::ReportedError { error_type, message, trace } => {
                self.evaluate(ScriptReply::Raised { error_type, message: message.unwrap_or_default(), trace })
            }
            // The result of a script has no other member.
            ScriptedReply::Document { document: Value::Object(mut members), outputs }
                if members.len() == 1 && members.contains_key("Payload") =>
            {
                let payload = members.remove("Payload").unwrap_or_default();
                self.evaluate(ScriptReply::Returned(payload)).map(|result| amended(result, outputs))
            }
            other @ (ScriptedReply::Document { .. }
            | ScriptedReply::ServiceError { .. }
            | ScriptedReply::Throttle { .. }
            | ScriptedReply::Failure(_)) => judge_document(task, other),
        })
    }
}

impl ExecuteScript {
    /// Evaluates what a script replied.
    fn evaluate(&self, reply: ScriptReply) -> ActionOutcome {
        match reply {
            ScriptReply::Returned(value) => self.returned(&value),
            ScriptReply::Raised { error_type, message, trace } => Err(raised(error_type, message, trace)),
            ScriptReply::TooLarge { bytes } => Err(too_large(bytes)),
            ScriptReply::None { end, output } => Err(without_reply(&end, output)),
        }
    }

    fn returned(&self, value: &Value) -> ActionOutcome {
        let text = payload_text(value);
        if self.limits_payload {
            if text.len() > SCRIPT_PAYLOAD_BYTES {
                return Err(too_large(u64::try_from(text.len()).unwrap_or(u64::MAX)));
            }
            if let Value::Array(items) = value
                && items.len() > SCRIPT_PAYLOAD_ITEMS
            {
                let (count, most) = (items.len(), SCRIPT_PAYLOAD_ITEMS);
                return Err(unusable(&format!(
                    "The script returned a list of {count} items, and a list may have {most}; return a map with the list in \
                     it, or set --script-payload-limits off"
                )));
            }
        }
        let outputs = IndexMap::from_iter([(OutputName::new("Payload"), Value::String(text))]);
        Ok(ActionResult { outputs, document: Some(json!({ "Payload": value })), ..ActionResult::default() })
    }
}

/// The message of a step whose script failed for this reason.
fn failure_message(reason: &str) -> String {
    format!("Step fails when it is {PHASE}. {reason}. {GUIDE}")
}

/// Begins a message with a capital letter.
fn sentence(message: &str) -> String {
    let mut characters = message.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).collect()
}

fn invalid(problem: &ScriptRequestProblem) -> Failure {
    Failure::new(FailureStage::InputValidation, FailureType::Verification, problem.to_string())
}

/// Adds outputs that a test case gives.
fn amended(mut result: ActionResult, outputs: serde_json::Map<String, Value>) -> ActionResult {
    result.outputs.extend(outputs.into_iter().map(|(name, value)| (OutputName::new(name), value)));
    result
}

/// An exception that the script did not catch, in the layout of the service (spec aws-actions 1.3).
fn raised(error_type: Option<String>, message: String, trace: Vec<String>) -> ActionError {
    let reason = match &error_type {
        Some(error_type) => {
            if trace.is_empty() {
                format!("{error_type} - {message}")
            } else {
                format!("Traceback (most recent call last):\n{}\n\n{error_type} - {message}", trace.join("\n"))
            }
        }
        None => message.clone(),
    };
    let mut failure = Failure::new(FailureStage::Invocation, FailureType::Action, failure_message(&reason));
    let mut cause = Cause::new(ErrorClass::Function, CallReach::Ran);
    let (kind, payload) = (ReportedError::OF_A_SCRIPT.to_owned(), String::new());
    cause.reported_error = Some(ReportedError { kind, error_type, message: Some(message), trace, payload });
    failure.cause = Some(Box::new(cause));
    failure.into()
}

fn too_large(bytes: u64) -> ActionError {
    unusable(&format!(
        "The script returned {bytes} bytes as JSON, and a payload may have {SCRIPT_PAYLOAD_BYTES}; return less, or set \
         --script-payload-limits off for up to 1 MB"
    ))
}

/// The script ran, and its result cannot be used.
fn unusable(reason: &str) -> ActionError {
    let message = failure_message(reason);
    let mut failure = Failure::new(FailureStage::PostVerification, FailureType::Verification, message);
    failure.cause = Some(Box::new(Cause::new(ErrorClass::Response, CallReach::Ran)));
    failure.into()
}

fn without_reply(end: &str, output: String) -> ActionError {
    let said = if output.is_empty() { String::new() } else { format!(": {output}") };
    let message = failure_message(&format!("The process of the script ended without a result ({end}){said}"));
    let mut failure = Failure::new(FailureStage::Invocation, FailureType::Action, message);
    let mut cause = Cause::new(ErrorClass::Function, CallReach::Ran);
    cause.log_tail = Some(output).filter(|output| !output.is_empty());
    failure.cause = Some(Box::new(cause));
    failure.into()
}

fn not_run(error: &ScriptError) -> ActionError {
    let reach = match error {
        ScriptError::Lost(_) => CallReach::MayHaveRun,
        ScriptError::Interpreter(_)
        | ScriptError::Attachment(_)
        | ScriptError::Credentials(_)
        | ScriptError::Folder { .. }
        | ScriptError::Start { .. } => CallReach::NotRun,
    };
    let message = failure_message(sentence(&error.to_string()).trim_end_matches('.'));
    let mut failure = Failure::new(FailureStage::PreVerification, FailureType::Action, message);
    failure.cause = Some(Box::new(Cause::new(ErrorClass::Setup, reach)));
    failure.into()
}

#[cfg(test)]
mod tests;
