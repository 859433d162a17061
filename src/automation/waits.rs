//! Tracks what an execution of this process waits for, for prompts and notifications.

use std::sync::Arc;

use tokio::sync::watch;

use crate::event::WaitKind;
use crate::execution::Execution;
use crate::name::StepExecutionId;

/// An execution that waits for a person.
#[derive(Debug)]
pub struct Waiting {
    /// The run of the step, which signals name.
    pub step_execution: StepExecutionId,
    /// The execution as it was when the wait began or a signal was received, without secrets.
    pub execution: Execution,
}

/// The current wait; `None` while it does not wait for a person.
pub type CurrentWait = watch::Receiver<Option<Arc<Waiting>>>;

/// Tracks the waits of an execution. A history that is only replayed ends with its last wait.
#[derive(Debug)]
pub struct WaitTracker(watch::Sender<Option<Arc<Waiting>>>);

impl Default for WaitTracker {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl WaitTracker {
    /// A receiver of the current wait. It is closed when the tracker is dropped.
    pub fn subscribe(&self) -> CurrentWait {
        self.0.subscribe()
    }

    /// Takes the state after an event.
    pub fn observe(&self, execution: &Execution) {
        let now = awaited_step(execution).map(|id| (id, signal_count(execution)));
        if now != self.0.borrow().as_ref().map(|it| (&it.step_execution, signal_count(&it.execution))) {
            let waiting = now.map(|(id, _)| Waiting { step_execution: id.clone(), execution: execution.clone() });
            self.0.send_replace(waiting.map(Arc::new));
        }
    }
}

/// How many signals the wait has received.
fn signal_count(execution: &Execution) -> usize {
    execution.current().and_then(|run| run.wait.as_ref()).map_or(0, |wait| wait.signals.len())
}

fn awaited_step(execution: &Execution) -> Option<&StepExecutionId> {
    match &execution.waits_for()?.wanted {
        WaitKind::Start(next) => Some(&next.step_execution),
        WaitKind::Time | WaitKind::Resume | WaitKind::Approval(_) => execution.current().map(|run| &run.id),
    }
}
