//! The children of a step that runs a runbook for several targets (spec 5.4).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Failure, Status};
use crate::name::ExecutionId;

/// The targets of the current attempt, as they were looked up in AWS when it started (spec aws-actions 15). A process that
/// resumes the attempt runs these targets, whatever a lookup would find then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TargetsResolved {
    /// The attempt of the step.
    pub attempt: u32,
    /// The type of resources that was looked for, as CloudFormation names it; `None` for all types.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// The targets, at least one, in the order of their starts. Where they are redacted, one mask.
    pub targets: Vec<String>,
    /// Whether the targets were redacted before they were stored.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
}

/// A child is about to start, for one of the targets of the current step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChildStarted {
    /// The attempt of the step.
    pub attempt: u32,
    /// The index of its target, from 0. Children start in the order of their targets.
    pub target: u32,
    /// Its execution.
    pub execution: ExecutionId,
}

/// A child ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChildEnded {
    /// The attempt of the step.
    pub attempt: u32,
    /// The index of its target, from 0.
    pub target: u32,
    /// The final status of its execution; `Failed` when it could not be started.
    pub status: Status,
    /// Why it could not be started, or not be run to its end. A child that has ended has its own events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}
