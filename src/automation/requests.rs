//! Requests that other processes made to the executions of this one: cancel, complete, signals.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinHandle;

use crate::event::SignalReceived;
use crate::limits::REQUEST_POLL;
use crate::name::ExecutionId;
use crate::runner::MailboxSender;
use crate::store::{ChangeCursor, RequestKind, RequestStore, Store, StoreError};

type Watched = Mutex<HashMap<ExecutionId, MailboxSender>>;

/// Polls the journal for requests while it lives. SQLite sends no notifications of changes, and a poll costs
/// microseconds.
#[derive(Debug)]
pub(super) struct RequestReader {
    journal: Arc<dyn Store>,
    watched: Arc<Watched>,
    task: JoinHandle<()>,
}

/// Stops forwarding to one execution when dropped.
#[derive(Debug)]
pub(super) struct RequestSubscription {
    watched: Arc<Watched>,
    execution: ExecutionId,
}

impl RequestReader {
    /// Starts polling. Needs a Tokio runtime.
    pub(super) fn start(journal: Arc<dyn Store>) -> Self {
        let watched: Arc<Watched> = Arc::default();
        let (looked_at, looked_in) = (Arc::clone(&watched), Arc::clone(&journal));
        let task = tokio::spawn(async move {
            let mut changes = ChangeCursor::default();
            loop {
                tokio::time::sleep(REQUEST_POLL).await;
                if let Err(error) = forward_changes(&*looked_in, &mut changes, &looked_at).await {
                    // The runner meets the same fault when it appends, and reports it.
                    tracing::debug!(%error, "requests cannot be read");
                }
            }
        });
        Self { journal, watched, task }
    }

    /// Forwards the requests to this execution, earlier ones included.
    pub(super) async fn subscribe(&self, execution: ExecutionId, cancel: MailboxSender) -> RequestSubscription {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).insert(execution.clone(), cancel.clone());
        let subscription = RequestSubscription { watched: Arc::clone(&self.watched), execution };
        // Earlier requests cause no further change in the journal.
        if let Err(error) = forward(&*self.journal, &subscription.execution, &cancel).await {
            tracing::debug!(%error, "requests cannot be read");
        }
        subscription
    }
}

impl Drop for RequestReader {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Drop for RequestSubscription {
    fn drop(&mut self) {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.execution);
    }
}

async fn forward_changes(journal: &dyn Store, changes: &mut ChangeCursor, watched: &Watched) -> Result<(), StoreError> {
    if !journal.poll_changes(changes).await? {
        return Ok(());
    }
    let watched = watched.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for (execution, cancel) in watched {
        forward(journal, &execution, &cancel).await?;
    }
    Ok(())
}

/// A request stays until its execution ends; forwarded twice it has no further effect.
async fn forward(
    journal: &dyn RequestStore,
    execution: &ExecutionId,
    cancel: &MailboxSender,
) -> Result<(), StoreError> {
    for (_, request) in journal.requests(execution).await? {
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
