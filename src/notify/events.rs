//! The events that a notification is for, as people list them.

use crate::event::{NotifyEvent, NotifyOn};
use crate::untrusted::one_line;

/// Why a text is no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not one of {}", one_line(.word), NotifyEvent::ALL.map(NotifyEvent::as_str).join(", "))]
pub struct UnknownEvent {
    /// What was written.
    pub word: String,
}

/// Reads `waiting,failed`.
pub fn read_notify_on(text: &str) -> Result<NotifyOn, UnknownEvent> {
    let event = |word: &str| {
        let word = word.trim();
        let found = NotifyEvent::ALL.into_iter().find(|event| event.as_str() == word);
        found.ok_or_else(|| UnknownEvent { word: word.to_owned() })
    };
    text.split(',').map(event).collect::<Result<Vec<_>, _>>().map(NotifyOn::new)
}
