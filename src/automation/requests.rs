//! Requests that other processes made to the executions of this one: cancel, complete, signals.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinHandle;

use super::watch::Commits;
use crate::limits::REQUEST_PAGE;
use crate::name::ExecutionId;
use crate::runner::MailboxSender;
use crate::store::{PostedRequest, RequestStore, Store, StoreError};

type Watched = Mutex<HashMap<ExecutionId, MailboxSender>>;

/// Reads requests from the journal after each commit, until it is dropped.
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
    /// Starts reading. Needs a Tokio runtime.
    pub(super) fn start(journal: Arc<dyn Store>, mut commits: Commits) -> Self {
        let watched: Arc<Watched> = Arc::default();
        let (looked_at, looked_in) = (Arc::clone(&watched), Arc::clone(&journal));
        let task = tokio::spawn(async move {
            let mut after = 0;
            loop {
                commits.committed().await;
                if let Err(error) = forward_new(&*looked_in, &mut after, &looked_at).await {
                    // The runner gets the same error when it appends, and reports it.
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

/// Forwards what was posted since the last commit, with one query for all executions. A request to an execution that is
/// not watched yet is forwarded when it is subscribed to.
async fn forward_new(journal: &dyn Store, after: &mut u64, watched: &Watched) -> Result<(), StoreError> {
    loop {
        let posted = journal.requests_after(*after, REQUEST_PAGE).await?;
        let is_last = u32::try_from(posted.len()).is_ok_and(|length| length < REQUEST_PAGE);
        for PostedRequest { number, execution, request } in posted {
            *after = number;
            let mailbox = watched.lock().unwrap_or_else(PoisonError::into_inner).get(&execution).cloned();
            if let Some(mailbox) = mailbox {
                mailbox.deliver(request);
            }
        }
        if is_last {
            return Ok(());
        }
    }
}

/// A request stays until its execution ends; forwarded twice it has no further effect.
async fn forward(
    journal: &dyn RequestStore,
    execution: &ExecutionId,
    cancel: &MailboxSender,
) -> Result<(), StoreError> {
    for (_, request) in journal.requests(execution).await? {
        cancel.deliver(request);
    }
    Ok(())
}
