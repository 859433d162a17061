//! What events change in the entry of an execution.

use jiff::Timestamp;
use serde_json::Value;

use crate::event::{Event, Recorded, Status, WaitKind};

/// The status of an execution as it is inserted.
pub(super) const BEGUN: Status = Status::InProgress;

/// What events change in the entry of an execution.
#[derive(Debug, Clone, Default)]
pub(super) struct EntryChange {
    pub(super) status: StatusChange,
    /// When it ended, and why it did not succeed.
    pub(super) ended: Option<(Timestamp, Option<String>)>,
}

/// How events change the status.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum StatusChange {
    /// They do not change it.
    #[default]
    AsBefore,
    /// A step began or ended, so the execution no longer waits for a person.
    NoLongerWaiting,
    /// It becomes this status.
    Is(Status),
}

impl StatusChange {
    /// The combined effect of two changes in order.
    fn then(self, next: Self) -> Self {
        match (self, next) {
            (Self::Is(status), next) => Self::Is(next.after(status)),
            (before, Self::AsBefore) => before,
            (_, next) => next,
        }
    }

    /// Applies the change to a status. `Cancelling` lasts until the end.
    pub(super) fn after(self, before: Status) -> Status {
        match self {
            Self::NoLongerWaiting if before == Status::Waiting => Status::InProgress,
            Self::Is(status) if before != Status::Cancelling || status.is_terminal() => status,
            Self::AsBefore | Self::NoLongerWaiting | Self::Is(_) => before,
        }
    }
}

impl EntryChange {
    pub(super) fn of(events: &[Recorded]) -> Self {
        let mut change = Self::default();
        for recorded in events {
            let said = match &recorded.event {
                Event::ExecutionStarted(_) => StatusChange::Is(Status::InProgress),
                Event::WaitStarted(wait) => match &wait.wanted {
                    WaitKind::Time => StatusChange::AsBefore,
                    WaitKind::Resume | WaitKind::Approval(_) | WaitKind::Start(_) => StatusChange::Is(Status::Waiting),
                },
                Event::StepStarted(_) | Event::StepEnded(_) | Event::StepSkipped(_) => StatusChange::NoLongerWaiting,
                Event::CancelRequested(_) => StatusChange::Is(Status::Cancelling),
                Event::ExecutionEnded(ended) => {
                    change.ended = Some((recorded.at, ended.failure_message.clone()));
                    StatusChange::Is(ended.status)
                }
                Event::StepReused(_)
                | Event::IterationStarted(_)
                | Event::ExecutionResumed(_)
                | Event::SignalReceived(_)
                | Event::VariableUpdated(_)
                | Event::AttemptStarted(_)
                | Event::AttemptThrottled(_)
                | Event::TargetsResolved(_)
                | Event::ChildStarted(_)
                | Event::ChildEnded(_)
                | Event::LocationsResolved(_)
                | Event::AttemptObserved(_)
                | Event::AttemptProgressed(_)
                | Event::AttemptInterrupted(_)
                | Event::AttemptEnded(_)
                | Event::CompleteRequested(_) => StatusChange::AsBefore,
            };
            change.status = change.status.then(said);
        }
        change
    }
}

/// A parameter value as filters compare it: a text as it is, anything else as JSON.
pub(super) fn filtered_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
