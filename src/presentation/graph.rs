//! Graphs of executions.

use jiff::Timestamp;

use crate::graph::Marks;
use crate::report::HumanDuration;
use crate::store::ExecutionState;

/// What the graph of an execution says of it.
pub fn graph_marks(status: &ExecutionState, last_event: Option<Timestamp>, now: Timestamp) -> Marks<'_> {
    let state = match status {
        ExecutionState::Ended(status) | ExecutionState::Running(status) => status.as_str(),
        ExecutionState::Queued => "Queued",
        ExecutionState::Interrupted => "Interrupted",
    };
    let until = match (status, last_event) {
        // Nobody was there after it.
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
