//! Resumes an interrupted execution.

use std::sync::Arc;

use indexmap::IndexMap;

use super::Automation;
use super::api_models::load_models;
use super::assume_role::resolve_role;
use super::attachments::find_attachments;
use super::connection::{Clients, absolute_path, identify_template, recorded_functions};
use super::control::RunControl;
use super::documents::{read_execution, read_recorded_runbook};
use super::error::{AutomationError, LeftExecution};
use super::interpreters::InterpreterOptions;
use super::interrupted_calls::{decide_for_children, decide_interrupted};
use super::locations::executed_runbook;
use super::observer::{Notice, Observer};
use super::parameters::{StartContext, check_names, register_secrets};
use super::run::{Run, RunningExecution};
use super::run_source::{PreparedResume, RunContext, RunSource};
use super::secret_parameters::restore_secrets;
use super::secrets::execution_secrets;
use super::supplied_targets::{resumed_targets, supply_earlier_targets};
use super::targets::validate_targets;
use crate::automation::children::InterruptedCallPolicy;
use crate::clock::{Clock, SystemClock};
use crate::engine::Interrupted;
use crate::event::{Connection, ExecutionResumed, ExecutionStarted, Launch, NotifyOn, TargetList};
use crate::execution::Execution;
use crate::name::ExecutionId;
use crate::notify::{NotificationTargets, Notifier};
use crate::runbook::binding::Supplied;
use crate::runner::Takeover;
use crate::store::{self, Claim, Entry, EventStore, ExecutionIndex, Lease, StoreError};

/// Settings that override the Lambda backend recorded at the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectionOverrides {
    /// A functions template, or a folder with one.
    pub functions: Option<String>,
    /// An AWS profile.
    pub profile: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// A different address of the Lambda API.
    pub endpoint_url: Option<String>,
    /// The role to assume; empty for the caller's own credentials.
    pub assume_role: Option<String>,
    /// A folder with models of AWS services.
    pub aws_models: Option<String>,
}

impl ConnectionOverrides {
    /// The connection with these overrides. AWS settings replace local functions, and vice versa.
    pub fn apply(&self, recorded: &Connection) -> Result<Connection, AutomationError> {
        let mut connection = recorded.clone();
        if let Some(file) = &self.functions {
            connection.functions = Some(identify_template(file)?);
            connection.profile = None;
            connection.endpoint_url = None;
        }
        if self.profile.is_some() || self.endpoint_url.is_some() {
            connection.functions = None;
        }
        let replace = |own: &mut Option<String>, given: &Option<String>| {
            if let Some(given) = given {
                *own = Some(given.clone());
            }
        };
        replace(&mut connection.profile, &self.profile);
        replace(&mut connection.region, &self.region);
        replace(&mut connection.endpoint_url, &self.endpoint_url);
        replace(&mut connection.assume_role, &self.assume_role);
        replace(&mut connection.aws_models, &self.aws_models.as_deref().map(recorded_path));
        Ok(connection)
    }
}

/// How an execution is resumed.
#[derive(Debug, Clone)]
pub struct ResumeRequest {
    /// The execution.
    pub execution: ExecutionId,
    /// The user and machine that resume it.
    pub resumed: ExecutionResumed,
    /// Sensitive parameters, supplied again.
    pub supplied_again: IndexMap<String, Supplied>,
    /// Sensitive targets, supplied again.
    pub targets: Option<TargetList>,
    /// Overrides of the Lambda backend.
    pub overrides: ConnectionOverrides,
    /// How the interpreters of its scripts are found.
    pub interpreters: InterpreterOptions,
    /// The policies for calls in flight: one that overrides the recorded policy, and decisions for single executions.
    pub interrupted_calls: InterruptedCallPolicy,
    /// The destinations of notifications.
    pub notification_targets: NotificationTargets,
    /// The events that people are notified of, overriding the launch.
    pub notify_on: Option<NotifyOn>,
    /// The process that only stored the execution, for this one to run it: nothing of it has run.
    pub begun_by: Option<String>,
}

/// An execution whose resumption was checked. It is not claimed yet.
#[derive(Debug)]
pub struct ResumePlan {
    /// What it runs with.
    pub context: RunContext,
    /// The execution, with its real values.
    pub execution: Execution,
    takeover: Option<Takeover>,
    decisions: InterruptedCallPolicy,
    resumed: ExecutionResumed,
    /// The requester of its cancellation: a child whose parent has ended is cancelled.
    stopped_by: Option<String>,
    begun_by: Option<String>,
    /// Whether what its scripts need must be there. It need not for one that is only cancelled.
    needs_scripts: bool,
}

impl ResumePlan {
    /// Overrides the policy for a call in flight.
    pub(super) fn set_interrupted(&mut self, interrupted: Interrupted) {
        if let Some(takeover) = &mut self.takeover {
            takeover.interrupted = interrupted;
        }
    }
}

