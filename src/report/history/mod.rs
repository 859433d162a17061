//! Renders executions from their stored histories, for `executions list`, `show`, `logs` and `diff`.
//!
//! Owns: the table of many, the details of one with its bars on a time axis, its log, and the difference of two. Pure
//! functions from the fold of events to text; time, width and zone are handed in. Does not own: finding an execution
//! (`store`), or watching one live (the reporters of `report`). Used by `cli`.

mod axis;
mod difference;
mod listing;
mod log;
mod moment;
mod show;
mod summary;
mod table;
mod values;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::Palette;
use crate::event::{LeaveReason, Status};

pub use difference::{HistoryComparison, Side};
pub use listing::{ListedExecution, csv};
pub use log::{HistoryLine, log_text};
pub use moment::{age, moment};
pub use show::{Detail, show};
pub use summary::{AttemptSummary, HistorySummary, OriginSummary, summary};
pub use table::{Row, table};

/// A request to stop an execution that came too late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LateStop {
    /// `Cancel` or `Complete`.
    #[serde(rename = "Type")]
    pub kind: &'static str,
    /// The requester.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// The status of an execution for other processes: its events alone do not show whether a process still runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DisplayState {
    /// It has ended.
    Ended(Status),
    /// A process runs it.
    Running {
        /// `InProgress`, `Waiting` or `Cancelling`.
        status: Status,
        /// The process, in a few words.
        by: String,
    },
    /// It waits for a lock.
    Queued {
        /// The lock it waits for.
        lock: String,
    },
    /// It has not ended, and no process runs it.
    Interrupted {
        /// Why its last process left it; none after a crash.
        left: Option<LeaveReason>,
    },
}

impl DisplayState {
    /// The word for it: the service's, or `Queued`, or `Interrupted`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Ended(status) | Self::Running { status, .. } => status.as_str(),
            Self::Queued { .. } => "Queued",
            Self::Interrupted { .. } => "Interrupted",
        }
    }

    /// Whether it has not ended and no process runs it.
    pub const fn is_interrupted(&self) -> bool {
        matches!(self, Self::Interrupted { .. })
    }

    /// Whether nothing can follow.
    pub const fn has_ended(&self) -> bool {
        match self {
            Self::Ended(_) => true,
            Self::Running { .. } | Self::Queued { .. } | Self::Interrupted { .. } => false,
        }
    }

    /// A text in the colour of it.
    fn paint(&self, palette: Palette, text: &str) -> String {
        match self {
            Self::Ended(status) | Self::Running { status, .. } => palette.by_status(*status, text),
            Self::Queued { .. } => palette.live(text),
            Self::Interrupted { .. } => palette.warn(text),
        }
    }

    /// One character for it.
    fn symbol(&self, palette: Palette) -> String {
        match self {
            Self::Ended(status) | Self::Running { status, .. } => palette.symbol(*status),
            Self::Queued { .. } => palette.symbol(Status::Waiting),
            Self::Interrupted { .. } => palette.warn("!"),
        }
    }
}

/// Where and when it is shown.
#[derive(Debug, Clone)]
pub struct View {
    /// Colours and symbols.
    pub palette: Palette,
    /// The columns of a line.
    pub width: usize,
    /// The time now, for ages and for what is under way.
    pub now: Timestamp,
    /// The zone that times are shown in.
    pub zone: TimeZone,
}

#[cfg(test)]
mod tests;
