//! Events in memory: gone with the process.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::{Store, StoreError, Stored};
use crate::event::{Event, Recorded};
use crate::name::ExecutionId;

/// Keeps everything until the process ends.
#[derive(Debug, Default)]
pub struct MemoryStore {
    histories: Mutex<HashMap<ExecutionId, Vec<Recorded>>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn begin(&self, events: &[Recorded]) -> Result<(), StoreError> {
        match events.first().map(|first| &first.event) {
            Some(Event::ExecutionStarted(started)) => self.add(&started.execution, events),
            Some(_) | None => Err(StoreError::NoStart),
        }
    }

    fn add(&self, execution: &ExecutionId, events: &[Recorded]) -> Result<(), StoreError> {
        let mut histories = self.histories.lock().unwrap_or_else(PoisonError::into_inner);
        let history = match histories.get_mut(execution) {
            Some(history) => history,
            None => histories.entry(execution.clone()).or_default(),
        };
        let expected = u64::try_from(history.len()).unwrap_or(u64::MAX);
        if let Some(found) = events.first().map(|first| first.sequence).filter(|found| *found != expected) {
            return Err(StoreError::Conflict { execution: execution.clone(), expected, found });
        }
        history.extend_from_slice(events);
        Ok(())
    }
}

impl Store for MemoryStore {
    fn open<'a>(&'a self, _document: &'a str, events: &'a [Recorded]) -> Stored<'a, ()> {
        let begun = self.begin(events);
        Box::pin(std::future::ready(begun))
    }

    fn append<'a>(&'a self, execution: &'a ExecutionId, events: &'a [Recorded]) -> Stored<'a, ()> {
        let added = self.add(execution, events);
        Box::pin(std::future::ready(added))
    }

    fn history<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Vec<Recorded>> {
        let histories = self.histories.lock().unwrap_or_else(PoisonError::into_inner);
        let history = histories.get(execution).cloned().unwrap_or_default();
        Box::pin(std::future::ready(Ok(history)))
    }
}
