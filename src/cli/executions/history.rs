//! Stored executions in the form that the renderers of `report::history` take.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::automation::StoredExecution;
use crate::cli::screen::Screen;
use crate::clock::{Clock, SystemClock};
use crate::report::history::{DisplayState, View};
use crate::report::one_line;
use crate::store::{Entry, ExecutionState};

/// The status of an execution, as it is shown.
pub(super) fn standing(entry: &Entry) -> DisplayState {
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

/// When the last event happened.
pub(super) fn last_event(stored: &StoredExecution) -> Timestamp {
    stored.events.last().map_or_else(|| stored.execution.started_at(), |last| last.at)
}

/// The layout of text on standard output.
pub(super) fn view(screen: Screen) -> View {
    View { palette: screen.results, width: Screen::width(), now: SystemClock.now(), zone: TimeZone::system() }
}
