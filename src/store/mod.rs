//! Where events are kept.
//!
//! Owns: the promise that what was appended is there, who carries an execution on, requests to executions of other
//! processes, and looking things up. Does not own: what events mean (`execution` folds them). Imports `event`,
//! `execution`, `name`, `clock`. The runner appends; commands that show histories read.

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

/// A place for the events of executions: what the runner needs of it.
pub trait Store: Send + Sync + std::fmt::Debug {
    /// Begins an execution with its first events, and keeps the text of its document. Whoever begins it carries it on.
    /// Durable when this returns; on an error nothing is there. An id is taken once.
    fn open<'a>(&'a self, document: &'a str, events: &'a [Recorded]) -> Stored<'a, ()>;

    /// Appends events of one execution. When this returns, all of them are durable; on an error, none is.
    /// The sequence numbers follow those that are there, without gaps. An execution that was not begun, or that has
    /// ended, takes none.
    fn append<'a>(&'a self, execution: &'a ExecutionId, events: &'a [Recorded]) -> Stored<'a, ()>;

    /// All events of an execution, the first first; empty when it is not known.
    fn history<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Vec<Recorded>>;

    /// The text of a document that was kept with an execution, by its hash. None where none is kept.
    fn text<'a>(&'a self, sha256: &'a str) -> Stored<'a, Option<String>> {
        let _ = sha256;
        Box::pin(std::future::ready(Ok(None)))
    }

    /// Takes over an execution that its process left. Where there is no other process, none ever did.
    fn claim_execution<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Claim> {
        let _ = execution;
        Box::pin(std::future::ready(Ok(Claim::Unknown)))
    }

    /// The executions that steps of this one started and that nobody carries on, the oldest first.
    fn orphaned_children<'a>(&'a self, parent: &'a ExecutionId) -> Stored<'a, Vec<ExecutionId>> {
        let _ = parent;
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

/// Refuses sequence numbers that do not count on from the expected one.
fn follow(execution: &ExecutionId, expected: u64, sequences: impl IntoIterator<Item = u64>) -> Result<(), StoreError> {
    match (expected..).zip(sequences).find(|(expected, found)| expected != found) {
        Some((expected, found)) => Err(StoreError::Conflict { execution: execution.clone(), expected, found }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
