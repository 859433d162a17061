//! Where the histories end that this process adds to, so that an append need not look.
//!
//! Only a memory: what is here is tried first, and asked of the database with each append.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::name::ExecutionId;

/// The end of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    /// The number of the execution.
    pub(super) number: i64,
    /// How many events there are; nothing stands after them.
    pub(super) events: u64,
}

/// The ends of the executions that this process carries on. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct TailCache(Arc<Mutex<HashMap<ExecutionId, End>>>);

impl TailCache {
    /// Where a history ends, as far as is known. It may be otherwise: a commit can fail.
    pub(super) fn get(&self, execution: &ExecutionId) -> Option<End> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(execution).copied()
    }

    /// It ends there now.
    pub(super) fn set(&self, execution: ExecutionId, end: End) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(execution, end);
    }

    /// Nothing is added to it any more.
    pub(super) fn forget(&self, execution: &ExecutionId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(execution);
    }
}
