//! Steps that wait for a person: who has to answer, and how.

use super::steps::{counted, outline};
use super::{one_line, safe_lines, short_id};
use crate::event::{NextStep, SignalReceived, StepSkipped, WaitKind, WaitStarted};
use crate::execution::Execution;

/// The required actions, a line each; none when a step waits for time alone.
pub(super) fn asked(execution: &Execution, wait: &WaitStarted) -> Option<Vec<String>> {
    let id = short_id(execution.id().as_str());
    match &wait.wanted {
        WaitKind::Time => None,
        WaitKind::Start(next) => Some(vec![
            next_inputs(execution, next),
            format!(
                "to continue: runwright signal {id} start-step (--rest: and all following steps), or skip-step; to stop: \
                 runwright stop {id}"
            ),
        ]),
        WaitKind::Resume => Some(vec![format!("to resume: runwright signal {id} resume")]),
        WaitKind::Approval(approval) => {
            let approvers: Vec<_> = approval.approvers.iter().map(|approver| one_line(approver)).collect();
            let mut lines: Vec<String> = approval.message.iter().flat_map(|message| safe_lines(message)).collect();
            let approvals = counted(usize::try_from(approval.required).unwrap_or(usize::MAX), "approval");
            lines.push(format!("waiting for {approvals} from: {}", approvers.join(", ")));
            lines.push(format!("to answer: runwright signal {id} approve, or reject --comment REASON"));
            Some(lines)
        }
    }
}

/// The step that comes next, and what it does.
fn next_inputs(execution: &Execution, next: &NextStep) -> String {
    let action = outline(execution, next.step.as_str()).map_or("", |(_, outline)| outline.action.as_str());
    format!("next: {} ({})", next.step, one_line(action))
}

/// The step that waits, or the step that waits to be started.
pub(super) fn step<'a>(execution: &'a Execution, wait: &'a WaitStarted) -> &'a str {
    match &wait.wanted {
        WaitKind::Start(next) => next.step.as_str(),
        WaitKind::Time | WaitKind::Resume | WaitKind::Approval(_) => {
            execution.current().map_or("", |run| run.step.as_str())
        }
    }
}

/// The line of a skipped step.
pub(super) fn skipped(skipped: &StepSkipped) -> String {
    let comment = skipped.comment.as_deref().map(|comment| format!(": {}", one_line(comment))).unwrap_or_default();
    format!("step {}: skipped by {}{comment}", skipped.step, one_line(&skipped.by))
}

/// The line of a signal.
pub(super) fn signalled(execution: &Execution, received: &SignalReceived) -> String {
    let told = match execution.asked() {
        Some(wait) => step(execution, wait),
        None => execution.current().map_or("", |run| run.step.as_str()),
    };
    let comment = received.comment.as_deref().map(|comment| format!(": {}", one_line(comment))).unwrap_or_default();
    let rest = if received.rest { " and all following steps" } else { "" };
    format!("step {told}: {}{rest} by {}{comment}", received.signal.as_str(), one_line(&received.by))
}
