//! What an execution of this process waits for, for those who do something about it.

use std::sync::Arc;

use tokio::sync::watch;

use crate::event::Wanted;
use crate::execution::Execution;
use crate::name::StepExecutionId;

/// An execution that waits for somebody.
#[derive(Debug)]
pub(in crate::cli) struct Waiting {
    /// What signals to the wait name.
    pub(super) step_execution: StepExecutionId,
    /// As it was when the wait began or somebody last said something, without secrets.
    pub(super) execution: Execution,
}

/// The wait as it is now; none while nobody is waited for.
pub(in crate::cli) type Now = watch::Receiver<Option<Arc<Waiting>>>;

/// Says what is waited for. A history that is only read again leaves its last wait.
#[derive(Debug)]
pub(in crate::cli) struct Waits(watch::Sender<Option<Arc<Waiting>>>);

impl Waits {
    pub(in crate::cli) fn new() -> Self {
        Self(watch::Sender::new(None))
    }

    /// For whoever does something about it.
    pub(in crate::cli) fn now(&self) -> Now {
        self.0.subscribe()
    }

    /// Looks at the state after an event.
    pub(in crate::cli) fn observe(&self, execution: &Execution) {
        let now = step_execution(execution).map(|id| (id, signals(execution)));
        if now != self.0.borrow().as_ref().map(|it| (&it.step_execution, signals(&it.execution))) {
            let waiting = now.map(|(id, _)| Waiting { step_execution: id.clone(), execution: execution.clone() });
            self.0.send_replace(waiting.map(Arc::new));
        }
    }
}

/// How many have said something, and more have to.
fn signals(execution: &Execution) -> usize {
    execution.current().and_then(|run| run.wait.as_ref()).map_or(0, |wait| wait.signals.len())
}

fn step_execution(execution: &Execution) -> Option<&StepExecutionId> {
    match &execution.waits_for()?.wanted {
        Wanted::Start(next) => Some(&next.step_execution),
        Wanted::Time | Wanted::Resume | Wanted::Approval(_) => execution.current().map(|run| &run.id),
    }
}
