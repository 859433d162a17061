//! One sending of one attempt.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::child_control::ChildLink;
use crate::event::{ActionError, ActionResult};
use crate::name::{ExecutionId, StepExecutionId, StepName};
use crate::runbook::Action;

/// One sending of one attempt.
#[derive(Debug, Clone)]
pub struct Task {
    /// The execution.
    pub execution: ExecutionId,
    /// The step.
    pub step: StepName,
    /// The run of the step.
    pub step_execution: StepExecutionId,
    /// The action of the step.
    pub action: Action,
    /// The inputs with all references replaced.
    pub inputs: Arc<IndexMap<String, Value>>,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// Which sending of it, from 1.
    pub sending: u32,
    /// The largest result in bytes.
    pub result_limit: Option<u64>,
    /// Whether the call carries the execution, step and attempt, where its API has room for them.
    pub idempotency_token: bool,
    /// Connects its children, where it runs one for each of several targets, with the loop of the execution.
    pub children: Option<ChildLink>,
}

/// The result of an attempt.
pub type ActionOutcome = Result<ActionResult, ActionError>;

/// A call under way. Dropping it abandons it; the action may still be running.
pub type ActionFuture<'a> = Pin<Box<dyn Future<Output = ActionOutcome> + Send + 'a>>;
