//! The writer thread of a process.
//!
//! Callers submit a closure and wait for its commit. All work that is submitted during one commit shares the next one;
//! a savepoint for each keeps one that fails from undoing the others.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::file;
use super::process::Process;
use super::query_error::QueryError;
use crate::clock;
use crate::limits::{HEARTBEAT, JOURNAL_BATCH, JOURNAL_QUEUE, LINES_WAIT};
use crate::store::{StoreError, Stored};

/// The result of a write, reported once its commit is known.
struct WriteOutcome {
    /// Why it was not written.
    refused: Option<StoreError>,
    /// Receives the fault that undid the commit, if there was one.
    report: Box<dyn FnOnce(Option<StoreError>) + Send>,
}

/// Writes, or receives why that is not possible.
type Write = Box<dyn FnOnce(Result<&Connection, &StoreError>) -> WriteOutcome + Send>;

/// A piece of work.
struct Work {
    /// Writes, or receives why that is not possible.
    write: Write,
    refused: Rollback,
}

/// When the work can be rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rollback {
    /// Before it has written anything. Later only a fault can stop it, and a fault undoes everything in the commit.
    Unneeded,
    /// At any time: its own writes are undone, and the others stay.
    Savepoint,
}

enum WriteJob {
    /// A caller waits for it.
    Now(Work),
    /// No caller waits: it is written with the next commit, or alone after a while.
    Deferred(Work),
}

/// Submits work to the thread, which starts with the first piece.
#[derive(Debug)]
pub(super) struct Writer {
    file: PathBuf,
    /// Why the journal is read-only; `None` when it is writable.
    unwritable: Option<StoreError>,
    process: Arc<Process>,
    commits: Arc<AtomicU64>,
    thread: Mutex<Option<Thread>>,
}

#[derive(Debug)]
struct Thread {
    jobs: SyncSender<WriteJob>,
    handle: JoinHandle<()>,
}

impl Writer {
    pub(super) fn new(file: &Path, unwritable: Option<StoreError>, process: Arc<Process>) -> Self {
        let (file, commits) = (file.to_owned(), Arc::default());
        Self { file, unwritable, process, commits, thread: Mutex::new(None) }
    }

    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Writes; the future ends when the commit is durable.
    pub(super) fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, QueryError> + Send + 'static,
    ) -> Stored<'_, T> {
        self.submit_with(Rollback::Savepoint, work)
    }

    /// Like [`Self::submit`] for work that checks first and then writes. It needs no savepoint, which would copy every
    /// page that it touches.
    pub(super) fn submit_checked<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, QueryError> + Send + 'static,
    ) -> Stored<'_, T> {
        self.submit_with(Rollback::Unneeded, work)
    }

    fn submit_with<T: Send + 'static>(
        &self,
        refused: Rollback,
        work: impl FnOnce(&Connection) -> Result<T, QueryError> + Send + 'static,
    ) -> Stored<'_, T> {
        let (sender, result) = oneshot::channel();
        let file = self.file.clone();
        let write = move |connection: Result<&Connection, &StoreError>| {
            let result = connection
                .map_err(Clone::clone)
                .and_then(|connection| work(connection).map_err(|error| error.of_journal(&file)));
            let refused = result.as_ref().err().cloned();
            // The caller may be gone.
            let report = move |undone: Option<StoreError>| drop(sender.send(undone.map_or(result, Err)));
            WriteOutcome { refused, report: Box::new(report) }
        };
        let sent = self.send(WriteJob::Now(Work { write: Box::new(write), refused }));
        Box::pin(async move {
            sent?;
            let stopped = || StoreError::Stopped { file: self.file.clone(), why: "its thread has ended".to_owned() };
            result.await.unwrap_or_else(|_| Err(stopped()))
        })
    }

    /// Writes with the next commit; a failure is not reported.
    pub(super) fn submit_deferred(&self, work: impl FnOnce(&Connection) -> Result<(), QueryError> + Send + 'static) {
        let file = self.file.clone();
        let write = move |connection: Result<&Connection, &StoreError>| {
            let result = connection
                .map_err(Clone::clone)
                .and_then(|connection| work(connection).map_err(|error| error.of_journal(&file)));
            let refused = result.err();
            if let Some(error) = &refused {
                tracing::debug!(%error, "a line of a function log was not stored");
            }
            WriteOutcome { refused, report: Box::new(|_| ()) }
        };
        if let Err(error) = self.send(WriteJob::Deferred(Work { write: Box::new(write), refused: Rollback::Savepoint }))
        {
            tracing::debug!(%error, "a line of a function log was not stored");
        }
    }

    fn send(&self, job: WriteJob) -> Result<(), StoreError> {
        if let Some(error) = &self.unwritable {
            return Err(error.clone());
        }
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let started = match thread.take() {
            Some(started) => started,
            None => self.start()?,
        };
        let jobs = started.jobs.clone();
        *thread = Some(started);
        drop(thread);
        let stopped = |_| StoreError::Stopped { file: self.file.clone(), why: "its thread has ended".to_owned() };
        jobs.send(job).map_err(stopped)
    }

    fn start(&self) -> Result<Thread, StoreError> {
        let connection = file::connect(&self.file)?;
        let (jobs, waiting) = sync_channel(JOURNAL_QUEUE);
        let (file, process, commits) = (self.file.clone(), Arc::clone(&self.process), Arc::clone(&self.commits));
        let run = move || Run { file, connection, process, commits, held_back: Vec::new(), due: None }.run(&waiting);
        let handle = std::thread::Builder::new().name("journal".to_owned()).spawn(run).map_err(|error| {
            StoreError::Stopped { file: self.file.clone(), why: format!("no thread could be started: {error}") }
        })?;
        Ok(Thread { jobs, handle })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(Thread { jobs, handle }) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            drop(jobs);
            // The panic hook has reported a panic there.
            let _ = handle.join();
        }
    }
}

