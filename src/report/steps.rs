//! What can be said of a step from the events alone.

use super::one_line;
use crate::event::{Next, Status, StepOutline};
use crate::execution::{Execution, StepExecution};

/// The step as the author listed it, with its place in the list, from 1.
pub(super) fn outline<'a>(execution: &'a Execution, step: &str) -> Option<(usize, &'a StepOutline)> {
    outline_near(execution, step, execution.runs().len().saturating_sub(1))
}

/// The same, looked for from this index on: most steps run in the order of the list, so that going through a history
/// of very many steps looks at few for each.
pub(super) fn outline_near<'a>(execution: &'a Execution, step: &str, near: usize) -> Option<(usize, &'a StepOutline)> {
    let steps = &execution.started().outline.steps;
    let (before, after) = steps.split_at(near.min(steps.len()));
    let mut listed = (before.len()..).zip(after).chain((0..).zip(before));
    listed.find(|(_, outline)| outline.name == *step).map(|(index, outline)| (index + 1, outline))
}

/// How many steps the runbook has.
pub(super) fn total(execution: &Execution) -> usize {
    execution.started().outline.steps.len()
}

/// The total attempts that a step may use.
pub(super) fn max_attempts(execution: &Execution, step: &str) -> u32 {
    outline(execution, step).map_or(1, |(_, outline)| outline.max_attempts)
}

/// What the step works on, in short: the function of an invocation.
pub(super) fn subject(run: &StepExecution) -> Option<String> {
    run.inputs.get("FunctionName").and_then(serde_json::Value::as_str).map(|name| one_line(name).into_owned())
}

/// `1 attempt`, `3 attempts`
pub(super) fn attempts(count: usize) -> String {
    counted(count, "attempt")
}

/// A number and its noun.
pub(super) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Where the execution goes after the run of a step, and why, when that is not simply the next step of the list.
pub(super) fn course(execution: &Execution, run: &StepExecution) -> Option<String> {
    let (place, outline) = outline(execution, run.step.as_str())?;
    course_from(execution, run, place, outline)
}

/// The same for a step that has been looked up.
pub(super) fn course_from(
    execution: &Execution,
    run: &StepExecution,
    place: usize,
    outline: &StepOutline,
) -> Option<String> {
    let ending = run.ending.as_ref()?;
    let following = execution.started().outline.steps.get(place).map(|step| &step.name);
    let critical = if outline.is_critical { "critical" } else { "not critical" };
    match (ending.status, &ending.next) {
        (Status::Success, Next::Step(next)) if Some(next) == following => None,
        (Status::Success, Next::Step(next)) => Some(format!("goes to {next}")),
        (Status::Success, Next::End) if following.is_none() => None,
        (Status::Success, Next::End) => Some("ends the execution (isEnd)".to_owned()),
        (Status::Failed | Status::TimedOut, Next::Step(next)) => {
            let verb = if outline.on_failure == "Continue" { "goes on with" } else { "recovers with" };
            Some(format!("{verb} {next} (onFailure: {}, {critical})", outline.on_failure))
        }
        (Status::Failed | Status::TimedOut, Next::End) if outline.is_end && outline.on_failure != "Abort" => {
            Some(format!("ends the execution (isEnd, {critical})"))
        }
        (Status::Failed | Status::TimedOut, Next::End) if outline.on_failure == "Continue" => {
            Some(format!("no step follows (onFailure: Continue, {critical})"))
        }
        (Status::Failed | Status::TimedOut, Next::End) => {
            Some(format!("ends the execution (onFailure: {}, {critical})", outline.on_failure))
        }
        (Status::Cancelled, Next::Step(next)) => Some(format!("cleans up with {next} (onCancel)")),
        (Status::Cancelled, Next::End)
        | (Status::Pending | Status::InProgress | Status::Waiting | Status::Cancelling, _) => None,
    }
}
