//! A store in memory: its content is lost when the process ends.
//!
//! It belongs to one process, so no other one claims its executions; those that this process has left can be claimed
//! again.

mod changes;
mod events;
mod execution;
mod index;
mod lease;
mod lock_queue;
mod logs;
mod pattern;
mod requests;
mod retention;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::{self, Clock, SystemClock};
use crate::name::ExecutionId;
use crate::store::lease::host;
use crate::store::{Owner, Request, StoreError, Stored};
use execution::MemoryExecution;
use lock_queue::Turn;

/// Stores executions until the process ends.
#[derive(Debug)]
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    /// This process.
    owner: Owner,
    content: Mutex<Content>,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// An empty store with this clock.
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        let owner = Owner { id: clock::random_id(), pid: std::process::id(), host: host(), since: clock.now() };
        Self { clock, owner, content: Mutex::default() }
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everything that is stored.
#[derive(Debug, Default)]
struct Content {
    /// The executions by the number in which they were stored.
    executions: BTreeMap<u64, MemoryExecution>,
    numbers: HashMap<ExecutionId, u64>,
    last_number: u64,
    /// The texts of documents by their hashes.
    documents: HashMap<String, String>,
    requests: BTreeMap<u64, (ExecutionId, Request)>,
    last_request: u64,
    /// The queues of all locks, in the order in which executions asked.
    turns: Vec<Turn>,
    /// Grows with each change.
    version: i64,
}

impl Content {
    fn get(&self, execution: &ExecutionId) -> Option<&MemoryExecution> {
        self.executions.get(self.numbers.get(execution)?)
    }

    fn get_mut(&mut self, execution: &ExecutionId) -> Option<&mut MemoryExecution> {
        self.executions.get_mut(self.numbers.get(execution)?)
    }

    /// An execution that has to exist.
    fn require(&mut self, execution: &ExecutionId) -> Result<&mut MemoryExecution, StoreError> {
        self.get_mut(execution).ok_or_else(|| StoreError::Unknown { execution: execution.clone() })
    }

    const fn note_change(&mut self) {
        self.version += 1;
    }
}

/// A future that has ended.
fn ready<'a, T: Send + 'a>(result: Result<T, StoreError>) -> Stored<'a, T> {
    Box::pin(std::future::ready(result))
}
