//! Finds interrupted executions, and notifies people of them.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::Automation;
use super::documents::replay_history;
use super::error::AutomationError;
use super::notifications::report_failures;
use super::observer::Observer;
use crate::event::{Event, LeaveReason, NotifyEvent, OnInterrupted};
use crate::execution::Execution;
use crate::limits::{INTERRUPTIONS_TOGETHER, NOTIFICATION, RECOVERED_TOGETHER};
use crate::name::ExecutionId;
use crate::notify::NotificationTargets;
use crate::store::{Entry, EventStore, Store, StoreError};

/// How an interrupted execution can be resumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecoveryMode {
    /// Together with others, in one process.
    Shared,
    /// In a separate process: it handles sensitive values.
    Isolated,
    /// By a user who decides about calls in flight, or supplies sensitive values again.
    Attended,
    /// Only by its id: its user left it, an internal error interrupted it, or it came from another journal.
    Named,
}

/// An interrupted execution.
#[derive(Debug, Clone)]
pub struct Interruption {
    /// The execution.
    pub entry: Entry,
    /// How it can be resumed.
    pub mode: RecoveryMode,
}

impl Automation {
    /// Interrupted executions, the oldest first.
    pub async fn interrupted(&self) -> Result<Vec<Interruption>, AutomationError> {
        let journal = self.journal("resume")?;
        let mut interruptions = Vec::new();
        for entry in journal.interrupted().await? {
            let mode = recovery_mode(journal, &entry).await;
            interruptions.push(Interruption { entry, mode });
        }
        Ok(interruptions)
    }

    /// Claims the notifications of those of these executions that ask for one.
    pub async fn claim_interruption_notices(
        &self,
        entries: &[&Entry],
        targets: &NotificationTargets,
    ) -> Result<InterruptionNotices, AutomationError> {
        Ok(InterruptionNotices::claim(self.shared_journal("notify")?, entries, targets).await)
    }
}

/// Interrupted executions, grouped by how they are handled.
#[derive(Debug, Default)]
pub struct RecoveryGroups<'a> {
    /// Each group can be resumed by one process.
    pub resumable: Vec<Vec<&'a Entry>>,
    /// Those that a user has to resume.
    pub left: Vec<&'a Entry>,
    /// Those that an internal error interrupted: a user has to resume them by their id.
    pub failed: Vec<&'a Entry>,
}

/// Groups interrupted executions. With `leaves_all` none is resumed automatically.
pub fn group_interruptions(found: &[Interruption], leaves_all: bool) -> RecoveryGroups<'_> {
    let mut groups = RecoveryGroups::default();
    let (mut together, mut alone) = (Vec::new(), Vec::new());
    for Interruption { entry, mode } in found {
        match mode {
            RecoveryMode::Named if entry.left == Some(LeaveReason::InternalError) && !entry.is_imported => {
                groups.failed.push(entry);
            }
            // Its user knows of it; an imported one may still run on the machine that it came from.
            RecoveryMode::Named => {}
            RecoveryMode::Shared | RecoveryMode::Isolated if leaves_all => groups.left.push(entry),
            RecoveryMode::Shared => together.push(entry),
            RecoveryMode::Isolated => alone.push(entry),
            RecoveryMode::Attended => groups.left.push(entry),
        }
    }
    let chunks = together.chunks(RECOVERED_TOGETHER).chain(alone.chunks(1));
    groups.resumable = chunks.map(<[&Entry]>::to_vec).collect();
    groups
}

