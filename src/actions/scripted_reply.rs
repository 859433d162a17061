//! Mocked replies of a test case, and how an action evaluates them.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::task::{ActionOutcome, Task};
use crate::aws::CallError;
use crate::event::{ActionError, ActionResult, Failure, FailureStage, FailureType};
use crate::expression::convert;
use crate::lambda::error_of_code;
use crate::name::OutputName;
use crate::runbook::Action;

/// A mocked reply.
#[derive(Debug, Clone, PartialEq)]
pub enum ScriptedReply {
    /// A payload, and outputs that override those derived from it.
    Payload {
        /// The payload.
        payload: Value,
        /// The outputs.
        outputs: Map<String, Value>,
    },
    /// The document of the result, and outputs that override those derived from it.
    Document {
        /// The document.
        document: Value,
        /// The outputs.
        outputs: Map<String, Value>,
    },
    /// The function or script reports an error.
    ReportedError {
        /// Its type.
        error_type: Option<String>,
        /// Its message.
        message: Option<String>,
        /// Its stack trace, one line each.
        trace: Vec<String>,
    },
    /// The service refuses the call.
    ServiceError {
        /// The service's name of the error.
        code: String,
        /// Its message.
        message: Option<String>,
    },
    /// The service throttles the call.
    Throttle {
        /// The delay that it asks for.
        after: Option<std::time::Duration>,
    },
    /// The action fails with this message.
    Failure(String),
}

/// Evaluates the reply of an action whose result is a document.
pub(super) fn judge_document(task: &Task, reply: ScriptedReply) -> ActionOutcome {
    match reply {
        ScriptedReply::Payload { payload, mut outputs } => {
            outputs.entry("Payload").or_insert_with(|| payload.clone());
            let document = Value::Object(Map::from_iter([("Payload".to_owned(), payload)]));
            Ok(document_result(task.action, document, &outputs))
        }
        ScriptedReply::Document { document, outputs } => Ok(document_result(task.action, document, &outputs)),
        ScriptedReply::ReportedError { error_type, message, .. } => {
            let words: Vec<String> = error_type.into_iter().chain(message).collect();
            Err(failed(words.join(": ")))
        }
        ScriptedReply::ServiceError { code, message } => {
            Err(refused(service_error(&code, message.as_deref()), FailureType::Action))
        }
        ScriptedReply::Throttle { after } => Err(refused(throttle(after), FailureType::Throttling)),
        ScriptedReply::Failure(message) => Err(failed(message)),
    }
}

/// The action fails with this message.
pub(super) fn failed(message: String) -> ActionError {
    Failure::new(FailureStage::Invocation, FailureType::Action, message).into()
}

/// The error of a service that refuses a call.
pub(super) fn service_error(code: &str, message: Option<&str>) -> CallError {
    error_of_code(code, message, None)
}

/// The error of a service that throttles a call.
pub(super) fn throttle(after: Option<std::time::Duration>) -> CallError {
    error_of_code("TooManyRequestsException", Some("Rate Exceeded."), after)
}

fn refused(error: CallError, failure_type: FailureType) -> ActionError {
    let mut failure = Failure::new(FailureStage::Invocation, failure_type, error.message);
    failure.cause = Some(error.cause);
    failure.into()
}

/// The result of an action: its own outputs are taken from the document by their names, unless they are given.
pub(super) fn document_result(action: Action, document: Value, given: &Map<String, Value>) -> ActionResult {
    let mut outputs = IndexMap::new();
    for output in action.spec().outputs {
        if let Some(value) = document.get(output.name) {
            let value = convert(value, output.data_type).unwrap_or_else(|_| value.clone());
            outputs.insert(OutputName::new(output.name), value);
        }
    }
    outputs.extend(given.iter().map(|(name, value)| (OutputName::new(name.as_str()), value.clone())));
    ActionResult { outputs, document: Some(document), ..ActionResult::default() }
}
