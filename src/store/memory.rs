//! A store in memory: its events are lost when the process ends.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Store, StoreError, Stored, follow};
use crate::event::{Event, Recorded};
use crate::name::ExecutionId;

/// Stores events until the process ends.
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
        let Some(Event::ExecutionStarted(started)) = events.first().map(|first| &first.event) else {
            return Err(StoreError::NoStart);
        };
        let execution = &started.execution;
        let mut histories = self.histories();
        if histories.contains_key(execution) {
            return Err(StoreError::AlreadyThere { execution: execution.clone() });
        }
        follow(execution, 0, sequences(events))?;
        histories.insert(execution.clone(), events.to_vec());
        Ok(())
    }

    fn add(&self, execution: &ExecutionId, events: &[Recorded]) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        let mut histories = self.histories();
        let Some(history) = histories.get_mut(execution) else {
            return Err(StoreError::Unknown { execution: execution.clone() });
        };
        if history.last().is_some_and(|last| matches!(last.event, Event::ExecutionEnded(_))) {
            return Err(StoreError::NotOwner { execution: execution.clone() });
        }
        follow(execution, u64::try_from(history.len()).unwrap_or(u64::MAX), sequences(events))?;
        history.extend_from_slice(events);
        Ok(())
    }

    fn histories(&self) -> MutexGuard<'_, HashMap<ExecutionId, Vec<Recorded>>> {
        self.histories.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sequences(events: &[Recorded]) -> impl Iterator<Item = u64> {
    events.iter().map(|recorded| recorded.sequence)
}

impl Store for MemoryStore {
    fn create<'a>(&'a self, _document: &'a str, events: &'a [Recorded]) -> Stored<'a, ()> {
        let begun = self.begin(events);
        Box::pin(std::future::ready(begun))
    }

    fn append<'a>(&'a self, execution: &'a ExecutionId, events: &'a [Recorded]) -> Stored<'a, ()> {
        let added = self.add(execution, events);
        Box::pin(std::future::ready(added))
    }

    fn history<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Vec<Recorded>> {
        let history = self.histories().get(execution).cloned().unwrap_or_default();
        Box::pin(std::future::ready(Ok(history)))
    }
}
