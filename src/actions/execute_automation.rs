//! `aws:executeAutomation` (spec 4.9).

use std::sync::Arc;

use super::handler::ActionHandler;
use super::prepared_call::PreparedCall;
use super::task::{ActionFuture, Task};
use crate::aws::ApiClient;

/// Runs other runbooks for steps (spec 4.9).
pub trait ChildExecutor: Send + Sync + std::fmt::Debug {
    /// Runs the child that the task asks for, or its children as [`Task::children`] directs, and waits for the end. The
    /// same sending of the same task has the same children: those that were started are resumed. Dropping the future
    /// cancels them; they run their own clean-up. `api` acts as the execution of the task: its targets are looked up there.
    fn run(&self, task: Task, api: ApiClient) -> ActionFuture<'_>;
}

/// Runs child executions.
#[derive(Debug)]
pub(super) struct ExecuteAutomation {
    pub(super) children: Arc<dyn ChildExecutor>,
    pub(super) api: ApiClient,
}

impl ActionHandler for ExecuteAutomation {
    fn prepare(&self, task: Task) -> PreparedCall<'_> {
        PreparedCall::new(async move { self.children.run(task, self.api.clone()).await })
    }
}
