//! A call that brought no reply.

use crate::event::Cause;

/// A call that brought no reply.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct CallError {
    /// What happened, as a sentence.
    pub message: String,
    /// What is known of it.
    pub cause: Cause,
}
