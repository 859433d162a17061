//! An execution as lists show it.

use indexmap::IndexMap;
use jiff::Timestamp;

use super::Owner;
use crate::event::{DocumentIdentity, LeaveReason, Origin, Parent, Status};
use crate::name::ExecutionId;

/// An execution as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: ExecutionId,
    /// Its runbook.
    pub document: DocumentIdentity,
    /// Its status.
    pub status: ExecutionState,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The user who started it.
    pub executed_by: String,
    /// The current step, or the one that was current when it was interrupted.
    pub current_step: Option<String>,
    /// Why it did not succeed.
    pub failure_message: Option<String>,
    /// Its origin.
    pub origin: Origin,
    /// Its labels.
    pub labels: IndexMap<String, String>,
    /// How many events it has.
    pub events: u64,
    /// The lock that it has or waits for.
    pub lock: Option<String>,
    /// The live process that runs it.
    pub owner: Option<Owner>,
    /// It was imported from another journal and has never run here: it may still be resumed there.
    pub is_imported: bool,
    /// The step that started it.
    pub parent: Option<Parent>,
    /// How its last process left it; `None` while a process runs it, and after a crash.
    pub left: Option<LeaveReason>,
}

impl Entry {
    /// Whether `resume` without an id resumes the execution.
    pub fn is_resumed_automatically(&self) -> bool {
        let is_interrupted = matches!(self.status, ExecutionState::Interrupted);
        // An imported execution may still run where it came from.
        is_interrupted && !self.is_imported && self.left.is_none_or(LeaveReason::is_resumed_automatically)
    }
}

/// The state of an execution, with the liveness of its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutionState {
    /// Ended.
    Ended(Status),
    /// A live process runs it.
    Running(Status),
    /// A live process waits for its lock.
    Queued,
    /// It has not ended, and no process runs it.
    Interrupted,
}

impl ExecutionState {
    /// Final status.
    pub const fn ended(self) -> Option<Status> {
        match self {
            Self::Ended(status) => Some(status),
            Self::Running(_) | Self::Queued | Self::Interrupted => None,
        }
    }

    /// Its state in one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ended(status) | Self::Running(status) => status.as_str(),
            Self::Queued => "Queued",
            Self::Interrupted => "Interrupted",
        }
    }
}

impl std::fmt::Display for ExecutionState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
