//! Sends a signal to a step of an execution of any process.

use super::Automation;
use super::documents::{read_executed_runbook, read_execution};
use super::error::AutomationError;
use super::signal_error::SignalError;
use super::watch::Commits;
use crate::clock::{Clock, SystemClock, after};
use crate::engine::{LateSignal, SignalRejected, check_after, validate_signal};
use crate::event::{Event, Signal, SignalReceived, Status, WaitKind};
use crate::execution::{Execution, StepExecution};
use crate::limits::{COMMENT_CHARACTERS, SIGNAL_WAIT};
use crate::name::{ExecutionId, StepExecutionId, StepName};
use crate::store::{Entry, EventStore, ExecutionIndex, ExecutionState, Request, RequestKind, Store};

/// A signal to the step of an execution that waits for one, or that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalRequest {
    /// The execution.
    pub execution: ExecutionId,
    /// The signal.
    pub signal: Signal,
    /// The sender.
    pub by: String,
    /// Why, for the record.
    pub comment: Option<String>,
    /// The step that it is for; `None` for the current one.
    pub step: Option<String>,
    /// Whether `StartStep` starts all steps that follow as well.
    pub starts_rest: bool,
}

impl SignalRequest {
    /// A signal without a comment, to the current step.
    pub fn new(execution: ExecutionId, signal: Signal, by: &str) -> Self {
        Self { execution, signal, by: by.to_owned(), comment: None, step: None, starts_rest: false }
    }
}

/// The result of a signal. It is stored in each case, and is not lost when a process ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignalOutcome {
    /// The step received it.
    Taken {
        /// The step.
        step: StepName,
        /// The status of the step after that; `None` when it was skipped.
        status: Option<Status>,
    },
    /// No process runs the execution; the one that resumes it takes the signal.
    Stored,
    /// The process that runs the execution has not taken it within the timeout.
    StoredNotTaken,
}

/// A signal on its way to a step.
struct SentSignal {
    received: SignalReceived,
    step: StepName,
    step_execution: StepExecutionId,
}

impl Automation {
    /// Sends a signal: stores it, and waits until the step has received it.
    pub async fn signal(&self, request: SignalRequest) -> Result<SignalOutcome, AutomationError> {
        let journal = self.journal("signal")?;
        let SignalRequest { execution: id, signal, by, comment, step: meant, starts_rest } = request;
        if comment.as_ref().is_some_and(|comment| comment.chars().count() > COMMENT_CHARACTERS) {
            return Err(SignalError::CommentTooLong.into());
        }
        if starts_rest && signal != Signal::StartStep {
            return Err(SignalError::RestWithoutStart.into());
        }
        let entry = self.entry(&id).await?;
        if let Some(status) = entry.status.ended() {
            return Err(AutomationError::HasEnded { execution: id, status });
        }
        let execution = read_execution(journal, &id).await?;
        let received = SignalReceived { rest: starts_rest, ..SignalReceived::new(signal, by, comment) };
        let sent = address(journal, &execution, received).await?;
        if let Some(meant) = meant.filter(|meant| sent.step != *meant.as_str()) {
            return Err(SignalError::OtherStep { execution: id, meant, current: sent.step }.into());
        }
        ensure_unanswered(journal, &execution, &sent).await?;
        let SignalReceived { signal, by, comment, .. } = sent.received.clone();
        let kind =
            RequestKind::Signal { signal, step_execution: sent.step_execution.clone(), comment, rest: starts_rest };
        journal.request(&id, Request { kind, by, at: SystemClock.now() }).await?;
        if matches!(entry.status, ExecutionState::Interrupted) {
            return Ok(SignalOutcome::Stored);
        }
        let commits = self.commits(&self.shared_journal("signal")?);
        let timeout = SystemClock.sleep_until(after(SystemClock.now(), SIGNAL_WAIT));
        tokio::select! {
            taken = wait_until_taken(journal, commits, execution, &sent) => taken,
            () = timeout => Ok(SignalOutcome::StoredNotTaken),
        }
    }
}

/// Finds the step that a signal would reach.
async fn address(
    journal: &dyn ExecutionIndex,
    execution: &Execution,
    received: SignalReceived,
) -> Result<SentSignal, AutomationError> {
    let reason = match (validate_signal(execution, &received), current_step(execution)) {
        (Ok(step_execution), Some(step)) => return Ok(SentSignal { received, step, step_execution }),
        (Ok(_), None) => SignalRejected::NothingWaits,
        (Err(reason), _) => reason,
    };
    let waiting_child = match &reason {
        SignalRejected::NothingWaits => waiting_child(journal, execution.id()).await?.map(Box::new),
        SignalRejected::WrongSignal { .. }
        | SignalRejected::NotAnApprover { .. }
        | SignalRejected::NothingRuns
        | SignalRejected::AlreadyApproved { .. }
        | SignalRejected::SelfApproval { .. } => None,
    };
    Err(SignalError::Rejected { execution: execution.id().clone(), reason, waiting_child }.into())
}

