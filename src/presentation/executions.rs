//! Stored executions as the lists and histories of `report` take them.

use crate::event::LeaveReason;
use crate::limits::RECOVERED_NAMED;
use crate::report::history::{DisplayState, LateStop, ListedExecution, OriginSummary, Row};
use crate::report::{one_line, short_id};
use crate::store::{Entry, ExecutionState, Request};

/// The status of an execution, as it is shown.
pub fn display_state(entry: &Entry) -> DisplayState {
    match &entry.status {
        ExecutionState::Ended(status) => DisplayState::Ended(*status),
        ExecutionState::Running(status) => DisplayState::Running {
            status: *status,
            by: entry.owner.as_ref().map_or_else(
                || "another process".to_owned(),
                |owner| format!("process {} on {}", owner.pid, one_line(&owner.host)),
            ),
        },
        ExecutionState::Queued => DisplayState::Queued { lock: entry.lock.clone().unwrap_or_default() },
        ExecutionState::Interrupted => DisplayState::Interrupted { left: entry.left },
    }
}

/// Requests to stop that came too late, as they are shown.
pub fn late_stops(requests: &[Request]) -> Vec<LateStop> {
    let shown = |request: &Request| LateStop { kind: request.kind.as_str(), by: request.by.clone(), at: request.at };
    requests.iter().map(shown).collect()
}

/// An entry in the form for programs.
pub fn listed_execution(entry: &Entry) -> ListedExecution<'_> {
    ListedExecution {
        automation_execution_id: entry.id.as_str(),
        document_name: &entry.document.name,
        document_sha256: &entry.document.sha256,
        automation_execution_status: display_state(entry).word(),
        execution_start_time: entry.started_at,
        execution_end_time: entry.ended_at,
        executed_by: &entry.executed_by,
        current_step_name: entry.current_step.as_deref(),
        failure_message: entry.failure_message.as_deref(),
        origin: OriginSummary::of(&entry.origin),
        labels: &entry.labels,
        events: entry.events,
        lock: entry.lock.as_deref(),
        parent_automation_execution_id: entry.parent.as_ref().map(|parent| parent.execution.as_str()),
        target: entry.parent.as_ref().and_then(|parent| Some(parent.target.as_ref()?.name.as_str())),
        left_by: entry.left.map(LeaveReason::as_str),
    }
}

/// An entry in the form for people.
pub fn execution_row(short_id: &str, entry: &Entry) -> Row {
    let standing = display_state(entry);
    let about = match &standing {
        DisplayState::Ended(_) => entry.failure_message.clone(),
        DisplayState::Running { .. } => entry.current_step.clone(),
        DisplayState::Interrupted { left } => {
            let how = left.map(|reason| match reason {
                LeaveReason::User => "aborted with Ctrl-C",
                LeaveReason::Termination => "terminated",
                LeaveReason::InternalError => "internal error",
            });
            match (&entry.current_step, how) {
                (Some(step), Some(how)) => Some(format!("{step} ({how})")),
                (step, how) => step.clone().or(how.map(ToOwned::to_owned)),
            }
        }
        DisplayState::Queued { lock } => Some(format!("waits for lock {lock}")),
    };
    Row {
        id: short_id.to_owned(),
        standing,
        runbook: entry.document.name.clone(),
        started_at: entry.started_at,
        ended_at: entry.ended_at,
        about: about.unwrap_or_default(),
    }
}

/// Executions that are resumed only by their id, a line each.
pub fn render_left_alone(entries: &[Entry]) -> String {
    let mut text = String::new();
    for entry in entries.iter().take(RECOVERED_NAMED) {
        let why = match entry.left {
            _ if entry.is_imported => "was imported from another journal and may be running there",
            Some(LeaveReason::User) => "was aborted by its user with Ctrl-C",
            Some(LeaveReason::InternalError) => "was interrupted by an internal error",
            Some(LeaveReason::Termination) | None => "was interrupted",
        };
        let (short, name) = (short_id(entry.id.as_str()), one_line(&entry.document.name));
        text.push_str(&format!(
            "not resumed automatically: {short} ({name}) {why}; to resume it: `runwright resume {short}`\n"
        ));
    }
    if let more @ 1.. = entries.len().saturating_sub(RECOVERED_NAMED) {
        text.push_str(&format!(
            "not resumed automatically: {more} more; `runwright executions list --status Interrupted` shows them\n"
        ));
    }
    text
}

/// Executions by their identifiers and runbooks.
pub fn name_executions(entries: &[&Entry]) -> String {
    let names = entries.iter().take(RECOVERED_NAMED).map(|entry| {
        let terminated = if entry.left == Some(LeaveReason::Termination) { ", terminated" } else { "" };
        format!("{} ({}{terminated})", short_id(entry.id.as_str()), one_line(&entry.document.name))
    });
    let names = names.collect::<Vec<_>>().join(", ");
    match entries.len().saturating_sub(RECOVERED_NAMED) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}

/// A word as a shell takes it.
pub fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '=' | ':' | '/' | '+' | ',' | '@');
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    one_line(&format!("'{}'", word.replace('\'', "'\\''"))).into_owned()
}

/// A size in the unit that reads best.
pub fn render_size(bytes: u64) -> String {
    const KIB: u64 = 1024;
    match bytes {
        0..KIB => format!("{bytes} bytes"),
        KIB..1_048_576 => format!("{} KB", bytes / KIB),
        1_048_576..1_073_741_824 => format!("{}.{} MB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
        _ => format!("{}.{} GB", bytes / 1_073_741_824, bytes % 1_073_741_824 * 10 / 1_073_741_824),
    }
}
