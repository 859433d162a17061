//! Stores the events of executions.
//!
//! Owns: durability, the ownership of executions, locks, requests to executions of other processes, and look-ups. Does
//! not own: what events mean (`execution` folds them). Imports `event`, `execution`, `name`, `clock`. The runner
//! appends; operations that show histories read.

mod access;
mod archive;
mod error;
mod journal;
mod memory;

use std::future::Future;
use std::pin::Pin;

use crate::event::Recorded;
use crate::name::ExecutionId;

pub use access::{ForeignAccess, find_foreign_access};
pub use archive::{ARCHIVE_FORMAT, ARCHIVE_VERSION, Archive, ArchiveError, ArchivedLine};
pub use error::StoreError;
pub use journal::{
    ChangeCursor, Claim, Entry, ExecutionState, Filter, FindError, Journal, LockState, OnConflict, Owner, Page,
    Parents, Pruned, Request, RequestKind, StoredLine,
};
pub use memory::MemoryStore;

/// A future of a store.
pub type Stored<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A store as the runner needs it.
pub trait Store: Send + Sync + std::fmt::Debug {
    /// Inserts an execution with its first events and the text of its document. The caller owns it. Durable when this
    /// returns; on an error nothing is stored. Each id can be used once.
    fn create<'a>(&'a self, document: &'a str, events: &'a [Recorded]) -> Stored<'a, ()>;

    /// Appends events of one execution. When this returns, all of them are durable; on an error, none is. Their
    /// sequence numbers must continue the stored ones without gaps. An execution that does not exist or has ended
    /// accepts none.
    fn append<'a>(&'a self, execution: &'a ExecutionId, events: &'a [Recorded]) -> Stored<'a, ()>;

    /// All events of an execution in order; empty when it is unknown.
    fn history<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Vec<Recorded>>;

    /// The text of a document that was stored with an execution, by its hash. `None` where documents are not stored.
    fn document<'a>(&'a self, sha256: &'a str) -> Stored<'a, Option<String>> {
        let _ = sha256;
        Box::pin(std::future::ready(Ok(None)))
    }

    /// Claims an interrupted execution. Where there are no other processes, none is ever interrupted.
    fn claim_execution<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Claim> {
        let _ = execution;
        Box::pin(std::future::ready(Ok(Claim::Unknown)))
    }

    /// The interrupted children of this execution, the oldest first.
    fn orphaned_children<'a>(&'a self, parent: &'a ExecutionId) -> Stored<'a, Vec<ExecutionId>> {
        let _ = parent;
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

/// Refuses sequence numbers that do not continue from the expected one.
fn follow(execution: &ExecutionId, expected: u64, sequences: impl IntoIterator<Item = u64>) -> Result<(), StoreError> {
    match (expected..).zip(sequences).find(|(expected, found)| expected != found) {
        Some((expected, found)) => Err(StoreError::Conflict { execution: execution.clone(), expected, found }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