async fn recovery_mode(journal: &dyn EventStore, entry: &Entry) -> RecoveryMode {
    if !entry.is_resumed_automatically() {
        return RecoveryMode::Named;
    }
    // An unreadable execution is left to a user.
    let Ok(Some(first)) = journal.first_event(&entry.id).await else { return RecoveryMode::Attended };
    let Event::ExecutionStarted(started) = &first.event else { return RecoveryMode::Attended };
    match started.launch.on_interrupted {
        Some(OnInterrupted::Ask) => RecoveryMode::Attended,
        Some(OnInterrupted::Retry | OnInterrupted::Fail) | None if started.has_hidden_values() => {
            RecoveryMode::Attended
        }
        Some(OnInterrupted::Retry | OnInterrupted::Fail) | None if started.launch.sensitive.is_empty() => {
            RecoveryMode::Shared
        }
        Some(OnInterrupted::Retry | OnInterrupted::Fail) | None => RecoveryMode::Isolated,
    }
}

/// Interruptions whose notification this process has claimed: one process notifies once of each.
///
/// The execution says whether people are notified ([`Launch::notify_on`](crate::event::Launch)). The destination is a
/// setting of the process that finds it: an address may be a secret, which no journal stores.
#[derive(Debug)]
pub struct InterruptionNotices {
    journal: Arc<dyn Store>,
    targets: NotificationTargets,
    executions: Vec<Execution>,
}

impl InterruptionNotices {
    /// An execution that its user left needs no notification.
    async fn claim(journal: Arc<dyn Store>, entries: &[&Entry], targets: &NotificationTargets) -> Self {
        let mut executions = Vec::new();
        let is_news = |entry: &&&Entry| !entry.is_imported && entry.left != Some(LeaveReason::User);
        for entry in entries.iter().filter(is_news).filter(|_| targets.is_set()) {
            match claim_notice(&*journal, &entry.id).await {
                Ok(Some(execution)) => executions.push(execution),
                Ok(None) => {}
                // Another process that can write may find it.
                Err(error) => tracing::debug!(%error, execution = %entry.id, "cannot notify of the interruption"),
            }
        }
        Self { journal, targets: targets.clone(), executions }
    }

    /// Sends them, some at a time, until `stop` ends. Notifications that were not sent are left to the next process
    /// that finds the interruption.
    pub async fn send(self, observer: Arc<dyn Observer>, stop: impl Future<Output = ()>) {
        let Self { journal, targets, executions } = self;
        let mut unsent: Vec<ExecutionId> = executions.iter().map(|execution| execution.id().clone()).collect();
        let (mut waiting, mut sending) = (executions.into_iter(), JoinSet::new());
        let work = async {
            loop {
                while sending.len() < INTERRUPTIONS_TOGETHER
                    && let Some(execution) = waiting.next()
                {
                    let targets = targets.clone();
                    sending.spawn(async move { (targets.interrupted(&execution).await, execution.id().clone()) });
                }
                match sending.join_next().await {
                    Some(Ok((failures, sent))) => {
                        if failures.is_empty() {
                            unsent.retain(|id| *id != sent);
                        }
                        report_failures(failures, &*observer);
                    }
                    Some(Err(error)) => tracing::debug!(%error, "a notification was aborted"),
                    None => break,
                }
            }
        };
        tokio::select! {
            () = work => {}
            // All of them together delay the caller no longer than one.
            () = tokio::time::sleep(NOTIFICATION) => {}
            () = stop => {}
        }
        for id in unsent {
            if let Err(error) = journal.return_interruption_notice(&id).await {
                tracing::debug!(%error, execution = %id, "no process will send the notification of the interruption");
            }
        }
    }
}

/// The execution, if this process is to notify people of its interruption.
async fn claim_notice(journal: &dyn Store, id: &ExecutionId) -> Result<Option<Execution>, StoreError> {
    let Some(first) = journal.first_event(id).await? else { return Ok(None) };
    let Event::ExecutionStarted(started) = &first.event else { return Ok(None) };
    if !started.launch.notify_on.contains(NotifyEvent::Interrupted) || !journal.claim_interruption_notice(id).await? {
        return Ok(None);
    }
    // An error is reported by the process that resumes the execution.
    Ok(replay_history(id, &journal.history(id).await?).ok())
}
