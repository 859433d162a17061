//! Runs one execution in this process to its end, or until the process leaves it.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use super::Automation;
use super::attachments::script_attachments;
use super::child_runtime::ChildRuntime;
use super::connection::{Clients, LambdaBackend};
use super::control::{Departure, RunControl};
use super::error::AutomationError;
use super::event_watch::{EventWatch, ObserverThread};
use super::function_logs::FunctionLogs;
use super::local_processes::{function_options, scripts_of};
use super::lock_queue::{LockOutcome, acquire, lock_refused};
use super::notifications::report_failures;
use super::observer::{Notice, Observer};
use super::requests::RequestReader;
use super::run_source::{PreparedResume, PreparedStart, RunContext, RunSource};
use super::sensitive_outputs::restore_outputs_ahead;
use crate::automation::children::{ChildSupervisor, Children, InterruptedCallPolicy, Library, ParentContext};
use crate::clock::SystemClock;
use crate::engine::Interrupted;
use crate::event::{ExecutionResumed, Launch, LeaveReason, Recorded};
use crate::limits::{LAST_REPORTS, TERMINATION_GRACE};
use crate::name::ExecutionId;
use crate::runner::{EventPublisher, EventStream, Finished, RunError, Runner};
use crate::store::{LockQueue, LogStore, OnConflict, Store};

/// A running execution of this process. It continues when this value is dropped, until the runtime shuts down.
#[derive(Debug)]
pub struct RunningExecution {
    id: ExecutionId,
    control: RunControl,
    /// Ends when its first event is stored, or when nothing will be stored.
    begun: oneshot::Receiver<()>,
    outcome: oneshot::Receiver<Result<Finished, AutomationError>>,
    task: JoinHandle<()>,
}

impl RunningExecution {
    /// Its id.
    pub const fn id(&self) -> &ExecutionId {
        &self.id
    }

    /// Controls it.
    pub const fn control(&self) -> &RunControl {
        &self.control
    }

    /// Waits until other processes can find the execution in the journal. If it fails earlier, its outcome says why.
    pub(super) async fn begun(&mut self) {
        // The sender is dropped when nothing is stored.
        let _ = (&mut self.begun).await;
    }

    /// Waits for the end of the execution, or until this process has left it. Call it once.
    pub async fn outcome(&mut self) -> Result<Finished, AutomationError> {
        if let Ok(outcome) = (&mut self.outcome).await {
            return outcome;
        }
        Err(match (&mut self.task).await {
            Ok(()) => AutomationError::OutcomeTaken,
            Err(source) => AutomationError::Aborted { source },
        })
    }

    /// Waits until notifications are sent and the processes of local functions are gone.
    pub async fn close(self) {
        if !self.task.is_finished()
            && let Err(error) = self.task.await
        {
            tracing::debug!(%error, "the task of the execution was aborted");
        }
    }
}

/// Dependencies of a running execution.
pub(super) struct Run {
    pub(super) automation: Automation,
    pub(super) context: RunContext,
    pub(super) control: RunControl,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) backend: Arc<LambdaBackend>,
    /// Stores the execution and its children.
    pub(super) store: Arc<dyn Store>,
    /// The event stream of the process.
    pub(super) events: EventStream,
    pub(super) publisher: EventPublisher,
    pub(super) observers: Arc<ObserverThread>,
    pub(super) logs: FunctionLogs,
    /// The process and user that resume children of another process.
    pub(super) resumed: ExecutionResumed,
    pub(super) id: ExecutionId,
    /// Notified once, when the first event is stored.
    begun: Mutex<Option<oneshot::Sender<()>>>,
}

/// Why a run has no end.
enum Unfinished {
    /// The execution was left with nothing in flight.
    Left,
    Failed(AutomationError),
}

impl From<AutomationError> for Unfinished {
    fn from(error: AutomationError) -> Self {
        Self::Failed(error)
    }
}

/// The result of a run.
struct RunResult {
    /// `None` when the execution was left with a call in flight.
    outcome: Option<Result<Finished, Unfinished>>,
    /// How this process left executions that had not ended: this one, or children of it that were cleaning up.
    departure: Option<Departure>,
}

