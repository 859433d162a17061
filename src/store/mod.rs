//! Where events are kept.
//!
//! Owns: the promise that what was appended is there. Does not own: what events mean. Imports `event`, `name`.
//! The driver appends; commands that show histories read.

mod memory;

use std::future::Future;
use std::pin::Pin;

use crate::event::Recorded;
use crate::name::ExecutionId;

pub use memory::MemoryStore;

/// A future of a store.
pub type Stored<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A place for the events of executions.
pub trait Store: Send + Sync + std::fmt::Debug {
    /// Appends events of one execution. When this returns, all of them are durable; on an error, none is.
    /// The sequence numbers follow those that are there.
    fn append<'a>(&'a self, execution: &'a ExecutionId, events: &'a [Recorded]) -> Stored<'a, ()>;

    /// All events of an execution, the first first; empty when it is not known.
    fn history<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Vec<Recorded>>;
}

/// Why events could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else has written to the execution.
    #[error(
        "event {found} of execution {execution} was to be appended where event {expected} belongs: another process writes to it"
    )]
    Conflict {
        /// The execution.
        execution: ExecutionId,
        /// The number that belongs here.
        expected: u64,
        /// The number that was given.
        found: u64,
    },
}
