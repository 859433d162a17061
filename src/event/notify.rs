//! The events that people can be notified of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An event that people can be notified of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum NotifyEvent {
    /// A step waits for a person.
    Waiting,
    /// The execution ended `Failed`.
    Failed,
    /// The execution ended `TimedOut`.
    TimedOut,
    /// The execution ended `Success`.
    Success,
    /// The execution ended `Cancelled`.
    Cancelled,
    /// The process of the execution ended before it.
    Interrupted,
}

impl NotifyEvent {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Waiting, Self::Failed, Self::TimedOut, Self::Success, Self::Cancelled, Self::Interrupted];

    /// The word of `--notify-on`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::TimedOut => "timed-out",
            Self::Success => "success",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }
}

/// The events that people are notified of, each once. By default those that need a person: a wait, a failure, a
/// timeout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct NotifyOn(Vec<NotifyEvent>);

impl NotifyOn {
    /// These events, in a fixed order.
    pub fn new(events: impl IntoIterator<Item = NotifyEvent>) -> Self {
        let mut events: Vec<_> = events.into_iter().collect();
        events.sort_unstable();
        events.dedup();
        Self(events)
    }

    /// Whether people are notified of this event.
    pub fn contains(&self, event: NotifyEvent) -> bool {
        self.0.contains(&event)
    }

    /// Whether this is the default selection.
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for NotifyOn {
    fn default() -> Self {
        Self::new([NotifyEvent::Waiting, NotifyEvent::Failed, NotifyEvent::TimedOut])
    }
}
