//! The targets of an execution that runs its runbook once for each of them (spec 5.4).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ExecutionStarted;
use crate::name::ParameterName;

/// The targets of an execution, and their rate control. Since version 3 of the stored form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LaunchTargets {
    /// The parameter that receives a value; for maps the parameter whose value names a target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter: Option<ParameterName>,
    /// The targets, in the order of their starts. Where they are redacted, one mask: not even their number is stored.
    pub list: TargetList,
    /// How they were found in AWS when the execution started; `None` when they were listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_by: Option<TargetLookup>,
    /// `MaxConcurrency` as written: a number, or a percentage of the targets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<String>,
    /// `MaxErrors`, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_errors: Option<String>,
    /// Whether the targets are sensitive: they are redacted before they are stored, and supplied again on a resume.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
}

/// How targets were found in AWS (spec aws-actions 15).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TargetLookup {
    /// The key: `tag:NAME`, `ResourceGroup` or `AWS::EC2::Instance`.
    pub key: String,
    /// The values of the key.
    pub values: Vec<String>,
    /// The type of resources that was looked for, as CloudFormation names it; `None` for all types.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
}

/// A list of targets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TargetList {
    /// Values of one parameter.
    Values(Vec<String>),
    /// Maps of parameters.
    Maps(Vec<Map<String, Value>>),
}

/// How a list of targets is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetForm {
    /// Values of one parameter.
    Values,
    /// Maps of parameters.
    Maps,
}

impl TargetList {
    /// How it is written.
    pub const fn form(&self) -> TargetForm {
        match self {
            Self::Values(_) => TargetForm::Values,
            Self::Maps(_) => TargetForm::Maps,
        }
    }

    /// The number of targets.
    pub fn len(&self) -> usize {
        match self {
            Self::Values(values) => values.len(),
            Self::Maps(maps) => maps.len(),
        }
    }

    /// Whether there is no target.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The list as JSON.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Values(values) => Value::from(values.clone()),
            Self::Maps(maps) => Value::Array(maps.iter().cloned().map(Value::Object).collect()),
        }
    }
}

impl LaunchTargets {
    /// The parameters of each target, in their order.
    pub fn parameters(&self) -> Vec<Map<String, Value>> {
        match (&self.list, &self.parameter) {
            (TargetList::Values(values), Some(parameter)) => values
                .iter()
                .map(|value| Map::from_iter([(parameter.to_string(), Value::from(value.as_str()))]))
                .collect(),
            (TargetList::Values(_), None) => Vec::new(),
            (TargetList::Maps(maps), _) => maps.clone(),
        }
    }
}

impl ExecutionStarted {
    /// Whether sensitive parameters, variables or targets were redacted: a process that resumes the execution needs them again.
    pub fn has_hidden_values(&self) -> bool {
        !self.hidden.is_empty() || self.launch.targets.as_ref().is_some_and(|targets| targets.hidden)
    }
}
