//! What an action hands back. Not stored as such: the engine makes events of it.

use indexmap::IndexMap;
use serde_json::Value;

use super::Failure;
use crate::name::OutputName;

/// What a successful attempt of an action returned.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ActionResult {
    /// The outputs that the action fixes (`StatusCode`, `Payload`, …).
    pub outputs: IndexMap<OutputName, Value>,
    /// `$` of the selectors; none when the action returned nothing to select from.
    pub document: Option<Value>,
    /// The service's id of the request, where it gave one.
    pub request_id: Option<String>,
    /// What whoever relies on the success has to know of it, as a sentence.
    pub notice: Option<String>,
}

/// What a failed attempt of an action returned.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionError {
    /// Why.
    pub failure: Failure,
    /// The outputs that the action fixes and that exist all the same (`FunctionError`, `LogResult`, …), so that a
    /// recovery step can use them.
    pub outputs: IndexMap<OutputName, Value>,
}

impl From<Failure> for ActionError {
    fn from(failure: Failure) -> Self {
        Self { failure, outputs: IndexMap::new() }
    }
}
