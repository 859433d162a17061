//! Imports executions from another store.

use std::fmt;

use super::{Stored, StoredLine};
use crate::event::Recorded;
use crate::name::ExecutionId;

/// Takes executions that another store exported.
pub trait ArchiveStore: Send + Sync + fmt::Debug {
    /// Imports a whole history. The execution has no owner: if it has not ended, any process may claim it. The text
    /// must have the hash in the history, as an [`Archive`](super::Archive) has verified: executions share it.
    fn import<'a>(&'a self, document: &'a str, events: &'a [Recorded]) -> Stored<'a, ()>;

    /// Imports the log lines of an execution with their numbers, within the bounds of [`LogStore`](super::LogStore). A
    /// number that is there already keeps its line.
    fn import_lines<'a>(&'a self, execution: &'a ExecutionId, lines: Vec<(u64, StoredLine)>) -> Stored<'a, ()>;
}
