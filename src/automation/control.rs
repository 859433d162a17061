//! Controls a running execution: cancel, complete, signals, and leaving it for another process.

use std::sync::Arc;

use tokio::sync::watch;

use crate::event::{LeaveReason, SignalReceived};
use crate::name::StepExecutionId;
use crate::runner::{Mailbox, MailboxSender, mailbox};

/// How a process leaves an execution that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Departure {
    /// Why, for the journal.
    pub reason: LeaveReason,
    /// Whether a termination signal caused it; otherwise a second interrupt did while the execution was being
    /// cancelled.
    pub is_termination: bool,
}

impl Departure {
    /// The departure after a termination, once nothing is in flight.
    pub const TERMINATED: Self = Self { reason: LeaveReason::Termination, is_termination: true };
}

/// Controls one execution of this process. Clones control the same one.
#[derive(Debug, Clone)]
pub struct RunControl {
    sender: MailboxSender,
    receiver: Mailbox,
    departure: Arc<watch::Sender<Option<Departure>>>,
}

impl Default for RunControl {
    fn default() -> Self {
        let (sender, receiver) = mailbox();
        Self { sender, receiver, departure: Arc::new(watch::Sender::new(None)) }
    }
}

impl RunControl {
    /// Cancels the execution, with its `onCancel` steps. `by` is recorded as the requester; only the first request has
    /// an effect.
    pub fn cancel(&self, by: impl Into<String>) {
        self.sender.cancel(by);
    }

    /// Completes the execution after the current step. Only the first request has an effect.
    pub fn complete(&self, by: impl Into<String>) {
        self.sender.complete(by);
    }

    /// Sends a signal to the run of a step. The same signal to the same run is sent once.
    pub fn signal(&self, step_execution: StepExecutionId, received: SignalReceived) {
        self.sender.signal(step_execution, received);
    }

    /// Leaves the execution for another process to resume as soon as nothing is in flight; nothing new is started.
    pub fn leave(&self) {
        self.sender.leave();
    }

    /// Aborts the run without waiting for calls in flight. Only the first request has an effect.
    pub fn depart(&self, departure: Departure) {
        self.departure.send_if_modified(|asked| {
            let is_first = asked.is_none();
            asked.get_or_insert(departure);
            is_first
        });
    }

    pub(super) const fn sender(&self) -> &MailboxSender {
        &self.sender
    }

    pub(super) const fn receiver(&self) -> &Mailbox {
        &self.receiver
    }

    /// Completes when the run must be aborted; otherwise never.
    pub(super) async fn departure(&self) -> Departure {
        let mut asked = self.departure.subscribe();
        loop {
            let departure = *asked.borrow_and_update();
            if let Some(departure) = departure {
                return departure;
            }
            // The sender is dropped with this value, not earlier.
            if asked.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