impl Run {
    /// Connects to the functions, unless the execution is to be left before.
    pub(super) async fn connect(
        automation: &Automation,
        context: RunContext,
        control: RunControl,
        observer: Arc<dyn Observer>,
        resumed: ExecutionResumed,
        id: ExecutionId,
    ) -> Result<Self, AutomationError> {
        let journal = automation.persistence.journal();
        let observers = automation.observer_thread()?;
        let store = automation.persistence.store();
        let events = automation.events(&store);
        let publisher = events.publisher(id.clone());
        let log_store = journal.map(|journal| journal.shared_store() as Arc<dyn LogStore>);
        let logs = FunctionLogs::new(
            Arc::clone(&observer),
            publisher.clone(),
            context.secrets.clone(),
            &context.runbook,
            log_store,
        );
        let connecting = LambdaBackend::connect(
            &context.connection,
            context.local_functions.clone(),
            function_options(&context, automation.persistence.journal_store(), &logs),
            scripts_of(&context, automation.persistence.journal_store(), &logs, &observer),
            &context.secrets,
            &context.runbook,
            &context.models,
        );
        let left = |departure| AutomationError::Left { execution: None, departure, is_in_flight: false };
        let backend = tokio::select! {
            biased;
            () = control.receiver().leaving() => return Err(left(Departure::TERMINATED)),
            departure = control.departure() => return Err(left(departure)),
            connected = connecting => Arc::new(connected?),
        };
        let begun = Mutex::default();
        let automation = automation.clone();
        Ok(Self {
            automation,
            context,
            control,
            observer,
            backend,
            store,
            events,
            publisher,
            observers,
            logs,
            resumed,
            id,
            begun,
        })
    }

    /// Runs in a separate task.
    pub(super) fn spawn(mut self, source: RunSource) -> RunningExecution {
        let (id, control) = (self.id.clone(), self.control.clone());
        let (begins, begun) = oneshot::channel();
        self.begun = Mutex::new(Some(begins));
        let (sender, outcome) = oneshot::channel();
        let task = tokio::spawn(self.run(source, sender));
        RunningExecution { id, control, begun, outcome, task }
    }

    async fn run(self, source: RunSource, sender: oneshot::Sender<Result<Finished, AutomationError>>) {
        let watch = EventWatch::start(
            &self.events,
            &self.observers,
            self.id.clone(),
            Arc::clone(&self.observer),
            self.context.notifier.clone(),
            self.backend.access().cloned(),
        );
        let RunResult { outcome, departure } = self.run_until_left(source).await;
        let reason = match (&outcome, departure) {
            (Some(Ok(_)), None) => None,
            (Some(Err(Unfinished::Failed(error))), _) => {
                Some(error.is_internal().then_some(LeaveReason::InternalError))
            }
            (_, departure) => Some(Some(departure.unwrap_or(Departure::TERMINATED).reason)),
        };
        // Events are shown before the outcome. A process that must end without clean-up does not wait for a blocked
        // terminal.
        let mut notifying = tokio::select! {
            biased;
            notifying = watch.observed() => notifying,
            () = self.observers_are_late() => JoinSet::new(),
        };
        // The receiver may be gone.
        let mut sender = Some(sender);
        let mut outcome = match (outcome, reason) {
            (Some(Ok(finished)), None) => {
                if let Some(sender) = sender.take() {
                    let _ = sender.send(Ok(finished));
                }
                None
            }
            (outcome, _) => Some(outcome),
        };
        tokio::select! {
            biased;
            _ = self.control.departure() => notifying.abort_all(),
            // A notification in flight is still delivered.
            () = async { while notifying.join_next().await.is_some() {} } => {}
        }
        self.backend.shutdown().await;
        if let (Some(journal), Some(reason)) = (self.automation.persistence.journal_store(), reason)
            && let Err(error) = journal.release(&self.id, reason).await
        {
            tracing::debug!(%error, "the execution belongs to this process until it ends");
        }
        if let (Some(sender), Some(outcome)) = (sender, outcome.take()) {
            let _ = sender.send(match outcome {
                Some(Ok(finished)) => Ok(finished),
                Some(Err(Unfinished::Failed(error))) => Err(error),
                Some(Err(Unfinished::Left)) => Err(self.left(Departure::TERMINATED, false).await),
                None => Err(self.left(departure.unwrap_or(Departure::TERMINATED), true).await),
            });
        }
    }

