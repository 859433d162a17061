//! The layout of executions on standard output.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::automation::StoredExecution;
use crate::cli::screen::Screen;
use crate::clock::{Clock, SystemClock};
use crate::report::history::View;

/// When the last event happened.
pub(super) fn last_event(stored: &StoredExecution) -> Timestamp {
    stored.events.last().map_or_else(|| stored.execution.started_at(), |last| last.at)
}

/// The layout of text on standard output.
pub(super) fn view(screen: Screen) -> View {
    View { palette: screen.results, width: Screen::width(), now: SystemClock.now(), zone: TimeZone::system() }
}
