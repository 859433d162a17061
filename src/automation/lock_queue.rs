//! Waiting for the lock of an execution.

use super::control::RunControl;
use super::error::AutomationError;
use super::observer::{Notice, Observer};
use super::watch::Commits;
use crate::name::ExecutionId;
use crate::store::{ExecutionIndex, LockQueue, LockState, OnConflict};

/// How a wait for a lock ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LockOutcome {
    /// The execution has the lock.
    Acquired,
    /// The execution was cancelled.
    Stopped,
    /// The execution is to be left: the process that resumes it waits again.
    Left,
    /// Another execution has the lock, and this one was not to wait. This one has been cancelled.
    Refused {
        /// The execution that has it.
        holder: ExecutionId,
    },
}

/// Waits until the execution has the lock, or until it is cancelled. Reports a change of its position in the queue as a
/// notice.
pub(super) async fn acquire(
    journal: &dyn LockQueue,
    lock: &str,
    execution: &ExecutionId,
    on_conflict: OnConflict,
    control: &RunControl,
    mut commits: Commits,
    observer: &dyn Observer,
) -> Result<LockOutcome, AutomationError> {
    let mut noticed = None;
    let mut on_conflict = on_conflict;
    loop {
        match journal.acquire_lock(lock, execution, on_conflict).await? {
            LockState::Held => return Ok(LockOutcome::Acquired),
            LockState::Refused { holder } => {
                control.cancel(format!("lock {lock}, which {holder} holds"));
                return Ok(LockOutcome::Refused { holder });
            }
            LockState::Waiting { holder, ahead } => {
                let notice = Notice::WaitingForLock { lock: lock.to_owned(), holder, ahead };
                if noticed.as_ref() != Some(&notice) {
                    observer.notice(&notice);
                    noticed = Some(notice);
                }
            }
        }
        // The executions ahead are cancelled once.
        on_conflict = OnConflict::Queue;
        tokio::select! {
            () = control.receiver().cancelled() => return Ok(LockOutcome::Stopped),
            () = control.receiver().leaving() => return Ok(LockOutcome::Left),
            () = commits.committed_or_late() => {}
        }
    }
}

/// The error for a lock that was refused.
pub(super) async fn lock_refused(journal: &dyn ExecutionIndex, lock: &str, holder: ExecutionId) -> AutomationError {
    // The name of its runbook is optional in the message.
    let document = journal.entry(&holder).await.ok().flatten().map(|entry| entry.document.name);
    AutomationError::LockHeld { lock: lock.to_owned(), holder, document }
}
