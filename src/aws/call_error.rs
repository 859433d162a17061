//! The error of a call that returned no reply.

use crate::event::Cause;

/// A call that returned no reply.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct CallError {
    /// What happened, as a sentence.
    pub message: String,
    /// Its class, code and remedy.
    pub cause: Box<Cause>,
}

impl CallError {
    /// A call that failed for this cause.
    pub fn new(message: impl Into<String>, cause: Cause) -> Self {
        Self { message: message.into(), cause: Box::new(cause) }
    }
}
