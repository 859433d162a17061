//! The contract of a store: every scenario has the same results in memory and in a journal.
//!
//! Only one process uses the store here. The tests of the journal cover several processes, and damaged files.

mod archive;
mod changes;
mod events;
mod find;
mod index;
mod lease;
mod lock_queue;
mod logs;
mod requests;
mod retention;

use std::future::Future;
use std::sync::Arc;

use super::histories::{History, TEXT, id, start};
use crate::clock::ManualClock;
use crate::event::{Parent, Recorded, Status};
use crate::name::{ExecutionId, StepExecutionId, StepName};
use crate::store::{Entry, Journal, MemoryStore, Store};

/// Runs a scenario on a new store of each kind.
async fn each<F: Future<Output = ()>>(scenario: impl Fn(Arc<dyn Store>) -> F) {
    let clock = || Arc::new(ManualClock::at(start()));
    scenario(Arc::new(MemoryStore::with_clock(clock()))).await;
    let folder = tempfile::tempdir().unwrap();
    scenario(Arc::new(Journal::create(folder.path(), clock()).unwrap())).await;
}

fn joined(parts: &[&[Recorded]]) -> Vec<Recorded> {
    parts.concat()
}

/// Begins the execution with this number.
async fn begin(store: &dyn Store, number: u32) -> History {
    let history = History::new(number);
    store.create(TEXT, &history.begin()).await.unwrap();
    history
}

/// Begins an execution and ends it.
async fn whole(store: &dyn Store, number: u32) -> Vec<Recorded> {
    let history = begin(store, number).await;
    let end = history.end(1, Status::Success);
    store.append(&id(number), &end).await.unwrap();
    joined(&[&history.begin(), &end])
}

/// An execution that a step of another one starts.
fn child(number: u32, parent: u32) -> History {
    let mut history = History::new(number);
    history.started.launch.parent = Some(Box::new(Parent {
        execution: id(parent),
        step: StepName::new("step1"),
        step_execution: StepExecutionId::new("run"),
        attempt: 1,
        target: None,
        ancestors: Vec::new(),
    }));
    history
}

async fn entry(store: &dyn Store, number: u32) -> Entry {
    store.entry(&id(number)).await.unwrap().unwrap()
}

/// The numbers of executions.
fn numbers<'a>(ids: impl IntoIterator<Item = &'a ExecutionId>) -> Vec<u32> {
    ids.into_iter().map(|id| u32::from_str_radix(&id.as_str()[..8], 16).unwrap()).collect()
}

fn listed(entries: &[Entry]) -> Vec<u32> {
    numbers(entries.iter().map(|entry| &entry.id))
}
