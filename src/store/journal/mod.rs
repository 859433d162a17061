//! The journal: events in a SQLite database, shared by processes.
//!
//! Owns: the file and its migrations, the writer thread of a process, the ownership of executions, requests, locks, and
//! lists. Does not own: what is done about any of it. Only this folder knows SQL.
//!
//! An append is durable when it returns: WAL with `synchronous=FULL`. Appends that wait at the same time share a
//! commit.
//! Readers have a connection of their own and never wait for a writer.

mod append;
mod changes;
mod claim;
mod entries;
mod event_key;
mod file;
mod function_logs;
mod functions;
mod import_prune;
mod interruption;
mod lock_queue;
mod process;
mod recovery;
mod requests;
mod tail_cache;
mod write_error;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::{Store, StoreError, Stored};
use crate::clock::Clock;
use crate::event::{Event, Recorded};
use crate::name::ExecutionId;

pub use changes::ChangeCursor;
pub use claim::Claim;
pub use entries::{Entry, ExecutionState, Filter, FindError, Page, Parents};
pub use function_logs::StoredLine;
pub use import_prune::Pruned;
pub use lock_queue::{LockState, OnConflict};
pub use process::Owner;
pub use requests::{Request, RequestKind};

use process::Process;
use tail_cache::TailCache;
use writer::Writer;

/// The executions of a folder.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    file: PathBuf,
    clock: Arc<dyn Clock>,
    writer: Writer,
    reader: Mutex<Connection>,
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
            None => Ok(Self::of(folder, clock, opened)),
        }
    }

    /// Opens the journal of a folder; `None` when there is none. Creates nothing. A read-only journal is opened for
    /// reading.
    pub fn open_existing(folder: &Path, clock: Arc<dyn Clock>) -> Result<Option<Self>, StoreError> {
        if !file::is_there(folder)? {
            return Ok(None);
        }
        Ok(Some(Self::of(folder, clock, file::open(&folder.join(file::NAME))?)))
    }

    fn of(folder: &Path, clock: Arc<dyn Clock>, opened: file::Opened) -> Self {
        let file = folder.join(file::NAME);
        // The files of processes are beside the journal itself, whatever path led to it.
        let real = file.canonicalize().ok();
        let beside = real.as_deref().and_then(Path::parent).unwrap_or(folder);
        let process = Arc::new(Process::new(beside, Arc::clone(&clock)));
        let writer = Writer::new(&file, opened.unwritable, Arc::clone(&process));
        let reader = Mutex::new(opened.reader);
        Self { folder: folder.to_owned(), file, clock, writer, reader, process, ends: TailCache::default() }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The number of durable commits of this process since it opened the journal.
    pub fn commits(&self) -> u64 {
        self.writer.commits()
    }

    /// The events of an execution from this number on; empty for an unknown execution. Excludes an append that was cut.
    pub fn events(&self, execution: &ExecutionId, from: u64) -> Result<Vec<Recorded>, StoreError> {
        // No limit, in SQLite.
        self.read_events(execution, from, -1)
    }

    /// Likewise, at most `limit` of them.
    pub fn events_page(&self, execution: &ExecutionId, from: u64, limit: u32) -> Result<Vec<Recorded>, StoreError> {
        self.read_events(execution, from, i64::from(limit))
    }

    fn read_events(&self, execution: &ExecutionId, from: u64, limit: i64) -> Result<Vec<Recorded>, StoreError> {
        self.read(|connection| {
            let number = "SELECT number FROM executions WHERE id = ?1";
            let number: Option<i64> =
                connection.prepare_cached(number)?.query_row([execution.as_str()], |row| row.get(0)).optional()?;
            let Some(number) = number else { return Ok(Ok(Vec::new())) };
            let Some(last) = recovery::last_whole(connection, number)? else { return Ok(Ok(Vec::new())) };
            let events = "SELECT sequence, at, kind, body FROM events WHERE place BETWEEN ?1 AND ?2 \
                          ORDER BY place LIMIT ?3";
            let mut statement = connection.prepare_cached(events)?;
            let mut rows = statement.query((event_key::of(number, from), event_key::of(number, last), limit))?;
            let mut events = Vec::new();
            while let Some(row) = rows.next()? {
                let sequence = row.get(0)?;
                match Event::read(row.get_ref(2)?.as_str()?, row.get_ref(3)?.as_str()?) {
                    Ok(event) => events.push(Recorded { sequence, at: moment(row.get(1)?), event }),
                    Err(why) => {
                        let before = if from == 0 { events } else { versions(connection, number, sequence)? };
                        return Ok(Err(StoreError::event(execution, sequence, &why, &before)));
                    }
                }
            }
            Ok(Ok(events))
        })?
    }

    /// The first event of an execution: its start.
    pub fn first_event(&self, execution: &ExecutionId) -> Result<Option<Recorded>, StoreError> {
        let row: Option<(i64, String, String)> = self.read(|connection| {
            let select = "SELECT v.at, v.kind, v.body FROM executions e JOIN events v ON v.place = e.number << 32 \
                          WHERE e.id = ?1";
            connection
                .prepare_cached(select)?
                .query_row([execution.as_str()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()
        })?;
        let Some((at, kind, body)) = row else { return Ok(None) };
        let event = Event::read(&kind, &body).map_err(|why| StoreError::event(execution, 0, &why, &[]))?;
        Ok(Some(Recorded { sequence: 0, at: moment(at), event }))
    }

    /// This process as others see it, once it owns an execution.
    pub fn process(&self) -> &str {
        self.process.id()
    }

    /// The text of a document, by its hash.
    pub fn document(&self, sha256: &str) -> Result<Option<String>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached("SELECT text FROM documents WHERE sha256 = ?1")?
                .query_row([sha256], |row| row.get(0))
                .optional()
        })
    }

    fn reader(&self) -> MutexGuard<'_, Connection> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(&self, look: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        look(&self.reader()).map_err(|error| file::told(&self.file, &error))
    }
}

