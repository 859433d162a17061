//! Detects changes.

use super::{MemoryStore, ready};
use crate::store::{ChangeCursor, ChangeFeed, Stored};

impl ChangeFeed for MemoryStore {
    fn poll_changes<'a>(&'a self, cursor: &'a mut ChangeCursor) -> Stored<'a, bool> {
        ready(Ok(cursor.move_to(self.content().version)))
    }
}
