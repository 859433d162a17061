//! The actions, by name and inputs: one file per action that needs more than a table row.

use indexmap::IndexMap;

use crate::expression::Tree;

/// An action that the service documents (spec 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// `aws:invokeLambdaFunction`
    InvokeLambdaFunction,
}

/// The inputs of a step, by action. Every variant keeps its inputs as trees, by name, in the order written:
/// resolving them is the same for all actions. What an action knows beyond that stands in its own type.
#[derive(Debug, Clone)]
pub enum Inputs {
    /// `aws:invokeLambdaFunction`
    InvokeLambdaFunction(IndexMap<String, Tree>),
}

impl Action {
    pub fn as_str(self) -> &'static str {
        "aws:invokeLambdaFunction"
    }
    pub fn ceiling_seconds(self) -> Option<u64> {
        Some(300)
    }
    pub fn default_timeout_seconds(self) -> Option<u64> {
        Some(300)
    }
}
impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
impl Inputs {
    pub fn trees(&self) -> &IndexMap<String, Tree> {
        match self {
            Self::InvokeLambdaFunction(t) => t,
        }
    }
    pub fn action(&self) -> Action {
        Action::InvokeLambdaFunction
    }
    pub fn check_resolved(&self, inputs: &IndexMap<String, serde_json::Value>) -> Result<(), InputProblem> {
        InvokeRequest::from_resolved(inputs).map(drop)
    }
}
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct InputProblem;
pub struct InvokeRequest {
    pub function_name: String,
    pub qualifier: Option<String>,
    pub invocation_type: InvocationType,
    pub log_type: LogType,
    pub client_context: Option<String>,
    pub payload: Vec<u8>,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvocationType {
    RequestResponse,
    Event,
    DryRun,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogType {
    None,
    Tail,
}
impl InvokeRequest {
    pub fn from_resolved(_inputs: &IndexMap<String, serde_json::Value>) -> Result<Self, InputProblem> {
        Err(InputProblem)
    }
}
