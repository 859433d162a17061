//! The mailbox of a running execution: requests to cancel, to complete, to leave it for another process, and signals.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::Notify;

use crate::event::SignalReceived;
use crate::name::StepExecutionId;
use crate::store::{self, ReceivedStops, RequestKind};

/// Sends requests to a running execution.
#[derive(Debug, Clone)]
pub struct MailboxSender(Arc<MailboxState>);

/// Receives the requests to one execution, for its runner.
#[derive(Debug, Clone)]
pub struct Mailbox(Arc<MailboxState>);

/// Small, since every execution has one: a watch channel takes half a kilobyte.
#[derive(Debug, Default)]
struct MailboxState {
    cancel: OnceLock<String>,
    complete: OnceLock<String>,
    leave: OnceLock<()>,
    abandon: OnceLock<()>,
    /// In order; all of them stay, so that each is received once.
    signals: Mutex<Vec<PendingSignal>>,
    wake: Notify,
}

/// A signal to a run of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PendingSignal {
    pub(super) step_execution: StepExecutionId,
    pub(super) received: SignalReceived,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Request {
    /// Cancel the execution.
    Cancel {
        /// The requester.
        by: String,
    },
    /// Complete the execution after its current step.
    Complete {
        /// The requester.
        by: String,
    },
    /// Send a signal to the step that waits.
    Signal(PendingSignal),
}

/// The requests that a runner has received.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cursor {
    cancel: bool,
    complete: bool,
    signals: usize,
}

/// Creates a sender and its receiver.
pub fn mailbox() -> (MailboxSender, Mailbox) {
    let asked = Arc::new(MailboxState::default());
    (MailboxSender(Arc::clone(&asked)), Mailbox(asked))
}

impl MailboxSender {
    /// Cancels the execution; `by` is recorded and shown. Only the first request has an effect.
    pub fn cancel(&self, by: impl Into<String>) {
        self.0.set(&self.0.cancel, by.into());
    }

    /// Completes the execution after its current step. Only the first request has an effect.
    pub fn complete(&self, by: impl Into<String>) {
        self.0.set(&self.0.complete, by.into());
    }

    /// Leaves the execution as it is, for another process to resume. No step, attempt or sending is started. A call in
    /// flight is awaited, and its outcome recorded.
    pub fn leave(&self) {
        if self.0.leave.set(()).is_ok() {
            self.0.wake.notify_waiters();
        }
    }

    /// Reports that the call in flight of an execution that is being left will get no answer, because its children have
    /// been left too.
    pub fn abandon_call(&self) {
        if self.0.abandon.set(()).is_ok() {
            self.0.wake.notify_waiters();
        }
    }
}

impl MailboxSender {
    /// Delivers a stored request. Delivered twice, it has no further effect.
    pub fn deliver(&self, request: store::Request) {
        self.0.deliver(request);
    }

    /// Sends a signal to a run of a step. The same signal to the same run is sent once.
    pub fn signal(&self, step_execution: StepExecutionId, received: SignalReceived) {
        self.0.signal(PendingSignal { step_execution, received });
    }
}

impl MailboxState {
    fn set(&self, request: &OnceLock<String>, by: String) {
        if request.set(by).is_ok() {
            self.wake.notify_waiters();
        }
    }

    fn signal(&self, sent: PendingSignal) {
        let mut signals = self.signals.lock().unwrap_or_else(PoisonError::into_inner);
        if !signals.contains(&sent) {
            signals.push(sent);
            drop(signals);
            self.wake.notify_waiters();
        }
    }

    fn deliver(&self, request: store::Request) {
        match request.kind {
            RequestKind::Cancel => self.set(&self.cancel, request.by),
            RequestKind::Complete => self.set(&self.complete, request.by),
            RequestKind::Signal { signal, step_execution, comment, rest } => {
                let received = SignalReceived { rest, ..SignalReceived::new(signal, request.by, comment) };
                self.signal(PendingSignal { step_execution, received });
            }
        }
    }
}

impl Cursor {
    /// The requests to stop that were received.
    pub(super) const fn stops(self) -> ReceivedStops {
        ReceivedStops { cancel: self.cancel, complete: self.complete }
    }

    /// Marks a request as received.
    pub(super) fn note(&mut self, request: &Request) {
        match request {
            Request::Cancel { .. } => self.cancel = true,
            Request::Complete { .. } => self.complete = true,
            Request::Signal(_) => self.signals += 1,
        }
    }
}

impl Mailbox {
    /// Completes when the execution is cancelled; otherwise never. A complete request does not count: an execution that
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

    /// Whether the execution was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancel.get().is_some()
    }

    /// Whether the execution is to be left.
    pub fn is_leaving(&self) -> bool {
        self.0.leave.get().is_some()
    }

    /// Completes when the execution is to be left; otherwise never.
    pub async fn leaving(&self) {
        self.until(&self.0.leave).await;
    }

    /// Completes when the call in flight of an execution that is being left will get no answer.
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

    /// Completes when a cancel or complete request arrives; otherwise never.
    pub async fn any(&self) {
        loop {
            let woken = self.0.wake.notified();
            if self.0.cancel.get().is_some() || self.0.complete.get().is_some() {
                return;
            }
            woken.await;
        }
    }

    /// Delivers a request that the store returned.
    pub(super) fn deliver(&self, request: store::Request) {
        self.0.deliver(request);
    }

    /// A request that was not received yet.
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

    /// Waits for the next request; never ends without one.
    pub(super) async fn asked(&self, seen: Cursor) -> Request {
        loop {
            // Created before the check, so that a request between the check and the wait is not missed.
            let woken = self.0.wake.notified();
            if let Some(request) = self.pending(seen) {
                return request;
            }
            woken.await;
        }
    }
}