/// Refuses a signal to a step whose wait ends with stored signals that no process has taken yet.
async fn ensure_unanswered(
    journal: &dyn Store,
    execution: &Execution,
    sent: &SentSignal,
) -> Result<(), AutomationError> {
    let mut pending = Vec::new();
    for (_, request) in journal.requests(execution.id()).await? {
        if let RequestKind::Signal { signal, step_execution, comment, rest } = request.kind
            && step_execution == sent.step_execution
        {
            pending.push(SignalReceived { rest, ..SignalReceived::new(signal, request.by, comment) });
        }
    }
    if pending.is_empty() {
        return Ok(());
    }
    let runbook = read_executed_runbook(journal, execution).await?;
    let id = || execution.id().clone();
    let checked = check_after(&runbook, execution, &sent.step_execution, pending, &sent.received, SystemClock.now());
    checked.map_err(|late| match late {
        LateSignal::Answered { by } => {
            SignalError::AlreadyAnswered { execution: id(), step: sent.step.clone(), by }.into()
        }
        LateSignal::Rejected(reason) => SignalError::Rejected { execution: id(), reason, waiting_child: None }.into(),
    })
}

/// Waits until the step has received the signal. `execution` is the state before it was sent.
async fn wait_until_taken(
    journal: &dyn EventStore,
    mut commits: Commits,
    mut execution: Execution,
    sent: &SentSignal,
) -> Result<SignalOutcome, AutomationError> {
    let id = execution.id().clone();
    let corrupt = |source| AutomationError::InvalidHistory { execution: id.clone(), source };
    let mut by = None;
    loop {
        let mut is_taken = false;
        for recorded in journal.events(&id, execution.next_sequence()).await? {
            is_taken |= is_result(&recorded.event, &sent.received);
            if let Event::SignalReceived(received) = &recorded.event {
                by = Some(received.by.clone());
            }
            execution.apply(&recorded).map_err(corrupt)?;
        }
        if is_taken {
            // The status after everything that has followed so far.
            let status = execution.latest(sent.step.as_str()).map(StepExecution::status);
            return Ok(SignalOutcome::Taken { step: sent.step.clone(), status });
        }
        if validate_signal(&execution, &sent.received).as_ref() != Ok(&sent.step_execution) {
            return Err(SignalError::TooLate { execution: id.clone(), step: sent.step.clone(), by }.into());
        }
        commits.committed_or_late().await;
    }
}

/// The current step, or the one that waits to be started.
fn current_step(execution: &Execution) -> Option<StepName> {
    match execution.waits_for().map(|wait| &wait.wanted) {
        Some(WaitKind::Start(next)) => Some(next.step.clone()),
        Some(WaitKind::Time | WaitKind::Resume | WaitKind::Approval(_)) | None => {
            execution.current().map(|run| run.step.clone())
        }
    }
}

/// Whether an event results from a signal. Its comment may be redacted in the event.
fn is_result(event: &Event, sent: &SignalReceived) -> bool {
    match event {
        Event::SignalReceived(received) => received.signal == sent.signal && received.by == sent.by,
        Event::StepSkipped(skipped) => sent.signal == Signal::SkipStep && skipped.by == sent.by,
        Event::ExecutionStarted(_)
        | Event::StepReused(_)
        | Event::ExecutionResumed(_)
        | Event::StepStarted(_)
        | Event::IterationStarted(_)
        | Event::AttemptStarted(_)
        | Event::AttemptThrottled(_)
        | Event::WaitStarted(_)
        | Event::VariableUpdated(_)
        | Event::TargetsResolved(_)
        | Event::ChildStarted(_)
        | Event::ChildEnded(_)
        | Event::LocationsResolved(_)
        | Event::AttemptObserved(_)
        | Event::AttemptProgressed(_)
        | Event::AttemptInterrupted(_)
        | Event::AttemptEnded(_)
        | Event::StepEnded(_)
        | Event::CancelRequested(_)
        | Event::CompleteRequested(_)
        | Event::ExecutionEnded(_) => false,
    }
}

/// A child of the execution, or of one of its children, that waits for a signal.
async fn waiting_child(journal: &dyn ExecutionIndex, id: &ExecutionId) -> Result<Option<Entry>, AutomationError> {
    let mut parents = vec![id.clone()];
    while let Some(parent) = parents.pop() {
        for child in journal.children(&parent).await? {
            match child.status {
                ExecutionState::Running(Status::Waiting) => return Ok(Some(child)),
                ExecutionState::Running(_) | ExecutionState::Interrupted => parents.push(child.id),
                ExecutionState::Ended(_) | ExecutionState::Queued => {}
            }
        }
    }
    Ok(None)
}
