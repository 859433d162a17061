//! Descriptions of steps, from the events alone.

use serde_json::Value;

use super::{Palette, one_line};
use crate::event::{AttemptStarted, Next, Status, StepOutline, UnsetInput};
use crate::execution::{CURRENT_ITERATION, Execution, StepExecution};
use crate::limits::REPORT_ITEM_CHARS;
use crate::name::StepName;

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
    run.inputs.get("FunctionName").and_then(Value::as_str).map(|name| one_line(name).into_owned())
}

/// Which iteration of a loop: `iteration 3 of 10 (web-3)`.
pub(super) fn iteration(looping: &StepExecution, number: u32) -> String {
    let item = looping.iterator_value(number).map(|item| format!(" ({})", in_short(item))).unwrap_or_default();
    match bound(looping) {
        Some(Bound::Exactly(all)) => format!("iteration {number} of {all}{item}"),
        Some(Bound::AtMost(most)) => format!("iteration {number}, at most {most}"),
        None => format!("iteration {number}{item}"),
    }
}

/// The iteration of a step run, and its loop: `iteration 3 of 10 (web-3) of each`.
pub(super) fn iteration_of(execution: &Execution, run: &StepExecution) -> Option<String> {
    let (looping, number) = execution.parent(run)?;
    Some(format!("{} of {}", iteration(looping, number), looping.step))
}

/// How far a loop went: `10 iterations`, `3 of 10 iterations`; none for another step, or before the first.
pub(super) fn iterations(run: &StepExecution) -> Option<String> {
    let number = u32::try_from(run.output(CURRENT_ITERATION)?.as_u64()?).ok()?;
    if run.iteration.is_none() && !run.is_kept {
        return None;
    }
    Some(match bound(run) {
        Some(Bound::Exactly(all)) if all != number => format!("{number} of {all} iterations"),
        Some(_) | None => counted(usize::try_from(number).unwrap_or(usize::MAX), "iteration"),
    })
}

/// How often a loop can go through its steps.
enum Bound {
    Exactly(u32),
    AtMost(u32),
}

fn bound(looping: &StepExecution) -> Option<Bound> {
    let most = looping.inputs.get("MaxIterations").and_then(|most| u32::try_from(most.as_u64()?).ok());
    match looping.inputs.get("Iterators").and_then(Value::as_array) {
        Some(items) => {
            let items = u32::try_from(items.len()).unwrap_or(u32::MAX);
            Some(Bound::Exactly(most.map_or(items, |most| most.min(items))))
        }
        None => most.map(Bound::AtMost),
    }
}

fn in_short(item: &Value) -> String {
    let text = item.as_str().map_or_else(|| item.to_string(), str::to_owned);
    let line = one_line(&text).into_owned();
    match line.char_indices().nth(REPORT_ITEM_CHARS) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line,
    }
}

/// The warnings of [`unset_warnings`] of the step under way, before its first call is sent.
pub(super) fn unset_warnings_before(execution: &Execution, started: &AttemptStarted, palette: Palette) -> Vec<String> {
    let first = execution.current().filter(|_| started.attempt == 1 && started.sending == 1);
    first.map_or_else(Vec::new, |run| unset_warnings(execution, run, palette))
}

/// Warns of inputs that are sent with the text of a reference because it has no value (spec 3.4). Scripts are left out:
/// they are written to find that text.
pub(super) fn unset_warnings(execution: &Execution, run: &StepExecution, palette: Palette) -> Vec<String> {
    if outline(execution, run.step.as_str()).is_some_and(|(_, outline)| outline.action == "aws:executeScript") {
        return Vec::new();
    }
    let warning = |unset: &UnsetInput| {
        let UnsetInput { input, reference, reason } = unset;
        let what = format!("{input} contains {{{{ {reference} }}}} unresolved, because it has no value: {reason}");
        format!("{} {}", palette.warn("warning:"), one_line(&what))
    };
    run.unset.iter().map(warning).collect()
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
    let mut after = execution.started().outline.steps.iter().skip(place);
    let following = after.find(|step| step.parent == outline.parent).map(|step| &step.name);
    let is_inside = outline.parent.is_some();
    let whole = if is_inside { "iteration" } else { "execution" };
    let leaves = |next: &StepName| {
        is_inside && execution.started().outline.steps.iter().any(|step| step.name == *next && step.parent.is_none())
    };
    let critical = if outline.is_critical { "critical" } else { "not critical" };
    let status = match ending.status {
        // Its `onFailure` and `onCancel` decide nothing: the execution was asked to end after it.
        Status::Cancelled if execution.is_completed_wait(run) => return None,
        // Only the step was stopped: the execution continues as after a failure.
        Status::Cancelled if execution.cancel().is_none() => Status::Failed,
        status => status,
    };
    match (status, &ending.next) {
        (Status::Success, Next::Step(next)) if Some(next) == following => None,
        (Status::Success, Next::Step(next)) if leaves(next) => Some(format!("leaves the loop for {next}")),
        (Status::Success, Next::Step(next)) => Some(format!("goes to {next}")),
        (Status::Success, Next::End) if following.is_none() => None,
        (Status::Success, Next::End) => Some(format!("ends the {whole} (isEnd)")),
        (Status::Failed | Status::TimedOut, Next::Step(next)) => {
            let verb = match outline.on_failure.as_str() {
                "Continue" => "continues with",
                _ if leaves(next) => "leaves the loop, recovers with",
                _ => "recovers with",
            };
            Some(format!("{verb} {next} (onFailure: {}, {critical})", outline.on_failure))
        }
        (Status::Failed | Status::TimedOut, Next::End) if outline.is_end && outline.on_failure != "Abort" => {
            Some(format!("ends the {whole} (isEnd, {critical})"))
        }
        (Status::Failed | Status::TimedOut, Next::End) if outline.on_failure == "Continue" => {
            Some(format!("no step follows (onFailure: Continue, {critical})"))
        }
        (Status::Failed | Status::TimedOut, Next::End) => {
            let whole = if is_inside { "loop" } else { whole };
            Some(format!("ends the {whole} (onFailure: {}, {critical})", outline.on_failure))
        }
        (Status::Cancelled, Next::Step(next)) => Some(format!("cleans up with {next} (onCancel)")),
        (Status::Cancelled, Next::End)
        | (Status::Pending | Status::InProgress | Status::Waiting | Status::Cancelling, _) => None,
    }
}

/// What follows when an execution is asked to complete.
pub(super) fn last(execution: &Execution) -> &'static str {
    if execution.current().is_some() { "the current step is the last" } else { "no further step runs" }
}