    /// Runs until the end, or until the run must be aborted.
    async fn run_until_left(&self, source: RunSource) -> RunResult {
        let requests = self.automation.requests();
        let family = self.children(&source, requests.clone());
        let outcome = std::sync::OnceLock::new();
        let work = async {
            let ended = self.run_to_end(source, &family, requests.as_deref()).await;
            // The outcome is final from here on.
            let ended = outcome.get_or_init(|| ended);
            let notify = async {
                if let Ok(finished) = ended {
                    report_failures(self.context.notifier.ended(&finished.execution).await, &*self.observer);
                }
            };
            let finish = async {
                // Children that were cancelled with it clean up.
                family.finish().await;
                if ended.is_ok()
                    && let Some(notice) = self.backend.drain().await
                {
                    self.observer.notice(&notice);
                }
            };
            tokio::join!(notify, finish);
        };
        let mut work = Box::pin(work);
        let (mut is_leaving, mut is_reported) = (false, false);
        let departure = loop {
            tokio::select! {
                biased;
                departure = self.control.departure() => {
                    // Detach children before dropping the run: dropping a child's guard cancels the child.
                    family.abandon();
                    break Some(departure);
                }
                () = self.control.receiver().leaving(), if !is_leaving => {
                    is_leaving = true;
                    family.leave();
                }
                () = &mut work => break None,
                // A call is in flight.
                () = std::future::ready(()), if is_leaving && !is_reported => {
                    is_reported = true;
                    self.observer.notice(&Notice::Leaving { grace_seconds: TERMINATION_GRACE.as_secs() });
                }
            }
        };
        drop(work);
        RunResult { outcome: outcome.into_inner(), departure }
    }

    async fn run_to_end(
        &self,
        source: RunSource,
        family: &Arc<ChildSupervisor>,
        requests: Option<&RequestReader>,
    ) -> Result<Finished, Unfinished> {
        let sender = self.control.sender();
        let _requests = match requests {
            Some(requests) => Some(requests.subscribe(self.id.clone(), sender.clone()).await),
            None => None,
        };
        let ended = match source {
            RunSource::Start(start) => self.run_from_start(*start, family).await?,
            RunSource::Resume(resume) => self.run_from_history(*resume, family).await?,
        };
        match ended {
            Ok(finished) => Ok(finished),
            Err(RunError::Left) => Err(Unfinished::Left),
            Err(error @ (RunError::Start(_) | RunError::Store(_) | RunError::Engine(_) | RunError::Replay(_))) => {
                let is_stored = self.automation.left_execution(&self.id).await.is_some();
                Err(Unfinished::Failed(AutomationError::run(error, is_stored.then(|| self.id.clone()))))
            }
        }
    }

    async fn run_from_start(
        &self,
        prepared: PreparedStart,
        family: &Arc<ChildSupervisor>,
    ) -> Result<Result<Finished, RunError>, Unfinished> {
        let PreparedStart { start, clients, document, lock, on_conflict } = prepared;
        let runbook = &self.context.runbook;
        let above = ParentContext::of_start(&start, Arc::clone(runbook), self.context.secrets.clone());
        let children = Children::of(Arc::clone(family), above, self.control.sender().clone());
        let runner = self.runner(&start.launch, clients, family, children)?;
        let mut observe = |events: &[Recorded]| self.observe(events);
        let cancelled = self.control.receiver().clone();
        let (Some(lock), Some(journal)) = (lock, self.automation.persistence.journal_store()) else {
            return Ok(runner.run(runbook, &document, start, cancelled, Some(&mut observe)).await);
        };
        let opened = runner.open(runbook, &document, start).await;
        let execution = opened.map_err(|error| AutomationError::run(error, None))?;
        self.has_begun();
        match self.acquire(journal, &lock, on_conflict).await? {
            LockOutcome::Acquired | LockOutcome::Stopped => {}
            LockOutcome::Left => return Err(Unfinished::Left),
            LockOutcome::Refused { holder } => {
                let ended = runner.resume(runbook, execution, None, cancelled, None).await;
                ended.map_err(|error| AutomationError::run(error, Some(self.id.clone())))?;
                return Err(lock_refused(journal, &lock, holder).await.into());
            }
        }
        Ok(runner.resume(runbook, execution, None, cancelled, Some(&mut observe)).await)
    }

