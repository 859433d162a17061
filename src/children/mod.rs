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

mod above;
pub mod check;
mod family;
mod host;
mod id;
mod library;
mod one;
mod request;
mod targets;

use std::sync::Arc;

use crate::actions::{Performed, RunChildren, Task};
use crate::driver::CancelSender;
use crate::event::OnInterrupted;
use crate::execution::Execution;
use crate::runbook::Action;

pub use above::Above;
pub use family::{Answers, Family};
pub use host::{Begun, Host, Hosted};
pub use id::child_id;
pub use library::{FindDocument, Found, Library, NotFound};

/// The children of one execution.
#[derive(Debug, Clone)]
pub struct Children {
    family: Arc<Family>,
    above: Arc<Above>,
    /// That of the execution itself.
    cancel: CancelSender,
}

impl Children {
    /// Those of this execution, which is asked to stop or to be left through `cancel`.
    pub fn of(family: Arc<Family>, above: Above, cancel: CancelSender) -> Self {
        Self { family, above: Arc::new(above), cancel }
    }

    /// Stops what an execution that is carried on had started and does not wait for any more: with `given_up`, also what
    /// its attempt in flight had started.
    pub async fn stop_left(&self, execution: &Execution, given_up: bool) -> Result<(), crate::store::StoreError> {
        one::stop_left(&self.family, &self.above, execution, given_up).await
    }
}

impl RunChildren for Children {
    fn run(&self, task: Task) -> Performed<'_> {
        let (family, above) = (Arc::clone(&self.family), Arc::clone(&self.above));
        Box::pin(request::perform(family, above, self.cancel.clone(), task))
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
const fn unasked(policy: OnInterrupted) -> crate::engine::Interrupted {
    match policy {
        OnInterrupted::Retry => crate::engine::Interrupted::Retry,
        OnInterrupted::Fail | OnInterrupted::Ask => crate::engine::Interrupted::Fail,
    }
}
