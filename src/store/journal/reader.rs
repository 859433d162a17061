//! The reader thread of a process.
//!
//! Queries run there, so that they block no thread of a runtime, and their futures need none. All of them use one
//! connection: a folder without shared memory has no second one, and followers detect changes by a number that each
//! connection counts for itself.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::query_error::QueryError;
use crate::limits::JOURNAL_QUEUE;
use crate::store::{StoreError, Stored};

type Query = Box<dyn FnOnce(&Connection) + Send>;

/// Submits queries to the thread, which starts with the first one.
#[derive(Debug)]
pub(super) struct Reader {
    file: PathBuf,
    connection: Arc<Mutex<Connection>>,
    thread: Mutex<Option<Thread>>,
    count: AtomicU64,
}

#[derive(Debug)]
struct Thread {
    queries: mpsc::Sender<Query>,
    handle: JoinHandle<()>,
}

impl Reader {
    pub(super) fn new(file: &Path, connection: Connection) -> Self {
        Self {
            file: file.to_owned(),
            connection: Arc::new(Mutex::new(connection)),
            thread: Mutex::new(None),
            count: AtomicU64::new(0),
        }
    }

    /// Runs a query. One whose future was dropped before its turn is left out.
    pub(super) fn query<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Connection) -> Result<T, QueryError> + Send + 'static,
    ) -> Stored<'_, T> {
        Box::pin(async move {
            self.count.fetch_add(1, Ordering::Relaxed);
            let (sender, result) = oneshot::channel();
            let file = self.file.clone();
            let query: Query = Box::new(move |connection| {
                if !sender.is_closed() {
                    // The caller may be gone.
                    let _ = sender.send(look(connection).map_err(|error| error.of_journal(&file)));
                }
            });
            self.queries()?.send(query).await.map_err(|_| self.stopped())?;
            result.await.unwrap_or_else(|_| Err(self.stopped()))
        })
    }

    /// The number of queries so far.
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    fn queries(&self) -> Result<mpsc::Sender<Query>, StoreError> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let started = match thread.take() {
            Some(started) => started,
            None => self.start()?,
        };
        let queries = started.queries.clone();
        *thread = Some(started);
        Ok(queries)
    }

    fn start(&self) -> Result<Thread, StoreError> {
        let (queries, mut waiting) = mpsc::channel::<Query>(JOURNAL_QUEUE);
        let connection = Arc::clone(&self.connection);
        let run = move || {
            // Held as long as the thread runs: no other thread reads.
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            while let Some(query) = waiting.blocking_recv() {
                query(&connection);
            }
        };
        let handle = std::thread::Builder::new().name("journal-reader".to_owned()).spawn(run).map_err(|error| {
            StoreError::Other { file: self.file.clone(), why: format!("no thread could be started: {error}") }
        })?;
        Ok(Thread { queries, handle })
    }

    fn stopped(&self) -> StoreError {
        StoreError::Other { file: self.file.clone(), why: "its reader thread has ended".to_owned() }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(Thread { queries, handle }) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            drop(queries);
            // The panic hook has reported a panic there.
            let _ = handle.join();
        }
    }
}