impl Store for Journal {
    fn create<'a>(&'a self, document: &'a str, events: &'a [Recorded]) -> Stored<'a, ()> {
        self.begin(document, events, append::Owned::ByThisProcess)
    }

    fn append<'a>(&'a self, execution: &'a ExecutionId, events: &'a [Recorded]) -> Stored<'a, ()> {
        self.add(execution, events)
    }

    fn history<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Vec<Recorded>> {
        let history = self.events(execution, 0);
        Box::pin(std::future::ready(history))
    }

    fn document<'a>(&'a self, sha256: &'a str) -> Stored<'a, Option<String>> {
        let text = self.document(sha256);
        Box::pin(std::future::ready(text))
    }

    fn claim_execution<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Claim> {
        self.claim(execution)
    }

    fn orphaned_children<'a>(&'a self, parent: &'a ExecutionId) -> Stored<'a, Vec<ExecutionId>> {
        let left = self.children(parent).map(|children| {
            let left = children.into_iter().filter(|child| child.status == ExecutionState::Interrupted);
            left.map(|child| child.id).collect()
        });
        Box::pin(std::future::ready(left))
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
/// The events that tell which version wrote those before this number.
fn versions(connection: &Connection, number: i64, sequence: u64) -> rusqlite::Result<Vec<Recorded>> {
    let select = "SELECT sequence, at, kind, body FROM events WHERE place BETWEEN ?1 AND ?2 \
                  AND kind IN ('ExecutionStarted', 'ExecutionResumed') ORDER BY place";
    let mut statement = connection.prepare_cached(select)?;
    let mut rows = statement.query((event_key::of(number, 0), event_key::of(number, sequence)))?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        // An unreadable event tells no version.
        if let Ok(event) = Event::read(row.get_ref(2)?.as_str()?, row.get_ref(3)?.as_str()?) {
            events.push(Recorded { sequence: row.get(0)?, at: moment(row.get(1)?), event });
        }
    }
    Ok(events)
}

#[cfg(test)]
mod tests;
