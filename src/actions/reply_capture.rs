//! Captures the reply of an invocation as received, for callers that need more than the outputs of the step.

use std::sync::{Arc, Mutex, PoisonError};

use crate::lambda::InvokeReply;

/// The reply of the last sending, byte for byte. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct ReplyCapture(Arc<Mutex<Option<InvokeReply>>>);

impl ReplyCapture {
    /// Takes the reply of the last sending; `None` when it had none, even if an earlier sending had one.
    pub fn take(&self) -> Option<InvokeReply> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn set(&self, reply: Option<InvokeReply>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = reply;
    }
}
