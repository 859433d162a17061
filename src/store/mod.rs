//! Stores executions: their events, and the state that processes share about them.
//!
//! Owns: durability, the ownership of executions, locks, requests to executions of other processes, logs of local
//! functions, and look-ups. Does not own: what events mean (`execution` folds them). Imports `event`, `execution`,
//! `name`, `clock`.
//!
//! One trait for each subject, and [`Store`] for all of them. A journal on disk and a store in memory implement every
//! one, with the same results; callers take the narrowest that they need. Reads block no thread of a runtime.

mod access;
mod archive;
mod archive_store;
mod change_feed;
mod entry;
mod entry_change;
mod error;
mod event_store;
mod execution_index;
mod find;
mod journal;
mod lease;
mod lock_queue;
mod log_store;
mod memory;
mod request_store;
mod retention;

use std::future::Future;
use std::pin::Pin;

use crate::name::ExecutionId;

pub use access::find_foreign_access;
pub use archive::{ARCHIVE_FORMAT, ARCHIVE_VERSION, Archive, ArchiveError, ArchivedLine};
pub use archive_store::ArchiveStore;
pub use change_feed::{ChangeCursor, ChangeFeed};
pub use entry::{Entry, ExecutionState};
pub use error::StoreError;
pub use event_store::{EventStore, ReceivedStops, StartOutcome};
pub use execution_index::{ExecutionIndex, Filter, Page, Parents};
pub use find::{FindError, find_execution};
pub use journal::Journal;
pub use lease::{Claim, Lease, Owner, claim_after_functions};
pub use lock_queue::{LockQueue, LockState, OnConflict};
pub use log_store::{LogStore, StoredLine};
pub use memory::MemoryStore;
pub use request_store::{PostedRequest, Request, RequestKind, RequestStore};
pub use retention::{Pruned, Retention};

/// A future of a store. It needs no runtime.
pub type Stored<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Everything that a store does.
pub trait Store:
    EventStore + ExecutionIndex + Lease + RequestStore + LockQueue + LogStore + ChangeFeed + ArchiveStore + Retention
{
}

impl<T> Store for T where
    T: EventStore
        + ExecutionIndex
        + Lease
        + RequestStore
        + LockQueue
        + LogStore
        + ChangeFeed
        + ArchiveStore
        + Retention
{
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
