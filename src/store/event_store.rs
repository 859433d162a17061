//! The events of executions, and the texts of their runbooks.

use std::fmt;

use super::{Request, RequestKind, Stored};
use crate::event::Recorded;
use crate::name::ExecutionId;

/// The requests to stop an execution that its runner has received.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReceivedStops {
    /// To cancel it.
    pub cancel: bool,
    /// To complete it.
    pub complete: bool,
}

impl ReceivedStops {
    /// Whether this is a request to stop that was not received.
    pub(super) const fn lacks(self, kind: &RequestKind) -> bool {
        match kind {
            RequestKind::Cancel => !self.cancel,
            RequestKind::Complete => !self.complete,
            RequestKind::Signal { .. } => false,
        }
    }
}

/// The result of [`EventStore::append_start`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartOutcome {
    /// The events are durable.
    Appended,
    /// Nothing was stored: the execution is to stop.
    StopRequested(Request),
}

/// Stores the events of executions.
pub trait EventStore: Send + Sync + fmt::Debug {
    /// Inserts an execution with its first events and the text of its document. The caller owns it. Durable when this
    /// returns; on an error nothing is stored. Each id can be used once.
    fn create<'a>(&'a self, document: &'a str, events: &'a [Recorded]) -> Stored<'a, ()>;

    /// Appends events of one execution. When this returns, all of them are durable; on an error, none is. Their
    /// sequence numbers must continue the stored ones without gaps. An execution that does not exist, has ended, or
    /// belongs to another process accepts none.
    fn append<'a>(&'a self, execution: &'a ExecutionId, events: &'a [Recorded]) -> Stored<'a, ()>;

    /// Appends events of which at least one starts a step or an attempt, as [`append`](Self::append) does, unless there
    /// is a request to stop the execution that the caller has not received. Requests are looked up in the transaction
    /// that stores the events, so a step never starts after a request to stop was stored.
    fn append_start<'a>(
        &'a self,
        execution: &'a ExecutionId,
        events: &'a [Recorded],
        received: ReceivedStops,
    ) -> Stored<'a, StartOutcome>;

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