impl Automation {
    /// Checks that an execution can be resumed, and prepares it: restores its secrets, finds its functions, applies the
    /// policy for calls in flight. [`AutomationError::DecisionRequired`] asks the caller for a decision.
    pub async fn plan_resume(
        &self,
        request: &ResumeRequest,
        observer: &dyn Observer,
    ) -> Result<ResumePlan, AutomationError> {
        let journal = self.journal("resume")?;
        if request.begun_by.is_none() {
            let entry = journal.entry(&request.execution).await?;
            ensure_resumable(&entry.ok_or_else(|| AutomationError::Gone { execution: request.execution.clone() })?)?;
        }
        let execution = read_execution(journal, &request.execution).await?;
        let stopped_by = parent_that_ended(journal, execution.id(), &execution.started().launch).await?;
        let mut plan = plan_takeover(journal, execution, request, true, observer).await?;
        let mut decisions = request.interrupted_calls.clone();
        let interrupted = if stopped_by.is_some() {
            Interrupted::Abandon
        } else {
            decide_for_children(journal, &plan.execution, &mut decisions).await?;
            decide_interrupted(&plan.context.runbook, &plan.execution, &decisions)?
        };
        plan.set_interrupted(interrupted);
        plan.needs_scripts = stopped_by.is_none();
        plan.stopped_by = stopped_by;
        plan.decisions = decisions;
        Ok(plan)
    }

    /// Claims an execution, so that this process alone runs it.
    ///
    /// Waits first for local functions of an ended process to end: the observer gets a notice when that takes long.
    pub async fn claim(&self, plan: &ResumePlan, observer: &dyn Observer) -> Result<(), AutomationError> {
        let journal = self.journal("resume")?;
        let id = plan.execution.id();
        let claimed = match &plan.begun_by {
            Some(process) => journal.claim_from(id, process).await,
            None => claim_after_functions(journal, id, observer).await,
        };
        ensure_claimed(claimed?, id)
    }

    /// Claims an execution and resumes it in this process.
    pub async fn resume(
        &self,
        plan: ResumePlan,
        control: RunControl,
        observer: Arc<dyn Observer>,
    ) -> Result<RunningExecution, AutomationError> {
        self.claim(&plan, &*observer).await?;
        self.run_claimed(plan, control, observer).await
    }

    /// Resumes an execution that this process has claimed.
    pub async fn run_claimed(
        &self,
        plan: ResumePlan,
        control: RunControl,
        observer: Arc<dyn Observer>,
    ) -> Result<RunningExecution, AutomationError> {
        let ResumePlan { context, execution, takeover, decisions, resumed, stopped_by, begun_by: _, needs_scripts } =
            plan;
        if let Some(by) = stopped_by {
            control.cancel(by);
        }
        let id = execution.id().clone();
        let run = Run::connect(self, context, control, observer, resumed, id.clone()).await;
        let run = match run {
            Ok(run) => run,
            Err(error) => return Err(self.release_after(&id, error).await),
        };
        let clients = match clients_of(&run, execution.started()).await {
            Ok(clients) if needs_scripts => ensure_scripts(&run, &execution.started().launch).await.map(|()| clients),
            other => other,
        };
        match clients {
            Ok(clients) => {
                let prepared = PreparedResume { execution, clients, takeover, decisions };
                Ok(run.spawn(RunSource::Resume(Box::new(prepared))))
            }
            Err(error) => {
                run.backend.shutdown().await;
                Err(self.release_after(&id, error).await)
            }
        }
    }

    /// Releases an execution that was claimed and could not be run.
    async fn release_after(&self, id: &ExecutionId, error: AutomationError) -> AutomationError {
        let reason = match &error {
            AutomationError::Left { departure, .. } => Some(departure.reason),
            _ => None,
        };
        if let Some(journal) = self.persistence.journal_store()
            && let Err(error) = journal.release(id, reason).await
        {
            tracing::debug!(%error, "the execution belongs to this process until it ends");
        }
        match error {
            // An execution that is resumed has begun.
            AutomationError::Left { execution: None, departure, is_in_flight } => {
                let execution = self.left_execution(id).await;
                AutomationError::Left { execution, departure, is_in_flight }
            }
            error => error,
        }
    }

    /// An execution that this process leaves, where the journal has it.
    pub(super) async fn left_execution(&self, id: &ExecutionId) -> Option<LeftExecution> {
        let entry = self.persistence.journal_store()?.entry(id).await.ok()??;
        Some(LeftExecution { id: entry.id, document: entry.document.name, ended: entry.status.ended() })
    }
}

