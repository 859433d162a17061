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

use super::TypedRequest;

impl TypedRequest for InvokeRequest {
    type Problem = InputProblem;

    fn from_inputs(inputs: &IndexMap<String, Value>) -> Result<Self, InputProblem> {
        Self::from_resolved(|name| inputs.get(name))
    }
}
