//! Notifying people of interrupted executions: whichever process finds one that asked for it, once.
//!
//! The execution says whether people are to be notified ([`Launch::notify_on`](crate::event::Launch)); to whom it is sent is
//! what the process that finds it is set up with, since an address may be a secret that no journal has.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::notify::NotifyArgs;
use super::stored;
use crate::event::{Event, LeaveReason, NotifyEvent};
use crate::execution::Execution;
use crate::limits::{INTERRUPTIONS_TOGETHER, NOTIFICATION};
use crate::name::ExecutionId;
use crate::store::{Entry, Journal, StoreError};

/// Interruptions that this process has taken on to notify people of.
#[derive(Debug)]
pub(super) struct Interruptions {
    journal: Arc<Journal>,
    to: NotifyArgs,
    executions: Vec<Execution>,
}

impl Interruptions {
    /// Takes on those of these executions that asked for it and that no other process has taken on. What its user left is
    /// no news to them.
    pub(super) async fn claim(journal: &Arc<Journal>, entries: &[&Entry], to: &NotifyArgs) -> Self {
        let mut executions = Vec::new();
        let may_be_told = |entry: &&&Entry| !entry.is_imported && entry.left != Some(LeaveReason::User);
        for entry in entries.iter().filter(may_be_told).filter(|_| to.is_set()) {
            match claim(journal, &entry.id).await {
                Ok(Some(execution)) => executions.push(execution),
                Ok(None) => {}
                // Another process may find it, and can write.
                Err(error) => tracing::debug!(%error, execution = %entry.id, "nobody is notified of the interruption"),
            }
        }
        Self { journal: Arc::clone(journal), to: to.clone(), executions }
    }

    /// Sends them, some at a time, until `stop` ends. What was not sent is left to the next process that finds it.
    pub(super) async fn send(self, stop: impl Future<Output = ()>) {
        let Self { journal, to, executions } = self;
        let mut unsent: Vec<ExecutionId> = executions.iter().map(|execution| execution.id().clone()).collect();
        let (mut waiting, mut sending) = (executions.into_iter(), JoinSet::new());
        let work = async {
            loop {
                while sending.len() < INTERRUPTIONS_TOGETHER
                    && let Some(execution) = waiting.next()
                {
                    let to = to.clone();
                    sending.spawn(async move { (to.send_interruption(&execution).await, execution.id().clone()) });
                }
                match sending.join_next().await {
                    Some(Ok((true, sent))) => unsent.retain(|id| *id != sent),
                    Some(Ok((false, _)) | Err(_)) => {}
                    None => break,
                }
            }
        };
        tokio::select! {
            () = work => {}
            // All of them together hold nothing up for longer than one.
            () = tokio::time::sleep(NOTIFICATION) => {}
            () = stop => {}
        }
        for id in unsent {
            if let Err(error) = journal.return_interruption_notice(&id).await {
                tracing::debug!(%error, execution = %id, "nobody else will notify people of the interruption");
            }
        }
    }
}

/// The execution, when this process is to notify people of its interruption.
async fn claim(journal: &Journal, id: &ExecutionId) -> Result<Option<Execution>, StoreError> {
    let Some(first) = journal.beginning(id)? else { return Ok(None) };
    let Event::ExecutionStarted(started) = &first.event else { return Ok(None) };
    if !started.launch.notify_on.contains(NotifyEvent::Interrupted) || !journal.claim_interruption_notice(id).await? {
        return Ok(None);
    }
    // What cannot be read is told by whoever resumes it.
    Ok(stored::replay(id, &journal.events(id, 0)?).ok())
}
