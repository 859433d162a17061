//! Runbooks as text for people: changes since an execution, and the marks of its graph.

use jiff::Timestamp;
use similar::TextDiff;

use crate::automation::RunbookChange;
use crate::graph::Marks;
use crate::report::{HumanDuration, Palette, one_line, safe_lines};
use crate::store::ExecutionState;

/// Lines around a change.
const CONTEXT: usize = 2;

/// The difference of two runbooks, in the unified form.
pub fn render_difference(change: &RunbookChange, palette: Palette) -> String {
    let name = one_line(&change.name);
    let diff = TextDiff::from_lines(&change.before, &change.now);
    let unified = diff
        .unified_diff()
        .context_radius(CONTEXT)
        .header(&format!("{name} (stored)"), &format!("{name} (current)"))
        .to_string();
    let mut text = String::new();
    for line in unified.lines() {
        let shown = safe_lines(line).join(" ");
        let coloured = match line.as_bytes().first() {
            Some(b'+') => palette.success(&shown),
            Some(b'-') => palette.error(&shown),
            Some(_) | None => shown,
        };
        text.push_str(&coloured);
        text.push('\n');
    }
    text
}

/// The marks of an execution in its graph.
pub fn graph_marks(status: &ExecutionState, last_event: Option<Timestamp>, now: Timestamp) -> Marks<'_> {
    let state = match status {
        ExecutionState::Ended(status) | ExecutionState::Running(status) => status.as_str(),
        ExecutionState::Queued => "Queued",
        ExecutionState::Interrupted => "Interrupted",
    };
    let until = match (status, last_event) {
        // No process ran it after that.
        (ExecutionState::Interrupted, Some(last)) => last,
        (
            ExecutionState::Interrupted
            | ExecutionState::Ended(_)
            | ExecutionState::Running(_)
            | ExecutionState::Queued,
            _,
        ) => now,
    };
    Marks { state, until, duration: |duration| HumanDuration(duration).to_string() }
}
