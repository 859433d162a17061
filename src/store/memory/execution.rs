//! One execution in memory.

use std::sync::Arc;

use jiff::Timestamp;

use crate::event::{Event, ExecutionStarted, LeaveReason, Recorded, Status, WaitKind};
use crate::name::ExecutionId;
use crate::store::entry_change::{BEGUN, EntryChange};
use crate::store::{Entry, ExecutionState, Owner, StoreError, StoredLine, follow};

#[derive(Debug)]
pub(super) struct MemoryExecution {
    /// In which it was stored.
    pub(super) number: u64,
    pub(super) started: Arc<ExecutionStarted>,
    pub(super) started_at: Timestamp,
    pub(super) history: Vec<Recorded>,
    pub(super) status: Status,
    /// When it ended, and why it did not succeed.
    pub(super) ended: Option<(Timestamp, Option<String>)>,
    /// This process runs it.
    pub(super) is_owned: bool,
    pub(super) is_imported: bool,
    pub(super) left: Option<LeaveReason>,
    pub(super) is_interruption_notified: bool,
    pub(super) lines: Vec<(u64, StoredLine)>,
}

impl MemoryExecution {
    /// An execution with its first events.
    pub(super) fn begin(number: u64, events: &[Recorded], is_imported: bool) -> Result<Self, StoreError> {
        let (started, started_at) = match events.first().map(|first| (&first.event, first.at)) {
            Some((Event::ExecutionStarted(started), at)) => (Arc::clone(started), at),
            Some(_) | None => return Err(StoreError::NoStart),
        };
        let mut begun = Self {
            number,
            started,
            started_at,
            history: Vec::new(),
            status: BEGUN,
            ended: None,
            is_owned: !is_imported,
            is_imported,
            left: None,
            is_interruption_notified: false,
            lines: Vec::new(),
        };
        begun.extend(events)?;
        Ok(begun)
    }

    pub(super) fn id(&self) -> &ExecutionId {
        &self.started.execution
    }

    /// Adds events that follow.
    pub(super) fn extend(&mut self, events: &[Recorded]) -> Result<(), StoreError> {
        let length = u64::try_from(self.history.len()).unwrap_or(u64::MAX);
        follow(self.id(), length, events.iter().map(|recorded| recorded.sequence))?;
        let change = EntryChange::of(events);
        self.status = change.status.after(self.status);
        if change.ended.is_some() {
            self.ended = change.ended;
            self.is_owned = false;
        }
        self.history.extend_from_slice(events);
        Ok(())
    }

    /// Makes this process its owner.
    pub(super) const fn own(&mut self) {
        self.is_owned = true;
        self.is_imported = false;
        self.left = None;
        self.is_interruption_notified = false;
    }

    /// Its state; `is_queued`: it waits for its lock.
    pub(super) const fn state(&self, is_queued: bool) -> ExecutionState {
        match (self.ended.is_some(), self.is_owned) {
            (true, _) => ExecutionState::Ended(self.status),
            (false, false) => ExecutionState::Interrupted,
            (false, true) if is_queued => ExecutionState::Queued,
            (false, true) => ExecutionState::Running(self.status),
        }
    }

    /// Its entry in lists; `owner` is this process.
    pub(super) fn entry(&self, is_queued: bool, owner: &Owner) -> Entry {
        let launch = &self.started.launch;
        let (ended_at, failure_message) = match &self.ended {
            Some((at, message)) => (Some(*at), message.clone()),
            None => (None, None),
        };
        Entry {
            id: self.id().clone(),
            document: self.started.document.clone(),
            status: self.state(is_queued),
            started_at: self.started_at,
            ended_at,
            executed_by: self.started.executed_by.clone(),
            current_step: if self.ended.is_some() { None } else { current_step(&self.history) },
            failure_message,
            origin: launch.origin.clone(),
            labels: launch.labels.clone(),
            events: u64::try_from(self.history.len()).unwrap_or(u64::MAX),
            lock: launch.lock.clone(),
            owner: self.is_owned.then(|| owner.clone()),
            is_imported: self.is_imported,
            parent: launch.parent.as_deref().cloned(),
            left: self.left,
        }
    }
}

/// The current step after these events, if there is one.
fn current_step(history: &[Recorded]) -> Option<String> {
    for recorded in history.iter().rev() {
        match &recorded.event {
            Event::StepStarted(started) => return Some(started.step.to_string()),
            Event::StepEnded(_) | Event::StepSkipped(_) => return None,
            Event::WaitStarted(wait) => match &wait.wanted {
                // The step that waits began earlier.
                WaitKind::Time | WaitKind::Resume | WaitKind::Approval(_) => {}
                WaitKind::Start(next) => return Some(next.step.to_string()),
            },
            Event::ExecutionStarted(_)
            | Event::StepReused(_)
            | Event::IterationStarted(_)
            | Event::ExecutionResumed(_)
            | Event::SignalReceived(_)
            | Event::VariableUpdated(_)
            | Event::AttemptStarted(_)
            | Event::AttemptThrottled(_)
            | Event::TargetsResolved(_)
            | Event::ChildStarted(_)
            | Event::ChildEnded(_)
            | Event::LocationsResolved(_)
            | Event::AttemptObserved(_)
            | Event::AttemptProgressed(_)
            | Event::AttemptInterrupted(_)
            | Event::AttemptEnded(_)
            | Event::CancelRequested(_)
            | Event::CompleteRequested(_)
            | Event::ExecutionEnded(_) => {}
        }
    }
    None
}
