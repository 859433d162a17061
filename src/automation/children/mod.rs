//! Child executions: `aws:executeAutomation` (spec 4.9), for one target or many (spec 5.4), and in other accounts and
//! Regions (spec aws-actions 17).
//!
//! Owns: finding the runbook that a step names ([`FindDocument`]), starting and resuming its execution, waiting for its
//! end, cancelling it with its parent, and rate-controlled runs over targets and over account–Region pairs. Does not own: retries and rate control
//! (`engine`), the actions of a child's steps (`actions`), or how children are shown.
//!
//! A child is a separate execution with its own events; the journal records its parent
//! ([`Parent`](crate::event::Parent)). Its id is derived from the run of the step, the attempt and the target. So a
//! sending that is repeated after a crash finds the existing child, and resumes it or takes its result: nothing runs
//! twice.

pub mod check;
mod child_parameters;
mod child_run;
mod id;
mod library;
mod locations;
mod outputs;
mod parent_context;
mod place;
mod request;
mod runtime;
mod supervisor;
mod target_lookup;
mod targets;

use std::sync::Arc;

use crate::actions::{ActionFuture, ChildExecutor, Task};
use crate::aws::ApiClient;
use crate::engine::Interrupted;
use crate::event::OnInterrupted;
use crate::execution::Execution;
use crate::runbook::Action;
use crate::runner::MailboxSender;

pub(in crate::automation) use place::approval_step;

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
    /// The execution itself.
    cancel: MailboxSender,
}

impl Children {
    /// The children of this execution, which `cancel` asks to cancel or to leave.
    pub fn of(supervisor: Arc<ChildSupervisor>, parent_context: ParentContext, cancel: MailboxSender) -> Self {
        Self { supervisor, parent_context: Arc::new(parent_context), cancel }
    }

    /// Cancels the orphaned children of a resumed execution: those that no step waits for. With `given_up`, also those
    /// of its attempt in flight.
    pub async fn cancel_orphans(&self, execution: &Execution, given_up: bool) -> Result<(), crate::store::StoreError> {
        child_run::cancel_orphans(&self.supervisor, &self.parent_context, execution, given_up).await
    }
}

impl ChildExecutor for Children {
    fn run(&self, task: Task, api: ApiClient) -> ActionFuture<'_> {
        let (supervisor, parent_context) = (Arc::clone(&self.supervisor), Arc::clone(&self.parent_context));
        Box::pin(request::perform(supervisor, parent_context, self.cancel.clone(), task, api))
    }
}

/// Whether an execution waits for children: then a policy for interrupted calls applies to their calls.
pub fn waits_for_children(execution: &Execution) -> bool {
    let Some(run) = execution.current() else { return false };
    let outline = execution.started().outline.steps.iter().find(|step| step.name == run.step);
    outline.is_some_and(|step| step.action == Action::EXECUTE_AUTOMATION.as_str())
}

/// The policy for an interrupted call of a child when no user was asked: where a question cannot be asked, the careful
/// answer applies.
const fn default_policy(policy: Option<OnInterrupted>) -> Interrupted {
    match policy {
        Some(OnInterrupted::Retry) => Interrupted::Retry,
        Some(OnInterrupted::Fail | OnInterrupted::Ask) => Interrupted::Fail,
        None => Interrupted::ByAction,
    }
}
