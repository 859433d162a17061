//! The kinds of events, in the stored form.

use super::Event;

impl Event {
    /// Every kind of event, in the stored form.
    pub const KINDS: [&str; 23] = [
        "ExecutionStarted",
        "StepKept",
        "ExecutionResumed",
        "StepStarted",
        "IterationStarted",
        "AttemptStarted",
        "AttemptThrottled",
        "WaitStarted",
        "SignalReceived",
        "StepSkipped",
        "VariableUpdated",
        "TargetsResolved",
        "ChildStarted",
        "ChildEnded",
        "LocationsResolved",
        "AttemptObserved",
        "AttemptProgressed",
        "AttemptInterrupted",
        "AttemptEnded",
        "StepEnded",
        "CancelRequested",
        "CompleteRequested",
        "ExecutionEnded",
    ];

    /// Whether the event starts something new: a step, an iteration, an attempt, a child, or a wait.
    pub const fn starts_work(&self) -> bool {
        match self {
            Self::StepStarted(_)
            | Self::IterationStarted(_)
            | Self::AttemptStarted(_)
            | Self::ChildStarted(_)
            | Self::WaitStarted(_) => true,
            Self::ExecutionStarted(_)
            | Self::StepReused(_)
            | Self::ExecutionResumed(_)
            | Self::AttemptThrottled(_)
            | Self::SignalReceived(_)
            | Self::StepSkipped(_)
            | Self::VariableUpdated(_)
            | Self::AttemptObserved(_)
            | Self::AttemptProgressed(_)
            | Self::AttemptInterrupted(_)
            | Self::TargetsResolved(_)
            | Self::ChildEnded(_)
            | Self::LocationsResolved(_)
            | Self::AttemptEnded(_)
            | Self::StepEnded(_)
            | Self::CancelRequested(_)
            | Self::CompleteRequested(_)
            | Self::ExecutionEnded(_) => false,
        }
    }

    /// The kind of an event, in the stored form.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ExecutionStarted(_) => "ExecutionStarted",
            Self::StepReused(_) => "StepKept",
            Self::ExecutionResumed(_) => "ExecutionResumed",
            Self::StepStarted(_) => "StepStarted",
            Self::IterationStarted(_) => "IterationStarted",
            Self::AttemptStarted(_) => "AttemptStarted",
            Self::AttemptThrottled(_) => "AttemptThrottled",
            Self::WaitStarted(_) => "WaitStarted",
            Self::SignalReceived(_) => "SignalReceived",
            Self::StepSkipped(_) => "StepSkipped",
            Self::VariableUpdated(_) => "VariableUpdated",
            Self::TargetsResolved(_) => "TargetsResolved",
            Self::ChildStarted(_) => "ChildStarted",
            Self::ChildEnded(_) => "ChildEnded",
            Self::LocationsResolved(_) => "LocationsResolved",
            Self::AttemptObserved(_) => "AttemptObserved",
            Self::AttemptProgressed(_) => "AttemptProgressed",
            Self::AttemptInterrupted(_) => "AttemptInterrupted",
            Self::AttemptEnded(_) => "AttemptEnded",
            Self::StepEnded(_) => "StepEnded",
            Self::CancelRequested(_) => "CancelRequested",
            Self::CompleteRequested(_) => "CompleteRequested",
            Self::ExecutionEnded(_) => "ExecutionEnded",
        }
    }
}
