//! The requests of the actions that call AWS APIs: `aws:executeAwsApi`, `aws:assertAwsResourceProperty` and
//! `aws:waitForAwsResourceProperty` (spec aws-actions 2 and 3).

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::request::TypedRequest;
use crate::expression::{Selector, SelectorError, embedded};

/// The phase of a step that calls an API, as the messages of the service name it (spec aws-actions 1.3).
pub const PHASE: &str = "Execute/Cancelling action";

/// The end of the messages of a step that calls an API.
pub const GUIDE: &str = "Please refer to Automation Service Troubleshooting Guide for more diagnosis details.";

/// The operation that a step calls, with its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiStepRequest {
    /// `Service`
    pub service: String,
    /// `Api`
    pub operation: String,
    /// All other inputs.
    pub parameters: Map<String, Value>,
}

/// An operation, and the values that a property of its response may have.
#[derive(Debug, Clone)]
pub struct PropertyStepRequest {
    /// The operation.
    pub call: ApiStepRequest,
    /// `PropertySelector`
    pub selector: Selector,
    /// `DesiredValues`
    pub desired: Vec<Value>,
}

/// Why inputs are no request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiStepProblem {
    /// A required input has no value.
    #[error("the input {0} is required, and has no value")]
    Missing(&'static str),
    /// The selector is invalid.
    #[error("PropertySelector {text:?} is not valid: {source}")]
    Selector {
        /// The selector.
        text: String,
        /// What is wrong.
        source: SelectorError,
    },
    /// `DesiredValues` is empty: no value is one of none.
    #[error("DesiredValues is empty, so that no value can be among them")]
    NoDesiredValue,
}

impl TypedRequest for ApiStepRequest {
    type Problem = ApiStepProblem;

    fn from_inputs(inputs: &IndexMap<String, Value>) -> Result<Self, ApiStepProblem> {
        Self::with_parameters(inputs, |_| true)
    }
}

impl ApiStepRequest {
    /// Takes as parameters the inputs with these names, other than `Service` and `Api`.
    pub fn with_parameters(
        inputs: &IndexMap<String, Value>,
        is_parameter: impl Fn(&str) -> bool,
    ) -> Result<Self, ApiStepProblem> {
        let is_named = |name: &str| matches!(name, "Service" | "Api");
        let parameters = inputs.iter().filter(|(name, _)| !is_named(name) && is_parameter(name));
        Ok(Self {
            service: text(inputs, "Service")?,
            operation: text(inputs, "Api")?,
            parameters: parameters.map(|(name, value)| (name.clone(), value.clone())).collect(),
        })
    }
}

impl TypedRequest for PropertyStepRequest {
    type Problem = ApiStepProblem;

    fn from_inputs(inputs: &IndexMap<String, Value>) -> Result<Self, ApiStepProblem> {
        let call =
            ApiStepRequest::with_parameters(inputs, |name| !matches!(name, "PropertySelector" | "DesiredValues"))?;
        let text = text(inputs, "PropertySelector")?;
        let selector = Selector::parse(&text).map_err(|source| ApiStepProblem::Selector { text, source })?;
        let desired = match inputs.get("DesiredValues") {
            None | Some(Value::Null) => return Err(ApiStepProblem::Missing("DesiredValues")),
            Some(Value::Array(values)) => values.clone(),
            Some(one) => vec![one.clone()],
        };
        if desired.is_empty() {
            return Err(ApiStepProblem::NoDesiredValue);
        }
        Ok(Self { call, selector, desired })
    }
}

/// An input that is text.
fn text(inputs: &IndexMap<String, Value>, name: &'static str) -> Result<String, ApiStepProblem> {
    let text = inputs.get(name).map(embedded).unwrap_or_default();
    if text.is_empty() { Err(ApiStepProblem::Missing(name)) } else { Ok(text) }
}
