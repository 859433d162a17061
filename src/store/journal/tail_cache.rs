//! Caches the ends of the histories that this process appends to, so that an append need not read them.
//!
//! Only a cache: each append verifies its entry in the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::name::ExecutionId;

/// The end of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    /// The row number of the execution.
    pub(super) number: i64,
    /// The number of events; nothing is stored after them.
    pub(super) events: u64,
}

/// The ends of the executions that this process runs. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct TailCache(Arc<Mutex<HashMap<ExecutionId, End>>>);

impl TailCache {
    /// The cached end of a history. It may be stale: a commit can fail.
    pub(super) fn get(&self, execution: &ExecutionId) -> Option<End> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(execution).copied()
    }

    /// Stores the new end.
    pub(super) fn set(&self, execution: ExecutionId, end: End) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(execution, end);
    }

    /// Removes an execution to which nothing will be appended.
    pub(super) fn forget(&self, execution: &ExecutionId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(execution);
    }
}
