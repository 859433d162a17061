//! Requests that other commands made to the executions of this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinHandle;

use crate::driver::CancelSender;
use crate::event::SignalReceived;
use crate::limits::REQUEST_POLL;
use crate::name::ExecutionId;
use crate::store::{Journal, RequestKind, StoreError};

/// Looks for requests while it lives. SQLite tells nobody of a change, and a look costs microseconds.
pub(in crate::cli) struct Watcher {
    handle: WatchHandle,
    task: JoinHandle<()>,
}

/// Adds executions to those that are watched, as long as the watcher lives.
#[derive(Clone)]
pub(in crate::cli) struct WatchHandle {
    journal: Arc<Journal>,
    watched: Arc<Mutex<HashMap<ExecutionId, CancelSender>>>,
}

/// Ends the watch over one execution.
pub(in crate::cli) struct Watched {
    watched: Arc<Mutex<HashMap<ExecutionId, CancelSender>>>,
    execution: ExecutionId,
}

impl Watcher {
    /// Begins to look.
    pub(in crate::cli) fn start(journal: Arc<Journal>) -> Self {
        let watched: Arc<Mutex<HashMap<ExecutionId, CancelSender>>> = Arc::default();
        let (looked_at, looked_in) = (Arc::clone(&watched), Arc::clone(&journal));
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(REQUEST_POLL).await;
                if let Err(error) = look(&looked_in, &looked_at) {
                    // The driver meets the same fault when it appends, and tells it.
                    tracing::debug!(%error, "requests cannot be read");
                }
            }
        });
        Self { handle: WatchHandle { journal, watched }, task }
    }

    /// Hands the requests to this execution on.
    pub(in crate::cli) fn watch(&self, execution: ExecutionId, cancel: CancelSender) -> Watched {
        self.handle.watch(execution, cancel)
    }

    /// For executions that are begun later.
    pub(in crate::cli) fn handle(&self) -> WatchHandle {
        self.handle.clone()
    }
}

impl WatchHandle {
    /// Hands the requests to this execution on.
    pub(in crate::cli) fn watch(&self, execution: ExecutionId, cancel: CancelSender) -> Watched {
        // What was asked before is no change any more.
        if let Err(error) = hand_on(&self.journal, &execution, &cancel) {
            tracing::debug!(%error, "requests cannot be read");
        }
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).insert(execution.clone(), cancel);
        Watched { watched: Arc::clone(&self.watched), execution }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.execution);
    }
}

fn look(journal: &Journal, watched: &Mutex<HashMap<ExecutionId, CancelSender>>) -> Result<(), StoreError> {
    if !journal.changed()? {
        return Ok(());
    }
    let watched = watched.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for (execution, cancel) in watched {
        hand_on(journal, &execution, &cancel)?;
    }
    Ok(())
}

/// Asked again, nothing happens again: a request stays until its execution ends.
fn hand_on(journal: &Journal, execution: &ExecutionId, cancel: &CancelSender) -> Result<(), StoreError> {
    for (_, request) in journal.requests(execution)? {
        match request.kind {
            RequestKind::Cancel => cancel.cancel(request.by),
            RequestKind::Complete => cancel.complete(request.by),
            RequestKind::Signal { signal, step_execution, comment, rest } => {
                let received = SignalReceived { rest, ..SignalReceived::new(signal, request.by, comment) };
                cancel.signal(step_execution, received);
            }
        }
    }
    Ok(())
}
