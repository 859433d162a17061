//! What people are notified of.

use serde::{Deserialize, Serialize};

/// Something that people can be notified of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum NotifyEvent {
    /// A step waits for somebody.
    Waiting,
    /// The execution ended `Failed`.
    Failed,
    /// The execution ended `TimedOut`.
    TimedOut,
    /// The execution ended `Success`.
    Success,
    /// The execution ended `Cancelled`.
    Cancelled,
    /// The process of the execution is gone, and the execution has not ended.
    Interrupted,
}

impl NotifyEvent {
    /// Every one.
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

/// What people are notified of, each once. By default of what needs somebody: a wait, a failure, a timeout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NotifyOn(Vec<NotifyEvent>);

impl NotifyOn {
    /// These, whatever their order.
    pub fn new(events: impl IntoIterator<Item = NotifyEvent>) -> Self {
        let mut events: Vec<_> = events.into_iter().collect();
        events.sort_unstable();
        events.dedup();
        Self(events)
    }

    /// Whether people are notified of this.
    pub fn contains(&self, event: NotifyEvent) -> bool {
        self.0.contains(&event)
    }

    /// Whether it is what nobody asked for otherwise.
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for NotifyOn {
    fn default() -> Self {
        Self::new([NotifyEvent::Waiting, NotifyEvent::Failed, NotifyEvent::TimedOut])
    }
}
