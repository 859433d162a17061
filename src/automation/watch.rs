//! Watches the journal for changes.

use std::sync::Arc;

use crate::clock::{Clock, SystemClock, after};
use crate::limits::{FOLLOW_LOOKS, FOLLOW_POLL};
use crate::store::{ChangeCursor, Store, StoreError};

/// Waits until a process commits to a journal. Other processes write to it too, so it is polled.
#[derive(Debug)]
pub(super) struct JournalWatch {
    journal: Arc<dyn Store>,
    changes: ChangeCursor,
}

impl JournalWatch {
    /// Watches from now on: a commit after this ends the next wait.
    pub(super) async fn new(journal: Arc<dyn Store>) -> Result<Self, StoreError> {
        let mut changes = ChangeCursor::default();
        journal.poll_changes(&mut changes).await?;
        Ok(Self { journal, changes })
    }

    pub(super) fn journal(&self) -> &dyn Store {
        &*self.journal
    }

    /// Waits for a commit, or for a while: the death of a process changes nothing in the journal.
    pub(super) async fn changed(&mut self) -> Result<(), StoreError> {
        for _ in 0..FOLLOW_LOOKS {
            SystemClock.sleep_until(after(SystemClock.now(), FOLLOW_POLL)).await;
            if self.journal.poll_changes(&mut self.changes).await? {
                break;
            }
        }
        Ok(())
    }
}
