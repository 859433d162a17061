//! Tests of the journal on real files; several journals on one folder stand for several processes (each has a lock file
//! of its own).

mod claims;
mod commits;
mod corruption;
mod function_logs;
mod functions;
mod import_prune;
mod interruption;
mod listing;
mod lock_queue;
mod migrations;
mod opening;
mod requests;
mod truncation;

use std::sync::Arc;

use super::{Journal, file};
use crate::clock::ManualClock;
use crate::event::{Recorded, Status};
use crate::name::ExecutionId;
use crate::store::Store;
use crate::store::tests::histories::{History, TEXT, id, start};

/// A folder for journals, and a fixed clock.
struct Folder {
    folder: tempfile::TempDir,
    clock: ManualClock,
}

impl Folder {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), clock: ManualClock::at(start()) }
    }

    /// The folder of the journal, which the journal creates.
    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("state")
    }

    fn file(&self) -> std::path::PathBuf {
        self.path().join(file::NAME)
    }

    /// One more process on the folder.
    fn journal(&self) -> Journal {
        Journal::create(&self.path(), Arc::new(self.clock.clone())).unwrap()
    }

    /// A plain SQLite connection to the file.
    fn shell(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.file()).unwrap()
    }
}

/// Starts the execution with this number.
async fn begin(journal: &Journal, number: u32) -> History {
    let history = History::new(number);
    journal.create(TEXT, &history.begin()).await.unwrap();
    history
}

/// Starts it and ends it.
async fn run_to_end(journal: &Journal, number: u32) -> Vec<Recorded> {
    let history = begin(journal, number).await;
    let end = history.end(1, Status::Success);
    journal.append(&id(number), &end).await.unwrap();
    [history.begin(), end].concat()
}

/// The interrupted executions.
fn interrupted(journal: &Journal) -> Vec<ExecutionId> {
    journal.interrupted().unwrap().into_iter().map(|entry| entry.id).collect()
}
