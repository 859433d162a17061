//! The children of a step that runs a runbook for several targets (spec 5.4).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Failure, Status};
use crate::name::ExecutionId;

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
