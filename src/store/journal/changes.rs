//! Detects commits to the journal, by any process.

use super::Journal;
use crate::store::{ChangeCursor, ChangeFeed, Stored};

impl ChangeFeed for Journal {
    fn poll_changes<'a>(&'a self, cursor: &'a mut ChangeCursor) -> Stored<'a, bool> {
        // Changes with each commit of another connection; the writer has its own.
        let version = self.read(|connection| {
            Ok(connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?)
        });
        Box::pin(async move { Ok(cursor.move_to(version.await?)) })
    }
}
