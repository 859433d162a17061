//! Detects commits to the journal, by any process.

use super::Journal;
use crate::store::StoreError;

/// What one follower has seen of the changes of a journal. Followers do not share it: each has its own position.
#[derive(Debug, Default)]
pub struct ChangeCursor {
    seen: Option<i64>,
}

impl ChangeCursor {
    /// Whether anything was committed since the last call; always true the first time.
    pub fn poll(&mut self, journal: &Journal) -> Result<bool, StoreError> {
        let version = journal.data_version()?;
        Ok(self.seen.replace(version) != Some(version))
    }
}

impl Journal {
    /// A number that changes with each commit of another connection.
    fn data_version(&self) -> Result<i64, StoreError> {
        self.read(|connection| connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0)))
    }
}
