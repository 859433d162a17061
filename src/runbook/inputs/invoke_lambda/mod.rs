//! `aws:invokeLambdaFunction` (spec 4.1, 7).
//!
//! Two looks at the same inputs: `check` at what the author wrote, before anything runs; [`InvokeRequest`] at what
//! the references came to, before anything is sent. Both use the same rules.

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
