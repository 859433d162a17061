//! Executions that steps start: `aws:executeAutomation` (spec 4.9), for one target or many (spec 5.4).
//!
//! Owns: finding the runbook that a step names ([`FindDocument`]), starting and carrying on the execution of it, waiting for
//! its end, stopping it with its parent, and the course of a run over targets. Does not own: how often or how wide
//! (`engine`), what the steps of a child do (`actions`), or where children are shown. Whoever runs executions hands in a
//! [`Host`]; nothing here knows a command line.
//!
//! A child is an execution of its own, with its own events; the journal knows its parent ([`Parent`](crate::event::Parent)).
//! Its id follows from the run of the step, the attempt and the target. So a sending that is repeated after a crash finds
//! the child that the first one began, and carries it on or takes its result: nothing runs twice.

pub mod check;
mod child_run;
mod id;
mod library;
mod outputs;
mod parent_context;
mod request;
mod runtime;
mod supervisor;
mod targets;

use std::sync::Arc;

use crate::actions::{ActionFuture, ChildExecutor, Task};
use crate::event::OnInterrupted;
use crate::execution::Execution;
use crate::runbook::Action;
use crate::runner::MailboxSender;

pub use id::child_id;
pub use library::{FindDocument, Found, Library, NotFound};
pub use parent_context::ParentContext;
pub use runtime::{ChildContext, Host, RuntimeFuture};
pub use supervisor::{ChildSupervisor, InterruptedCallPolicy};

/// The children of one execution.
#[derive(Debug, Clone)]
pub struct Children {
    supervisor: Arc<ChildSupervisor>,
    parent_context: Arc<ParentContext>,
    /// That of the execution itself.
    cancel: MailboxSender,
}

impl Children {
    /// Those of this execution, which is asked to stop or to be left through `cancel`.
    pub fn of(supervisor: Arc<ChildSupervisor>, parent_context: ParentContext, cancel: MailboxSender) -> Self {
        Self { supervisor, parent_context: Arc::new(parent_context), cancel }
    }

    /// Stops what an execution that is carried on had started and does not wait for any more: with `given_up`, also what
    /// its attempt in flight had started.
    pub async fn cancel_orphans(&self, execution: &Execution, given_up: bool) -> Result<(), crate::store::StoreError> {
        child_run::cancel_orphans(&self.supervisor, &self.parent_context, execution, given_up).await
    }
}

impl ChildExecutor for Children {
    fn run(&self, task: Task) -> ActionFuture<'_> {
        let (supervisor, parent_context) = (Arc::clone(&self.supervisor), Arc::clone(&self.parent_context));
        Box::pin(request::perform(supervisor, parent_context, self.cancel.clone(), task))
    }
}

/// Whether an execution waits for children: whatever is said of interrupted calls is meant for theirs.
pub fn waits_for_children(execution: &Execution) -> bool {
    let Some(run) = execution.current() else { return false };
    let outline = execution.started().outline.steps.iter().find(|step| step.name == run.step);
    outline.is_some_and(|step| step.action == Action::ExecuteAutomation.as_str())
}

/// What becomes of a call of a child that was in flight, when nobody was asked: a question that cannot be put is answered
/// with the careful answer.
const fn default_policy(policy: OnInterrupted) -> crate::engine::Interrupted {
    match policy {
        OnInterrupted::Retry => crate::engine::Interrupted::Retry,
        OnInterrupted::Fail | OnInterrupted::Ask => crate::engine::Interrupted::Fail,
    }
}