/// Prepares the run of an interrupted execution. `needs_secrets`: redacted values must be supplied.
pub(super) async fn plan_takeover(
    journal: &dyn EventStore,
    mut execution: Execution,
    request: &ResumeRequest,
    needs_secrets: bool,
    observer: &dyn Observer,
) -> Result<ResumePlan, AutomationError> {
    let launch = execution.started().launch.clone();
    let runbook = read_recorded_runbook(journal, &execution).await?.runbook;
    let secrets = execution_secrets(&launch.sensitive);
    let targets = resumed_targets(&execution, request.targets.as_ref(), needs_secrets)?;
    let targets = targets.map(|targets| validate_targets(targets, &runbook, &secrets)).transpose()?;
    let runbook = executed_runbook(&runbook, execution.started(), targets.as_ref()).into_owned();
    let mut supplied_again = request.supplied_again.clone();
    supply_earlier_targets(&launch, request.targets.as_ref(), &mut supplied_again);
    check_names(&runbook, supplied_again.keys().map(String::as_str))?;
    register_secrets(&secrets, &supplied_again);
    if needs_secrets || !supplied_again.is_empty() {
        restore_secrets(&mut execution, &runbook, &supplied_again, &secrets)?;
    }
    let connection = request.overrides.apply(&launch.connection)?;
    let local_functions = recorded_functions(&connection, observer)?;
    let models = load_models(connection.aws_models.as_deref())?;
    let events = request.notify_on.clone().unwrap_or(launch.notify_on);
    let resumed = request.resumed.clone();
    let takeover =
        request.begun_by.is_none().then(|| Takeover { resumed: resumed.clone(), interrupted: Interrupted::Retry });
    Ok(ResumePlan {
        context: RunContext {
            runbook: Arc::new(runbook),
            connection,
            local_functions,
            models,
            secrets,
            reply_capture: None,
            interpreters: request.interpreters.clone(),
            notifier: Notifier { targets: request.notification_targets.clone(), events },
        },
        execution,
        takeover,
        decisions: InterruptedCallPolicy::default(),
        resumed,
        stopped_by: None,
        begun_by: request.begun_by.clone(),
        needs_scripts: false,
    })
}

/// The clients of an execution that is resumed, in the region that it began in.
async fn clients_of(run: &Run, started: &ExecutionStarted) -> Result<Clients, AutomationError> {
    let now = SystemClock.now();
    let context = StartContext { environment: &started.environment, execution: started.execution.as_str(), now };
    let scope = context.scope(&started.parameters);
    let role = resolve_role(run.context.connection.assume_role.as_deref(), &run.context.runbook, &scope)?;
    let place = started.launch.place.as_deref();
    let clients = run.backend.clients(place, role, &run.id).await?;
    match (run.backend.environment_in(place).region, started.environment.region.clone()) {
        (Some(now_in), Some(began_in)) if now_in != began_in => {
            Err(AutomationError::OtherRegion { execution: started.execution.clone(), began_in, now_in })
        }
        // Without a region nothing is called, then or now.
        (Some(_) | None, Some(_) | None) => Ok(clients),
    }
}

/// Checks that the attachments are those that the execution was started with, and that there are interpreters: an execution
/// that stays interrupted can be resumed once they are there.
async fn ensure_scripts(run: &Run, launch: &Launch) -> Result<(), AutomationError> {
    find_attachments(&run.context.runbook, launch, run.backend.callers_api()).await?;
    run.backend.ensure_interpreters(&run.context.runbook).await
}

/// Refuses an execution that has ended, and one that a live process runs.
pub(super) fn ensure_resumable(entry: &Entry) -> Result<(), AutomationError> {
    match (entry.status.ended(), &entry.owner) {
        (Some(status), _) => Err(AutomationError::HasEnded { execution: entry.id.clone(), status }),
        (None, Some(owner)) => {
            Err(AutomationError::AlreadyRunning { execution: entry.id.clone(), owner: owner.clone() })
        }
        (None, None) => Ok(()),
    }
}

/// Claims an execution once the local functions of its ended process have ended.
pub(super) async fn claim_after_functions(
    journal: &dyn Lease,
    id: &ExecutionId,
    observer: &dyn Observer,
) -> Result<Claim, StoreError> {
    let tell = |pid| observer.notice(&Notice::WaitingForFunctions { pid });
    store::claim_after_functions(journal, &SystemClock, id, tell).await
}

/// The error for an execution that another process claimed.
pub(super) fn ensure_claimed(claim: Claim, id: &ExecutionId) -> Result<(), AutomationError> {
    let execution = id.clone();
    match claim {
        Claim::Won => Ok(()),
        Claim::Running { owner } => Err(AutomationError::AlreadyRunning { execution, owner }),
        Claim::FunctionsRunning { pid } => Err(AutomationError::FunctionsRunning { execution, pid }),
        Claim::Ended(status) => Err(AutomationError::HasEnded { execution, status }),
        Claim::Unknown => Err(AutomationError::Gone { execution }),
    }
}

/// A child is resumed with its parent. When the parent has ended the child is cancelled; the result says by whom.
async fn parent_that_ended(
    journal: &dyn ExecutionIndex,
    id: &ExecutionId,
    launch: &Launch,
) -> Result<Option<String>, AutomationError> {
    let Some(parent) = &launch.parent else { return Ok(None) };
    let above = journal.entry(&parent.execution).await?;
    match above.filter(|above| above.status.ended().is_none()) {
        Some(above) => {
            Err(AutomationError::HasParent { execution: id.clone(), parent: above.id, step: parent.step.clone() })
        }
        None => Ok(Some(format!("its parent {}, which has ended", parent.execution))),
    }
}

/// The absolute path of a file, as a launch records it.
pub fn recorded_path(file: &str) -> String {
    absolute_path(std::path::Path::new(file)).display().to_string()
}
