//! The result of an action. Not stored as such: the engine turns it into events.

use indexmap::IndexMap;
use serde_json::Value;

use super::Failure;
use crate::name::OutputName;

/// The result of a successful attempt.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ActionResult {
    /// The outputs that the action fixes (`StatusCode`, `Payload`, …).
    pub outputs: IndexMap<OutputName, Value>,
    /// `$` of the selectors; `None` when the action returned nothing to select from.
    pub document: Option<Value>,
    /// The service's request id, if it gave one.
    pub request_id: Option<String>,
    /// A caveat about the success, in one sentence.
    pub notice: Option<String>,
    /// Values in the document that are secrets, whatever their names.
    pub secrets: Vec<Value>,
    /// Whether the document is too large to be recorded, and only gives the declared outputs.
    pub omits_document: bool,
}

/// The result of a failed attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionError {
    /// Why it failed.
    pub failure: Failure,
    /// The outputs that the action fixes and that exist despite the failure (`FunctionError`, `LogResult`, …), so that
    /// a recovery step can use them.
    pub outputs: IndexMap<OutputName, Value>,
}

impl From<Failure> for ActionError {
    fn from(failure: Failure) -> Self {
        Self { failure, outputs: IndexMap::new() }
    }
}
