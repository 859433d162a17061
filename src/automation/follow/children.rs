//! The child executions of the followed execution, and their descendants.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;

use super::source::Source;
use crate::automation::error::AutomationError;
use crate::event::Recorded;
use crate::execution::Execution;
use crate::name::ExecutionId;
use crate::store::{EventStore, Store};

#[derive(Debug, Default)]
pub(super) struct Children {
    /// Those whose events are read, in the order in which they started.
    open: Vec<Source>,
    /// Children that were found, and whose events were not read yet. Their events are read in their order, so that of
    /// many children that ran one after the other only a few are in memory at a time.
    found: VecDeque<(Timestamp, ExecutionId)>,
    known: HashMap<ExecutionId, Reading>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    UnderWay,
    Done,
}

impl Children {
    /// Finds new children, and reads new events of the known ones.
    pub(super) async fn read(&mut self, journal: &dyn Store, parent: &ExecutionId) -> Result<(), AutomationError> {
        self.close_ended();
        let (mut parents, mut new) = (vec![parent.clone()], Vec::new());
        while let Some(parent) = parents.pop() {
            for child in journal.children(&parent).await? {
                match self.known.get(&child.id) {
                    Some(Reading::Done) => continue,
                    Some(Reading::UnderWay) => {}
                    None => new.push((child.started_at, child.id.clone())),
                }
                parents.push(child.id);
            }
        }
        self.known.extend(new.iter().map(|(_, id)| (id.clone(), Reading::UnderWay)));
        self.found.extend(new);
        self.found.make_contiguous().sort_by_key(|(started_at, _)| *started_at);
        for child in &mut self.open {
            child.read(journal).await?;
        }
        Ok(())
    }

    /// The child with the earliest unread event, and its time.
    pub(super) async fn first(
        &mut self,
        journal: &dyn EventStore,
    ) -> Result<Option<(Timestamp, usize)>, AutomationError> {
        self.close_ended();
        for child in &mut self.open {
            child.read_further(journal).await?;
        }
        loop {
            let heads = self.open.iter().enumerate();
            let first = heads.filter_map(|(index, child)| Some((child.head()?, index))).min();
            let next = self.found.front().filter(|(started_at, _)| first.is_none_or(|(at, _)| *started_at <= at));
            let Some((_, id)) = next else { return Ok(first) };
            let mut child = Source::new(id.clone());
            child.read(journal).await?;
            // Only now: a future that is dropped while it reads loses no child.
            self.found.pop_front();
            self.open.push(child);
        }
    }

    pub(super) fn take(&mut self, child: usize) -> Result<Option<Recorded>, AutomationError> {
        match self.open.get_mut(child) {
            Some(child) => child.take(),
            None => Ok(None),
        }
    }

    /// The state of a child after the event that was taken last.
    pub(super) fn state(&self, child: usize) -> Option<&Execution> {
        self.open.get(child)?.state.as_ref()
    }

    /// Drops the states of children that have ended.
    fn close_ended(&mut self) {
        let known = &mut self.known;
        self.open.retain(|child| {
            let has_ended = child.has_ended();
            if has_ended {
                known.insert(child.id.clone(), Reading::Done);
            }
            !has_ended
        });
    }
}
