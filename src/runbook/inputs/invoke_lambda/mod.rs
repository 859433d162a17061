//! `aws:invokeLambdaFunction` (spec 4.1, 7).
//!
//! The same inputs are checked twice: `check` checks them as written, before anything runs; [`InvokeRequest`] checks
//! the resolved values, before anything is sent. Both use the same rules.

mod check;
mod client_context;
mod function_name;
mod request;
#[cfg(test)]
mod tests;

pub(crate) use check::check;
pub use client_context::{ClientContextProblem, Custom};
pub use function_name::{FunctionName, FunctionNameProblem};
pub use request::{InputProblem, Invocation, InvokeRequest};

use indexmap::IndexMap;
use serde_json::Value;

use super::ResolvedProblem;

/// Checks that the resolved inputs are a valid request.
pub(crate) fn check_resolved(inputs: &IndexMap<String, Value>) -> Result<(), ResolvedProblem> {
    InvokeRequest::from_resolved(|name| inputs.get(name)).map(drop).map_err(ResolvedProblem::new)
}
