//! Notices that something was committed to the journal, by any process.

use super::Journal;
use crate::store::StoreError;

/// What one follower has seen of the changes of a journal. Followers of one journal do not share it: what one has seen,
/// another has not.
#[derive(Debug, Default)]
pub struct ChangeCursor {
    seen: Option<i64>,
}

impl ChangeCursor {
    /// Whether anything was committed since this was asked the last time; always so the first time.
    pub fn poll(&mut self, journal: &Journal) -> Result<bool, StoreError> {
        let version = journal.data_version()?;
        Ok(self.seen.replace(version) != Some(version))
    }
}

impl Journal {
    /// A number that is another one after each commit of another connection.
    fn data_version(&self) -> Result<i64, StoreError> {
        self.read(|connection| connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0)))
    }
}