/// The thread.
struct Run {
    file: PathBuf,
    connection: Connection,
    process: Arc<Process>,
    commits: Arc<AtomicU64>,
    /// Deferred work, until the next commit.
    held_back: Vec<Work>,
    /// When it is committed alone.
    due: Option<Instant>,
}

impl Run {
    fn run(mut self, jobs: &Receiver<WriteJob>) {
        let mut beat = clock::origin();
        loop {
            let wait = match self.due {
                Some(due) => due.saturating_duration_since(clock::origin()),
                None => HEARTBEAT.saturating_sub(beat.elapsed()).max(Duration::from_millis(1)),
            };
            let mut works = Vec::new();
            let first = jobs.recv_timeout(wait);
            let is_over = matches!(first, Err(RecvTimeoutError::Disconnected));
            self.sort(first.ok(), &mut works);
            while works.len() < JOURNAL_BATCH {
                let Ok(job) = jobs.try_recv() else { break };
                self.sort(Some(job), &mut works);
            }
            let is_due = self.due.is_some_and(|due| due <= clock::origin());
            if !works.is_empty() || is_due || is_over || self.held_back.len() >= JOURNAL_BATCH {
                let mut all = std::mem::take(&mut self.held_back);
                self.due = None;
                all.append(&mut works);
                self.commit(all);
            }
            if is_over {
                return;
            }
            if beat.elapsed() >= HEARTBEAT {
                beat = clock::origin();
                self.beat();
            }
        }
    }

    fn sort(&mut self, job: Option<WriteJob>, works: &mut Vec<Work>) {
        match job {
            Some(WriteJob::Now(work)) => works.push(work),
            Some(WriteJob::Deferred(work)) => {
                self.held_back.push(work);
                self.due.get_or_insert_with(|| clock::origin() + LINES_WAIT);
            }
            None => {}
        }
    }

    /// Writes the heartbeat while this process runs executions.
    fn beat(&mut self) {
        if self.process.is_registered() {
            let (file, process) = (self.file.clone(), Arc::clone(&self.process));
            let write = move |connection: Result<&Connection, &StoreError>| {
                let result = connection.map_err(Clone::clone);
                let refused = result
                    .and_then(|connection| process.beat(connection).map_err(|error| file::store_error(&file, &error)))
                    .err();
                WriteOutcome { refused, report: Box::new(|_| ()) }
            };
            self.commit(vec![Work { write: Box::new(write), refused: Rollback::Savepoint }]);
        }
    }

    fn commit(&self, works: Vec<Work>) {
        if works.is_empty() {
            return;
        }
        let before = self.connection.total_changes();
        if let Err(error) = self.execute("BEGIN IMMEDIATE") {
            for work in works {
                refuse(work, &error);
            }
            return;
        }
        let is_alone = works.len() == 1;
        let mut outcomes = Vec::with_capacity(works.len());
        let mut undone = None;
        let mut left = works.into_iter();
        for work in left.by_ref() {
            let is_saved = !is_alone && work.refused == Rollback::Savepoint;
            let saved = if is_saved { self.execute("SAVEPOINT work") } else { Ok(()) };
            if let Err(error) = saved {
                refuse(work, &error);
                undone = Some(error);
                break;
            }
            let changes = self.connection.total_changes();
            let outcome = (work.write)(Ok(&self.connection));
            // Some faults, those of the disk among them, undo the whole transaction.
            if self.connection.is_autocommit() {
                let why = || "a fault rolled back the transaction".to_owned();
                let unknown = || StoreError::Other { file: self.file.clone(), why: why() };
                undone = Some(outcome.refused.clone().unwrap_or_else(unknown));
                outcomes.push(outcome);
                break;
            }
            let is_written = outcome.refused.is_none();
            let released = match (is_saved, &outcome.refused) {
                (true, None) => self.execute("RELEASE work"),
                (true, Some(_)) => self.execute("ROLLBACK TO work").and_then(|()| self.execute("RELEASE work")),
                (false, Some(fault)) if !is_alone && self.connection.total_changes() != changes => Err(fault.clone()),
                (false, _) => Ok(()),
            };
            let alone_and_refused = is_alone && !is_written;
            outcomes.push(outcome);
            if let Err(error) = released {
                undone = Some(error);
                break;
            }
            if alone_and_refused {
                // Rolled back here: the transaction contains nothing else.
                let _ = self.execute("ROLLBACK");
                break;
            }
        }
        if !self.connection.is_autocommit() {
            if undone.is_some() || self.connection.total_changes() == before {
                // Nothing was changed, or it must be undone.
                let _ = self.execute("ROLLBACK");
            } else {
                match self.execute("COMMIT") {
                    Ok(()) => {
                        self.commits.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(error) => {
                        let _ = self.execute("ROLLBACK");
                        undone = Some(error);
                    }
                }
            }
        }
        for outcome in outcomes {
            // Rejected work reports its own reason.
            (outcome.report)(undone.clone().filter(|_| outcome.refused.is_none()));
        }
        if let Some(error) = undone {
            for work in left {
                refuse(work, &error);
            }
        }
    }

    fn execute(&self, sql: &str) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute([]))
            .map(drop)
            .map_err(|error| file::store_error(&self.file, &error))
    }
}

/// Reports a fault that prevents work from being done.
fn refuse(work: Work, error: &StoreError) {
    ((work.write)(Err(error)).report)(None);
}
