//! The journal: events in a SQLite database, shared by processes.
//!
//! Owns: the file and its migrations, the writer thread of a process, the ownership of executions, requests, locks, and
//! lists. Does not own: acting on any of it. Only this folder knows SQL.
//!
//! An append is durable when it returns: WAL with `synchronous=FULL`. Appends that wait at the same time share a
//! commit. Queries run on a thread with a connection of its own, and never wait for a writer.

mod append;
mod changes;
mod entries;
mod event_key;
mod events;
mod file;
mod function_logs;
mod functions;
mod import;
mod index;
mod lease;
mod lock_queue;
mod process;
mod prune;
mod query_error;
mod reader;
mod recovery;
mod requests;
mod tail_cache;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Connection;

use super::{StoreError, Stored};
use crate::clock::Clock;

use process::Process;
use query_error::QueryError;
use reader::Reader;
use tail_cache::TailCache;
use writer::Writer;

/// The executions of a folder.
#[derive(Debug)]
pub struct Journal {
    file: PathBuf,
    clock: Arc<dyn Clock>,
    writer: Writer,
    reader: Reader,
    process: Arc<Process>,
    ends: TailCache,
}

impl Journal {
    /// Opens the journal of a folder for writing. Creates both if necessary, accessible by the owner alone.
    pub fn create(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        file::make_folder(folder)?;
        let opened = file::open(&folder.join(file::NAME))?;
        match opened.unwritable {
            Some(error) => Err(error),
            None => Ok(Self::from_parts(folder, clock, opened)),
        }
    }

    /// Opens the journal of a folder; `None` when there is none. Creates nothing. A read-only journal is opened for
    /// reading.
    pub fn open_existing(folder: &Path, clock: Arc<dyn Clock>) -> Result<Option<Self>, StoreError> {
        if !file::is_there(folder)? {
            return Ok(None);
        }
        Ok(Some(Self::from_parts(folder, clock, file::open(&folder.join(file::NAME))?)))
    }

    fn from_parts(folder: &Path, clock: Arc<dyn Clock>, opened: file::Opened) -> Self {
        let file = folder.join(file::NAME);
        // The files of processes are beside the journal itself, whatever path led to it.
        let real = file.canonicalize().ok();
        let beside = real.as_deref().and_then(Path::parent).unwrap_or(folder);
        let process = Arc::new(Process::new(beside, Arc::clone(&clock)));
        let writer = Writer::new(&file, opened.unwritable, Arc::clone(&process));
        let reader = Reader::new(&file, opened.reader);
        Self { file, clock, writer, reader, process, ends: TailCache::default() }
    }

    /// The number of durable commits of this process since it opened the journal.
    pub fn commits(&self) -> u64 {
        self.writer.commits()
    }

    /// The number of queries of this process since it opened the journal.
    pub fn queries(&self) -> u64 {
        self.reader.count()
    }

    /// Runs a query on the reader thread.
    fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Connection) -> Result<T, QueryError> + Send + 'static,
    ) -> Stored<'_, T> {
        self.reader.query(look)
    }
}

/// The stored form of a moment: nanoseconds since the Unix epoch.
fn nanoseconds(at: Timestamp) -> i64 {
    i64::try_from(at.as_nanosecond()).unwrap_or(if at.as_second() < 0 { i64::MIN } else { i64::MAX })
}

fn moment(nanoseconds: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(nanoseconds)).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod situation;
#[cfg(test)]
mod tests;
