//! The events of executions, and the texts of their runbooks.

use std::fmt;

use super::Stored;
use crate::event::Recorded;
use crate::name::ExecutionId;

/// Stores the events of executions.
pub trait EventStore: Send + Sync + fmt::Debug {
    /// Inserts an execution with its first events and the text of its document. The caller owns it. Durable when this
    /// returns; on an error nothing is stored. Each id can be used once.
    fn create<'a>(&'a self, document: &'a str, events: &'a [Recorded]) -> Stored<'a, ()>;

    /// Appends events of one execution. When this returns, all of them are durable; on an error, none is. Their
    /// sequence numbers must continue the stored ones without gaps. An execution that does not exist, has ended, or
    /// belongs to another process accepts none.
    fn append<'a>(&'a self, execution: &'a ExecutionId, events: &'a [Recorded]) -> Stored<'a, ()>;

    /// At most `limit` events of an execution from this number on, in order; empty when it is unknown.
    fn events_page<'a>(&'a self, execution: &'a ExecutionId, from: u64, limit: u32) -> Stored<'a, Vec<Recorded>>;

    /// All events of an execution from this number on, in order; empty when it is unknown.
    fn events<'a>(&'a self, execution: &'a ExecutionId, from: u64) -> Stored<'a, Vec<Recorded>> {
        self.events_page(execution, from, u32::MAX)
    }

    /// All events of an execution in order; empty when it is unknown.
    fn history<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Vec<Recorded>> {
        self.events(execution, 0)
    }

    /// The first event of an execution: its start.
    fn first_event<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Option<Recorded>>;

    /// The text of a document that was stored with an execution, by its hash.
    fn document<'a>(&'a self, sha256: &'a str) -> Stored<'a, Option<String>>;
}
