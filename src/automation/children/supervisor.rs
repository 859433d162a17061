//! Supervises all children of one execution and their descendants, while this process runs them.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{FindDocument, Host, default_policy};
use crate::clock::Clock;
use crate::engine::Interrupted;
use crate::event::OnInterrupted;
use crate::execution::Execution;
use crate::name::ExecutionId;
use crate::runner::MailboxSender;
use crate::store::Store;

/// The policies for calls that were in flight when a process ended.
#[derive(Debug, Clone, Default)]
pub struct InterruptedCallPolicy {
    /// Overrides the policy of the launch.
    pub instead: Option<OnInterrupted>,
    /// Decisions for single executions.
    pub of: HashMap<ExecutionId, Interrupted>,
}

impl InterruptedCallPolicy {
    /// The policy that a user chose for an execution, when it was started or resumed.
    pub fn chosen(&self, execution: &Execution) -> Option<OnInterrupted> {
        self.instead.or(execution.started().launch.on_interrupted)
    }
}

/// The children of one execution, and their descendants.
#[derive(Debug)]
pub struct ChildSupervisor {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) library: Arc<dyn FindDocument>,
    pub(super) host: Arc<dyn Host>,
    answers: InterruptedCallPolicy,
    is_leaving: watch::Sender<bool>,
    is_left: AtomicBool,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl ChildSupervisor {
    /// A supervisor without children.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        library: Arc<dyn FindDocument>,
        host: Arc<dyn Host>,
        answers: InterruptedCallPolicy,
    ) -> Arc<Self> {
        Arc::new(Self {
            store,
            clock,
            library,
            host,
            answers,
            is_leaving: watch::Sender::new(false),
            is_left: AtomicBool::new(false),
            tasks: Mutex::default(),
        })
    }

    /// The store of their events.
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }

    /// Waits until all of them have ended. A child that no step waits for was cancelled, and cleans up for at most two
    /// minutes.
    pub async fn finish(&self) {
        while let Some(task) = self.next() {
            // An aborted task has reported its error to the step that waits.
            let _ = task.await;
        }
    }

    /// Leaves all of them ([`MailboxSender::leave`]): no more are started, and calls in flight are awaited.
    pub fn leave(&self) {
        self.is_leaving.send_replace(true);
    }

    /// Waits until no more are to be started.
    pub(super) async fn leaving(&self) {
        // The sender lives as long as this value.
        let _ = self.is_leaving.subscribe().wait_for(|is_leaving| *is_leaving).await;
    }

    /// Whether no more are to be started.
    pub(super) fn is_leaving(&self) -> bool {
        *self.is_leaving.borrow()
    }

    /// Aborts their tasks, for another process to resume them: nothing more of them is stored.
    pub fn abandon(&self) {
        self.is_left.store(true, Ordering::SeqCst);
        while let Some(task) = self.next() {
            task.abort();
        }
    }

    /// Whether no child is running.
    pub(super) fn is_left(&self) -> bool {
        self.is_left.load(Ordering::SeqCst)
    }

    fn next(&self) -> Option<JoinHandle<()>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Runs a child, whether a step waits or not; `cancel` is its mailbox, which gets the request to leave.
    pub(super) fn spawn(&self, cancel: MailboxSender, work: impl Future<Output = ()> + Send + 'static) {
        let mut leaving = self.is_leaving.subscribe();
        let task = tokio::spawn(async move {
            let hand_on = async {
                if leaving.wait_for(|is_leaving| *is_leaving).await.is_ok() {
                    cancel.leave();
                }
                std::future::pending::<()>().await;
            };
            tokio::select! {
                biased;
                () = hand_on => {}
                () = work => {}
            }
        });
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|task| !task.is_finished());
        tasks.push(task);
    }

    /// The policy for a call of this execution that was in flight.
    pub(super) fn interrupted(&self, execution: &Execution) -> Interrupted {
        let decision = self.answers.of.get(execution.id()).copied();
        decision.unwrap_or_else(|| default_policy(self.answers.chosen(execution)))
    }
}

/// A child that a step waits for. Dropping it before its end cancels the child, unless all children are being left.
pub(super) struct ChildGuard {
    family: Arc<ChildSupervisor>,
    cancel: MailboxSender,
    by: String,
    is_over: bool,
}

impl ChildGuard {
    pub(super) fn new(family: Arc<ChildSupervisor>, cancel: MailboxSender, by: String) -> Self {
        Self { family, cancel, by, is_over: false }
    }

    /// Marks the child as ended.
    pub(super) fn over(mut self) {
        self.is_over = true;
    }
}

impl Drop for ChildGuard {
    fn drop(&mut self) {
        if !self.is_over && !self.family.is_leaving() && !self.family.is_left() {
            self.cancel.cancel(std::mem::take(&mut self.by));
        }
    }
}
