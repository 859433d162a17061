//! The journal on real files. Several journals on one folder stand for several processes: each has its own lock file.

mod claims;
mod commits;
mod cuts;
mod damage;
mod function_logs;
mod functions;
mod interruption;
mod lock_queue;
mod migrations;
mod opening;
mod prune;
mod requests;

use std::sync::Arc;

use super::{Journal, file};
use crate::clock::ManualClock;
use crate::event::{Recorded, Status};
use crate::name::ExecutionId;
use crate::store::tests::histories::{History, TEXT, id, start};
use crate::store::{
    ArchiveStore, ChangeFeed, EventStore, ExecutionIndex, Lease, LockQueue, LogStore, RequestStore, Retention,
};

/// A folder for journals, and a clock that advances only on request.
struct Folder {
    folder: tempfile::TempDir,
    clock: ManualClock,
}

impl Folder {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), clock: ManualClock::at(start()) }
    }

    /// The folder of the journal, created with it.
    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("state")
    }

    fn file(&self) -> std::path::PathBuf {
        self.path().join(file::NAME)
    }

    /// Another process on the folder.
    fn journal(&self) -> Journal {
        Journal::create(&self.path(), Arc::new(self.clock.clone())).unwrap()
    }

    /// A database shell on the file.
    fn shell(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.file()).unwrap()
    }
}

/// Begins the execution with this number.
async fn begin(journal: &Journal, number: u32) -> History {
    let history = History::new(number);
    journal.create(TEXT, &history.begin()).await.unwrap();
    history
}

/// Begins an execution and ends it.
async fn whole(journal: &Journal, number: u32) -> Vec<Recorded> {
    let history = begin(journal, number).await;
    let end = history.end(1, Status::Success);
    journal.append(&id(number), &end).await.unwrap();
    [history.begin(), end].concat()
}

/// The interrupted executions.
async fn interrupted(journal: &Journal) -> Vec<ExecutionId> {
    journal.interrupted().await.unwrap().into_iter().map(|entry| entry.id).collect()
}
