//! Removes executions that ended long ago.

use std::collections::HashSet;

use jiff::Timestamp;

use super::execution::MemoryExecution;
use super::{MemoryStore, ready};
use crate::event::Status;
use crate::store::{Pruned, Retention, Stored};

impl MemoryExecution {
    fn is_prunable(&self, ended_before: Timestamp, statuses: &[Status]) -> bool {
        let is_old = self.ended.as_ref().is_some_and(|(ended_at, _)| *ended_at < ended_before);
        is_old && (statuses.is_empty() || statuses.contains(&self.status))
    }
}

impl Retention for MemoryStore {
    fn prunable<'a>(&'a self, ended_before: Timestamp, statuses: &'a [Status]) -> Stored<'a, u64> {
        let content = self.content();
        let found = content.executions.values().filter(|found| found.is_prunable(ended_before, statuses));
        ready(Ok(u64::try_from(found.count()).unwrap_or(u64::MAX)))
    }

    fn prune<'a>(&'a self, ended_before: Timestamp, statuses: &'a [Status]) -> Stored<'a, Pruned> {
        let mut content = self.content();
        let before = content.executions.len();
        content.executions.retain(|_, found| !found.is_prunable(ended_before, statuses));
        let removed = before - content.executions.len();
        if removed > 0 {
            let super::Content { executions, numbers, documents, .. } = &mut *content;
            numbers.retain(|_, number| executions.contains_key(number));
            let used: HashSet<&str> = executions.values().map(|it| it.started.document.sha256.as_str()).collect();
            documents.retain(|sha256, _| used.contains(sha256.as_str()));
            content.note_change();
        }
        // No space on a disk is freed.
        ready(Ok(Pruned { executions: u64::try_from(removed).unwrap_or(u64::MAX), bytes: 0 }))
    }
}
