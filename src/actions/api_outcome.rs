//! The outcome of a call of an AWS API, in the words of the service (spec aws-actions 1.3).

use serde_json::Value;

use crate::aws::{ApiReply, CallError};
use crate::event::{ActionError, ActionResult, ErrorClass, Failure, FailureStage, FailureType};
use crate::limits::RECORDED_REPLY_BYTES;
use crate::runbook::inputs::aws_api::{GUIDE, PHASE};

/// The message of a step that fails for this reason while it calls an API.
pub(super) fn failure_message(reason: &str) -> String {
    failure_message_in(PHASE, reason)
}

/// The message of a step that fails for this reason in a phase.
pub(super) fn failure_message_in(phase: &str, reason: &str) -> String {
    format!("Step fails when it is {phase}. {reason}. {GUIDE}")
}

/// The result of a successful call.
pub(super) fn succeeded(reply: ApiReply) -> ActionResult {
    let ApiReply { result, request_id, secrets } = reply;
    let document = Value::Object(result);
    let size = document.to_string().len();
    let omits_document = size > RECORDED_REPLY_BYTES;
    let notice = omits_document.then(|| {
        format!(
            "The response has {size} bytes; OutputPayload is recorded up to {RECORDED_REPLY_BYTES}, so only the declared \
             outputs are."
        )
    });
    ActionResult { document: Some(document), request_id, notice, omits_document, secrets, ..ActionResult::default() }
}

/// The failure of a call of a step that calls an API.
pub(super) fn failed_call(error: CallError) -> ActionError {
    failed_call_in(PHASE, error)
}

/// The failure of a call in a phase of a step.
pub(super) fn failed_call_in(phase: &str, error: CallError) -> ActionError {
    let CallError { message, cause } = error;
    let failure_type = match cause.class {
        ErrorClass::Throttled => FailureType::Throttling,
        ErrorClass::Permission => FailureType::Permission,
        ErrorClass::Function
        | ErrorClass::Transient
        | ErrorClass::Configuration
        | ErrorClass::Payload
        | ErrorClass::NotFound
        | ErrorClass::Response
        | ErrorClass::Setup
        | ErrorClass::Timeout
        | ErrorClass::Interrupted => FailureType::Action,
    };
    // The parameters were checked, and nothing was sent.
    let is_invalid = cause.class == ErrorClass::Payload && cause.http_status.is_none() && cause.code.is_none();
    let stage = if is_invalid { FailureStage::InputValidation } else { FailureStage::Invocation };
    let mut failure = Failure::new(stage, failure_type, failure_message_in(phase, &message));
    failure.cause = Some(cause);
    failure.into()
}
