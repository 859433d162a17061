//! Steps that wait for somebody: who is asked what, and what to do.

use super::{one_line, safe_lines, short_id};
use crate::event::{SignalReceived, WaitStarted, Wanted};
use crate::execution::Execution;

/// What somebody has to do, a line each; none when a step waits for time alone.
pub(super) fn asked(execution: &Execution, wait: &WaitStarted) -> Option<Vec<String>> {
    let id = short_id(execution.id().as_str());
    match &wait.wanted {
        Wanted::Time => None,
        Wanted::Resume => Some(vec![format!("to go on: runwright signal {id} resume")]),
        Wanted::Approval(approval) => {
            let approvers: Vec<_> = approval.approvers.iter().map(|approver| one_line(approver)).collect();
            let mut lines: Vec<String> = approval.message.iter().flat_map(|message| safe_lines(message)).collect();
            lines.push(format!("{} of {} to approve: {}", approval.required, approvers.len(), approvers.join(", ")));
            lines.push(format!("to decide: runwright signal {id} approve, or reject --comment WHY"));
            Some(lines)
        }
    }
}

/// What somebody said.
pub(super) fn signalled(execution: &Execution, received: &SignalReceived) -> String {
    let step = execution.current().map_or("", |run| run.step.as_str());
    let comment = received.comment.as_deref().map(|comment| format!(": {}", one_line(comment))).unwrap_or_default();
    format!("step {step}: {} by {}{comment}", received.signal.as_str(), one_line(&received.by))
}
