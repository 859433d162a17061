//! The reply of an invocation as it came, for a caller who wants more than the outputs of the step.

use std::sync::{Arc, Mutex, PoisonError};

use crate::lambda::InvokeReply;

/// The reply of the last sending, byte for byte. Clones are the same place.
#[derive(Debug, Clone, Default)]
pub struct ReplyCapture(Arc<Mutex<Option<InvokeReply>>>);

impl ReplyCapture {
    /// Takes the reply out: none when the last sending brought none, whatever earlier ones brought.
    pub fn take(&self) -> Option<InvokeReply> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn set(&self, reply: Option<InvokeReply>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = reply;
    }
}
