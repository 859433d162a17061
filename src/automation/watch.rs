//! Watches the journal for changes, with one task for all waiting tasks of the process.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::{Clock, SystemClock, after};
use crate::limits::{CHANGE_POLL, CHANGE_WAIT};
use crate::store::{ChangeCursor, ChangeFeed};

/// Notifies waiting tasks of commits to the journal by any process. SQLite sends no notifications to other processes,
/// so one task polls a number of the journal's header.
#[derive(Debug)]
pub(super) struct ChangeWatch {
    commits: watch::Receiver<u64>,
    task: JoinHandle<()>,
}

/// Waits for commits. One that is created before a read misses none after it.
#[derive(Debug)]
pub(super) struct Commits(watch::Receiver<u64>);

impl ChangeWatch {
    /// Starts watching. Needs a Tokio runtime, and ends with it.
    pub(super) fn start(journal: Arc<dyn ChangeFeed>) -> Self {
        let (sender, commits) = watch::channel(0);
        let task = tokio::spawn(async move {
            let mut cursor = ChangeCursor::default();
            loop {
                match journal.poll_changes(&mut cursor).await {
                    Ok(true) => sender.send_modify(|count| *count += 1),
                    Ok(false) => {}
                    Err(error) => {
                        // A waiting task gets the same error when it reads, and reports it.
                        tracing::debug!(%error, "the journal cannot be watched");
                        sender.send_modify(|count| *count += 1);
                    }
                }
                SystemClock.sleep_until(after(SystemClock.now(), CHANGE_POLL)).await;
            }
        });
        Self { commits, task }
    }

    /// Whether its task is running.
    pub(super) fn is_running(&self) -> bool {
        !self.task.is_finished()
    }

    /// Waits for the commits from now on.
    pub(super) fn subscribe(&self) -> Commits {
        Commits(self.commits.clone())
    }
}

impl Drop for ChangeWatch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Commits {
    /// Never completes: no other process writes there.
    pub(super) fn none() -> Self {
        Self(watch::channel(0).1)
    }

    /// Waits for the commits from now on.
    pub(super) fn restarted(&self) -> Self {
        let mut commits = self.0.clone();
        commits.mark_unchanged();
        Self(commits)
    }

    /// Waits for a commit since the last wait.
    pub(super) async fn committed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits for a commit since the last wait, or for a while: the end of a process changes nothing in the journal.
    pub(super) async fn committed_or_late(&mut self) {
        tokio::select! {
            () = self.committed() => {}
            () = SystemClock.sleep_until(after(SystemClock.now(), CHANGE_WAIT)) => {}
        }
    }
}
