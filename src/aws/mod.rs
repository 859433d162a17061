//! AWS APIs as data.
//!
//! Owns: the models of all AWS services, the names by which runbooks refer to services and operations, and the check of
//! a request against its model, in the words of the Python SDK. Does not own: which steps call an API (`runbook`).
//! Imports `diagnostic` for suggestions.

mod customs;
mod error;
mod model;
mod models;
mod names;
mod python_text;
mod validation;

pub use error::{ModelError, UnknownApi};
pub use model::{Attributes, Metadata, Operation, ServiceModel, Shape, ShapeKind, ShapeReference};
pub use models::Models;
pub use names::{ApiOperation, find_operation};
pub use python_text::python_text;
pub use validation::{ParameterPath, ParameterProblem, ParameterValue, PathPart, UnknownValue, validate_parameters};

#[cfg(test)]
mod tests;
