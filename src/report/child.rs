//! Child executions, a line each: their start, the process that runs them, and their end.

use super::failure::shortened;
use super::waiting::{asked, step};
use super::{HumanDuration, Palette, one_line, short_id};
use crate::event::{Event, Recorded, Status};
use crate::execution::Execution;

/// A line about a child.
pub(super) struct ChildLine {
    pub(super) text: String,
    /// Final status.
    pub(super) ended: Option<Status>,
    /// Whether it waits for a person.
    pub(super) is_waiting: bool,
}

/// The line of an event of a child; none for events of its steps.
pub(super) fn line(child: &Execution, recorded: &Recorded, palette: Palette) -> Option<ChildLine> {
    let parent = child.started().launch.parent.as_ref()?;
    let short = short_id(child.id().as_str());
    let name = one_line(&child.started().document.name);
    // A grandchild names the execution of its parent.
    let whose =
        if parent.ancestors.len() > 1 { format!(" of {}", short_id(parent.execution.as_str())) } else { String::new() };
    let (subject, about) = match &parent.target {
        Some(target) => {
            (format!("target {}{whose}", palette.strong(&one_line(&target.name))), format!("child {short}"))
        }
        None => (
            format!("step {}{whose} child {}", palette.strong(parent.step.as_str()), palette.strong(&name)),
            format!("id {short}"),
        ),
    };
    let (text, ended) = match &recorded.event {
        Event::ExecutionStarted(_) => (format!("{subject} started, {about}"), None),
        Event::ExecutionResumed(_) => (format!("{subject} resumed, {about}"), None),
        Event::CancelRequested(_) => (format!("{subject} is cancelled, {about}"), None),
        Event::ExecutionEnded(ended) => {
            let took = HumanDuration::between(child.started_at(), recorded.at);
            let why = ended.failure_message.as_ref().filter(|_| ended.status != Status::Success);
            let why = why.map(|why| format!(": {}", shortened(&one_line(why)))).unwrap_or_default();
            (format!("{subject} {} in {took}, {about}{why}", palette.status(ended.status)), Some(ended.status))
        }
        Event::WaitStarted(wait) => {
            let orders = asked(child, wait)?.join("; ");
            (format!("{subject} waits in step {}, {about}: {orders}", step(child, wait)), None)
        }
        Event::StepReused(_)
        | Event::StepStarted(_)
        | Event::IterationStarted(_)
        | Event::StepSkipped(_)
        | Event::AttemptStarted(_)
        | Event::AttemptThrottled(_)
        | Event::SignalReceived(_)
        | Event::VariableUpdated(_)
        | Event::TargetsResolved(_)
        | Event::ChildStarted(_)
        | Event::ChildEnded(_)
        | Event::LocationsResolved(_)
        | Event::AttemptObserved(_)
        | Event::AttemptProgressed(_)
        | Event::AttemptInterrupted(_)
        | Event::AttemptEnded(_)
        | Event::StepEnded(_)
        | Event::CompleteRequested(_) => return None,
    };
    Some(ChildLine { text, ended, is_waiting: matches!(recorded.event, Event::WaitStarted(_)) })
}