    async fn run_from_history(
        &self,
        prepared: PreparedResume,
        family: &Arc<ChildSupervisor>,
    ) -> Result<Result<Finished, RunError>, Unfinished> {
        let PreparedResume { mut execution, clients, mut takeover, decisions: _ } = prepared;
        self.logs.resume(&execution);
        let journal = self.automation.persistence.journal_store();
        if let (Some(lock), Some(journal)) = (&execution.started().launch.lock, journal) {
            match (self.acquire(journal, lock, OnConflict::Queue).await?, &mut takeover) {
                // An execution that is cancelled before it has its lock sends nothing; it only cleans up.
                (LockOutcome::Stopped, Some(takeover)) => takeover.interrupted = Interrupted::Abandon,
                (LockOutcome::Left, _) => return Err(Unfinished::Left),
                (LockOutcome::Stopped | LockOutcome::Acquired | LockOutcome::Refused { .. }, _) => {}
            }
        }
        let runbook = &self.context.runbook;
        let above = ParentContext::of_started(execution.started(), Arc::clone(runbook), self.context.secrets.clone());
        let children = Children::of(Arc::clone(family), above, self.control.sender().clone());
        let is_given_up = takeover.as_ref().is_some_and(|takeover| takeover.interrupted == Interrupted::Abandon);
        children.cancel_orphans(&execution, is_given_up).await.map_err(AutomationError::from)?;
        if !is_given_up {
            let secrets = &self.context.secrets;
            tokio::select! {
                biased;
                () = restore_outputs_ahead(&mut execution, runbook, &clients.api, secrets, &*self.observer) => {}
                // The runner takes the request to leave, or to cancel.
                () = self.control.receiver().any() => {}
            }
        }
        let mut observe = |events: &[Recorded]| self.observe(events);
        let runner = self.runner(&execution.started().launch, clients, family, children)?;
        let cancelled = self.control.receiver().clone();
        Ok(runner.resume(runbook, execution, takeover, cancelled, Some(&mut observe)).await)
    }

    async fn acquire(
        &self,
        journal: &dyn LockQueue,
        lock: &str,
        on_conflict: OnConflict,
    ) -> Result<LockOutcome, AutomationError> {
        let commits = self.automation.commits(&self.store);
        acquire(journal, lock, &self.id, on_conflict, &self.control, commits, &*self.observer).await
    }

    /// Notifies the caller that the execution is stored.
    fn has_begun(&self) {
        if let Some(begun) = self.begun.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // The receiver may be gone.
            let _ = begun.send(());
        }
    }

    /// Completes some time after the run must be aborted; otherwise never.
    async fn observers_are_late(&self) {
        self.control.departure().await;
        tokio::time::sleep(LAST_REPORTS).await;
    }

    /// Receives durable events before the runner acts on them.
    fn observe(&self, events: &[Recorded]) {
        self.has_begun();
        for recorded in events {
            self.logs.observe(&self.id, recorded);
        }
        self.publisher.publish(events);
    }

    fn runner(
        &self,
        launch: &Launch,
        clients: Clients,
        family: &Arc<ChildSupervisor>,
        children: Children,
    ) -> Result<Runner, AutomationError> {
        let last_reply = self.context.reply_capture.clone();
        let attachments = script_attachments(&self.context.runbook, launch, self.backend.callers_api())?;
        let actions = clients.actions(last_reply, Some(Arc::new(children)), Some(attachments));
        let runner = Runner::new(family.store(), Arc::new(actions), Arc::new(SystemClock));
        Ok(runner.with_secrets(self.context.secrets.clone()))
    }

    /// Builds the supervisor and document library of child executions.
    fn children(&self, source: &RunSource, requests: Option<Arc<RequestReader>>) -> Arc<ChildSupervisor> {
        let (launch, answers) = match source {
            RunSource::Start(start) => (&start.start.launch, InterruptedCallPolicy::default()),
            RunSource::Resume(resume) => (&resume.execution.started().launch, resume.decisions.clone()),
        };
        let runtime = ChildRuntime {
            backend: Arc::clone(&self.backend),
            events: self.events.clone(),
            root: self.id.clone(),
            commits: self.automation.commits(&self.store),
            requests,
            observer: Arc::clone(&self.observer),
            resumed: self.resumed.clone(),
        };
        let library = Arc::new(Library::of_launch(launch));
        ChildSupervisor::new(Arc::clone(&self.store), Arc::new(SystemClock), library, Arc::new(runtime), answers)
    }

    async fn left(&self, departure: Departure, is_in_flight: bool) -> AutomationError {
        let execution = self.automation.left_execution(&self.id).await;
        AutomationError::Left { execution, departure, is_in_flight }
    }
}
