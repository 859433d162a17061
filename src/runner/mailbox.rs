//! Asking a running execution to stop, to end after its current step, or to be left for another process to resume.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::Notify;

use crate::event::SignalReceived;
use crate::name::StepExecutionId;

/// Asks an execution to stop.
#[derive(Debug, Clone)]
pub struct MailboxSender(Arc<MailboxState>);

/// What the runner listens to.
#[derive(Debug, Clone)]
pub struct Mailbox(Arc<MailboxState>);

/// Small, since every execution has one: a watch channel takes half a kilobyte.
#[derive(Debug, Default)]
struct MailboxState {
    cancel: OnceLock<String>,
    complete: OnceLock<String>,
    leave: OnceLock<()>,
    abandon: OnceLock<()>,
    /// In their order; all of them are kept, so that each is seen once.
    signals: Mutex<Vec<PendingSignal>>,
    wake: Notify,
}

/// A signal to a run of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PendingSignal {
    pub(super) step_execution: StepExecutionId,
    pub(super) received: SignalReceived,
}

/// What somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Request {
    /// To stop.
    Cancel {
        /// Who.
        by: String,
    },
    /// To end after the current step.
    Complete {
        /// Who.
        by: String,
    },
    /// To tell the step that waits something.
    Signal(PendingSignal),
}

/// The requests that a runner has seen.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cursor {
    cancel: bool,
    complete: bool,
    signals: usize,
}

/// A sender and its receiver.
pub fn mailbox() -> (MailboxSender, Mailbox) {
    let asked = Arc::new(MailboxState::default());
    (MailboxSender(Arc::clone(&asked)), Mailbox(asked))
}

impl MailboxSender {
    /// Asks to stop; `by` says who, and is shown. The first request counts.
    pub fn cancel(&self, by: impl Into<String>) {
        if self.0.cancel.set(by.into()).is_ok() {
            self.0.wake.notify_waiters();
        }
    }

    /// Asks to end after the current step. The first request counts.
    pub fn complete(&self, by: impl Into<String>) {
        if self.0.complete.set(by.into()).is_ok() {
            self.0.wake.notify_waiters();
        }
    }

    /// Asks to leave the execution as it is, for another process to resume. Nothing new is started: no step, no attempt,
    /// no sending. A call in flight is waited for, and its outcome recorded.
    pub fn leave(&self) {
        if self.0.leave.set(()).is_ok() {
            self.0.wake.notify_waiters();
        }
    }

    /// Says of an execution that is being left that its call in flight will not be answered: those who make it have left
    /// it as well.
    pub fn abandon_call(&self) {
        if self.0.abandon.set(()).is_ok() {
            self.0.wake.notify_waiters();
        }
    }
}

impl MailboxSender {
    /// Tells the step that waits something. The same to the same run of a step is told once.
    pub fn signal(&self, step_execution: StepExecutionId, received: SignalReceived) {
        let told = PendingSignal { step_execution, received };
        let mut signals = self.0.signals.lock().unwrap_or_else(PoisonError::into_inner);
        if !signals.contains(&told) {
            signals.push(told);
            drop(signals);
            self.0.wake.notify_waiters();
        }
    }
}

impl Cursor {
    /// Takes the request as seen.
    pub(super) fn note(&mut self, request: &Request) {
        match request {
            Request::Cancel { .. } => self.cancel = true,
            Request::Complete { .. } => self.complete = true,
            Request::Signal(_) => self.signals += 1,
        }
    }
}

impl Mailbox {
    /// Ends once somebody has asked to stop; never when nobody does. A request to end after the current step is none: what
    /// has not begun has no current step.
    pub async fn cancelled(&self) {
        loop {
            let woken = self.0.wake.notified();
            if self.0.cancel.get().is_some() {
                return;
            }
            woken.await;
        }
    }

    /// Whether somebody has asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancel.get().is_some()
    }

    /// Whether the execution is to be left.
    pub fn is_leaving(&self) -> bool {
        self.0.leave.get().is_some()
    }

    /// Ends once the execution is to be left; never when it is not.
    pub async fn leaving(&self) {
        self.until(&self.0.leave).await;
    }

    /// Ends once the call in flight of an execution that is being left will not be answered.
    pub(super) async fn call_abandoned(&self) {
        self.until(&self.0.abandon).await;
    }

    async fn until(&self, said: &OnceLock<()>) {
        loop {
            let woken = self.0.wake.notified();
            if said.get().is_some() {
                return;
            }
            woken.await;
        }
    }

    /// Ends once somebody has asked for an end; never when nobody does.
    pub async fn any(&self) {
        loop {
            let woken = self.0.wake.notified();
            if self.0.cancel.get().is_some() || self.0.complete.get().is_some() {
                return;
            }
            woken.await;
        }
    }

    /// A request that was made and has not been seen yet.
    pub(super) fn pending(&self, seen: Cursor) -> Option<Request> {
        match (self.0.cancel.get().filter(|_| !seen.cancel), self.0.complete.get().filter(|_| !seen.complete)) {
            (Some(by), _) => Some(Request::Cancel { by: by.clone() }),
            (None, Some(by)) => Some(Request::Complete { by: by.clone() }),
            (None, None) => {
                let signals = self.0.signals.lock().unwrap_or_else(PoisonError::into_inner);
                signals.get(seen.signals).cloned().map(Request::Signal)
            }
        }
    }

    /// Ends with the next request that has not been seen; never when nobody asks.
    pub(super) async fn asked(&self, seen: Cursor) -> Request {
        loop {
            // Made before the look, so that a request between the look and the wait is not missed.
            let woken = self.0.wake.notified();
            if let Some(request) = self.pending(seen) {
                return request;
            }
            woken.await;
        }
    }
}
