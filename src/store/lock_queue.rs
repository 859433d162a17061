//! Locks: executions with the same lock run one after the other.

use std::fmt;

use super::Stored;
use crate::name::ExecutionId;

/// Queues executions for locks.
pub trait LockQueue: Send + Sync + fmt::Debug {
    /// Acquires a lock or a position in its queue; called again, returns the current state. An execution that has
    /// ended, or whose process is gone, does not block others.
    fn acquire_lock<'a>(
        &'a self,
        lock: &'a str,
        execution: &'a ExecutionId,
        on_conflict: OnConflict,
    ) -> Stored<'a, LockState>;
}

/// What to do when another execution has the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnConflict {
    /// Wait for it.
    Queue,
    /// Do not run.
    Reject,
    /// Cancel it and all that wait for it, then take its place.
    Replace,
}

/// The state of an execution in the queue of its lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockState {
    /// It has the lock.
    Held,
    /// Others are ahead of it.
    Waiting {
        /// The execution that has the lock, or gets it next.
        holder: ExecutionId,
        /// How many are ahead, that one included. Executions that are gone are removed when their turn comes.
        ahead: u64,
    },
    /// Another execution has it, and this one was not to wait.
    Refused {
        /// The execution that has it.
        holder: ExecutionId,
    },
}

/// The requester in the cancel requests to the executions ahead.
pub(super) fn replacing_requester(execution: &ExecutionId, lock: &str) -> String {
    format!("execution {execution}, which replaces it under lock {lock}")
}
