//! Labels of executions, as people write them.

use crate::limits::LABEL_BYTES;

/// Why a text is no label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// It has no name, or no `=`.
    #[error("write --label NAME=VALUE")]
    Unreadable,
    /// It is too long.
    #[error("a label has at most {LABEL_BYTES} bytes")]
    TooLong,
}

/// Reads `NAME=VALUE`.
pub fn read_label(text: &str) -> Result<(String, String), LabelError> {
    match text.split_once('=') {
        Some((name, _)) if name.trim().is_empty() => Err(LabelError::Unreadable),
        Some(_) if text.len() > LABEL_BYTES => Err(LabelError::TooLong),
        Some((name, value)) => Ok((name.trim().to_owned(), value.to_owned())),
        None => Err(LabelError::Unreadable),
    }
}
