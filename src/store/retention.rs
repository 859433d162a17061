//! Removes executions that ended long ago.

use std::fmt;

use jiff::Timestamp;

use super::Stored;
use crate::event::Status;

/// Removes executions that have ended.
pub trait Retention: Send + Sync + fmt::Debug {
    /// The number of executions that ended before this moment, with one of these statuses or with any.
    fn prunable<'a>(&'a self, ended_before: Timestamp, statuses: &'a [Status]) -> Stored<'a, u64>;

    /// Removes the executions that ended before this moment, with all their data. Executions that have not ended stay.
    fn prune<'a>(&'a self, ended_before: Timestamp, statuses: &'a [Status]) -> Stored<'a, Pruned>;
}

/// The result of a removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    /// The number of executions.
    pub executions: u64,
    /// The bytes that were returned to the disk.
    pub bytes: u64,
}
