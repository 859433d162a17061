//! Detects changes of a store, by any process.

use std::fmt;

use super::Stored;

/// Lets followers detect that something was written.
pub trait ChangeFeed: Send + Sync + fmt::Debug {
    /// Whether anything was written since the last call with this cursor; always true the first time. A future that is
    /// dropped before its end moves no cursor.
    fn poll_changes<'a>(&'a self, cursor: &'a mut ChangeCursor) -> Stored<'a, bool>;
}

/// What one follower has seen of the changes of a store. Followers do not share it: each has its own position.
#[derive(Debug, Default)]
pub struct ChangeCursor {
    seen: Option<i64>,
}

impl ChangeCursor {
    /// Moves the cursor to this version; whether it is another one than before.
    pub(super) fn move_to(&mut self, version: i64) -> bool {
        self.seen.replace(version) != Some(version)
    }
}
