//! All the children of one execution and theirs, for as long as a process carries them on.

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

/// What somebody said of calls that were in flight.
#[derive(Debug, Clone, Default)]
pub struct InterruptedCallPolicy {
    /// Instead of what was said at the start.
    pub instead: Option<OnInterrupted>,
    /// Of single executions.
    pub of: HashMap<ExecutionId, Interrupted>,
}

/// The children of one execution, and theirs.
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
    /// Nobody yet.
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

    /// Where their events are kept.
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }

    /// Waits until all of them have ended. Who is no longer waited for by a step was asked to stop, and cleans up for at
    /// most two minutes.
    pub async fn finish(&self) {
        while let Some(task) = self.next() {
            // ChildRun that broke off has told why to the step that waits.
            let _ = task.await;
        }
    }

    /// Asks all of them to be left ([`MailboxSender::leave`]): none is started any more, and what is in flight is waited for.
    pub fn leave(&self) {
        self.is_leaving.send_replace(true);
    }

    /// Whether none is to be started any more.
    pub(super) fn is_leaving(&self) -> bool {
        *self.is_leaving.borrow()
    }

    /// Leaves all of them at once as they are, for another process to resume: nothing more of them is kept.
    pub fn abandon(&self) {
        self.is_left.store(true, Ordering::SeqCst);
        while let Some(task) = self.next() {
            task.abort();
        }
    }

    /// Whether nobody is carried on any more.
    pub(super) fn is_left(&self) -> bool {
        self.is_left.load(Ordering::SeqCst)
    }

    fn next(&self) -> Option<JoinHandle<()>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Carries somebody on, whether a step waits or not, and hands on to `cancel` that the family is to be left.
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

    /// What becomes of a call of this execution that was in flight. A step that waits for children sends nothing: what is
    /// repeated finds them.
    pub(super) fn interrupted(&self, execution: &Execution) -> Interrupted {
        if super::waits_for_children(execution) {
            return Interrupted::Retry;
        }
        let policy = self.answers.instead.unwrap_or(execution.started().launch.on_interrupted);
        self.answers.of.get(execution.id()).copied().unwrap_or_else(|| default_policy(policy))
    }
}

/// A child that a step waits for. Dropped before its end it is asked to stop, unless all of them are left.
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

    /// It has ended.
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
