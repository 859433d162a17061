//! Executes the actions of steps.
//!
//! Owns: one file per executable action. Does not own: when an action runs or is repeated (`engine`), or its deadline
//! (`runner` drops the future). Imports `name`, `runbook`, `event`, `lambda`.

#[cfg(feature = "aws")]
mod calls;
#[cfg(feature = "aws")]
mod invoke_lambda;
#[cfg(feature = "aws")]
mod reply_capture;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use crate::event::{ActionError, ActionResult};
use crate::name::{ExecutionId, StepExecutionId, StepName};
use crate::runbook::Action;
use crate::send_gate::SendGate;

#[cfg(feature = "aws")]
pub use calls::{Actions, lambda_answered};
#[cfg(feature = "aws")]
pub use reply_capture::ReplyCapture;

/// One sending of one attempt.
#[derive(Debug, Clone)]
pub struct Task {
    /// The execution.
    pub execution: ExecutionId,
    /// The step.
    pub step: StepName,
    /// The run of the step.
    pub step_execution: StepExecutionId,
    /// The inputs, as the runbook has them.
    pub action: Action,
    /// The inputs with all references replaced.
    pub inputs: Arc<IndexMap<String, Value>>,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// Which sending of it, from 1.
    pub sending: u32,
    /// The largest result in bytes.
    pub result_limit: Option<u64>,
    /// Passes execution, step and attempt to the function in the client context.
    pub idempotency_token: bool,
}

/// A future of an action.
pub type ActionFuture<'a> = Pin<Box<dyn Future<Output = Result<ActionResult, ActionError>> + Send + 'a>>;

/// Executes the action of one step attempt.
pub trait ActionExecutor: Send + Sync + std::fmt::Debug {
    /// Executes the action once. Dropping the future abandons it; what it started may still be running.
    fn perform(&self, task: Task) -> ActionFuture<'_>;

    /// Prepares a task that may not be sent yet. Until `gate` opens the future may only refresh credentials. Dropping it
    /// before that has no effect.
    fn prepare(&self, task: Task, gate: SendGate) -> ActionFuture<'_> {
        once_open(self, task, gate)
    }
}

fn once_open<P: ActionExecutor + ?Sized>(performer: &P, task: Task, gate: SendGate) -> ActionFuture<'_> {
    Box::pin(async move {
        gate.wait().await;
        performer.perform(task).await
    })
}

/// Runs other runbooks for steps (spec 4.9).
pub trait ChildExecutor: Send + Sync + std::fmt::Debug {
    /// Runs the child that the task asks for, or its children, and waits for the end. The same sending of the same task is
    /// the same children: those that were started are resumed. Dropping the future stops them; they clean up by themselves.
    fn run(&self, task: Task) -> ActionFuture<'_>;
}
