//! Starts an execution.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use super::Automation;
use super::assume_role::resolve_role;
use super::attachments::find_attachments;
use super::connection::LambdaBackend;
use super::control::RunControl;
use super::documents::read_runbook;
use super::error::AutomationError;
use super::interpreters::{InterpreterOptions, may_call_aws};
use super::locations::runbook_over_locations;
use super::lock_queue::lock_refused;
use super::observer::{Notice, Observer};
use super::parameters::StartContext;
use super::run::{Run, RunningExecution};
use super::run_source::{PreparedStart, RunContext, RunSource};
use super::secrets::execution_secrets;
use super::sensitive_outputs::restore_carried_over;
use super::stored_parameters::{Bound, ParameterBinding};
use super::targets::{child_document, runbook_over_targets};
use crate::aws::Models;
use crate::clock::{self, Clock, SystemClock};
use crate::engine::{self, RedrivePoint, Start};
use crate::event::{DocumentIdentity, ExecutionResumed, Launch, LaunchLocations, LaunchTargets, Settings, sha256};
use crate::execution::Execution;
use crate::expression::Template;
use crate::limits::LABEL_BYTES;
use crate::local_lambda::Options;
use crate::name::{ExecutionId, ParameterName};
use crate::notify::Notifier;
use crate::redaction::Secrets;
use crate::runbook::binding::Supplied;
use crate::runner::Runner;
use crate::runner::delays::DelayPolicy;
use crate::scripts::ScriptOptions;
use crate::store::{LockState, OnConflict};

/// Delays before the next attempt of a step.
const ATTEMPT_DELAYS: DelayPolicy =
    DelayPolicy { initial: Duration::from_secs(1), multiplier: 2.0, longest: Duration::from_secs(30) };

/// Delays before a throttled call is sent again. They do not follow the setting for attempts: a user who retries a
/// failed step at once does not want to flood a service that throttles.
const THROTTLE_DELAYS: DelayPolicy =
    DelayPolicy { initial: Duration::from_secs(1), multiplier: 2.0, longest: Duration::from_secs(30) };

/// How long a throttled call is sent again before the attempt fails.
const THROTTLE_WINDOW: Duration = Duration::from_mins(5);

/// Jitter: the random share of each delay.
const JITTER: f64 = 0.5;

/// The largest result of a function, in bytes.
const RESULT_LIMIT: u64 = 200 * 1024;

/// Executions with the same lock do not run at the same time.
#[derive(Debug, Clone)]
pub struct Lock {
    /// Its name, which may refer to parameters.
    pub name: Template,
    /// What happens while another execution has it.
    pub on_conflict: OnConflict,
}

impl Lock {
    /// The lock of a redrive or rerun: its name is resolved with the current parameters.
    pub fn for_restart(name: &str) -> Self {
        Self { name: Template::parse(name), on_conflict: OnConflict::Queue }
    }
}

/// A new execution.
#[derive(Debug, Clone)]
pub struct StartRequest {
    /// Its context.
    pub context: RunContext,
    /// The text of the runbook.
    pub document: String,
    /// The name and the hash of the runbook.
    pub identity: DocumentIdentity,
    /// The parameters that were supplied.
    pub supplied: IndexMap<String, Supplied>,
    /// Retries and timeouts.
    pub settings: Settings,
    /// How it is started. Its lock is not resolved yet.
    pub launch: Launch,
    /// The lock that it runs under.
    pub lock: Option<Lock>,
    /// The steps of another execution that are carried over and not run again.
    pub carried_over: Option<(Execution, RedrivePoint)>,
    /// The user who starts it.
    pub started_by: String,
}

impl StartRequest {
    /// An execution of a runbook's text, started by `started_by`, with defaults for everything else: functions in AWS,
    /// no secrets, no notifications.
    pub fn new(name: &str, text: &str, started_by: &str) -> Result<Self, AutomationError> {
        let runbook = Arc::new(read_runbook(name, text)?.runbook);
        let launch = Launch { version: env!("CARGO_PKG_VERSION").to_owned(), ..Launch::default() };
        Ok(Self {
            context: RunContext {
                runbook,
                connection: launch.connection.clone(),
                local_functions: None,
                models: Models::shared(),
                secrets: Secrets::default(),
                reply_capture: None,
                interpreters: InterpreterOptions::default(),
                notifier: Notifier::default(),
            },
            document: text.to_owned(),
            identity: DocumentIdentity { name: name.to_owned(), sha256: sha256(text) },
            supplied: IndexMap::new(),
            settings: default_settings()?,
            launch,
            lock: None,
            carried_over: None,
            started_by: started_by.to_owned(),
        })
    }

    /// Supplies a parameter as text: lists and maps as JSON.
    #[must_use]
    pub fn with_parameter(mut self, name: &str, text: &str) -> Self {
        self.supplied.insert(name.to_owned(), Supplied::Text(text.to_owned()));
        self
    }

    /// Makes the parameters and outputs with these names secret (`*` and `?` as in file names): their values are
    /// redacted in the journal and for observers.
    #[must_use]
    pub fn with_sensitive(mut self, names: &[&str]) -> Self {
        self.launch.sensitive = names.iter().map(|name| (*name).to_owned()).collect();
        self.context.secrets = execution_secrets(&self.launch.sensitive);
        self
    }

    /// Runs the runbook once for each target.
    #[must_use]
    pub fn over_targets(mut self, targets: LaunchTargets) -> Self {
        // The value of a target overrides the one that is supplied for all.
        self.supplied.retain(|name, _| targets.parameter.as_ref().is_none_or(|parameter| *parameter != *name.as_str()));
        let supplied = self.supplied.keys().map(String::as_str).collect();
        self.context.runbook =
            runbook_over_targets(&self.context.runbook, &self.identity.name, &targets, supplied).into();
        self.launch.targets = Some(Box::new(targets));
        self.runs_itself()
    }

    /// Runs the runbook once in each account and Region of the locations, over their targets where they have some.
    #[must_use]
    pub fn over_locations(mut self, locations: LaunchLocations) -> Self {
        let parameter = locations.targets.as_ref().and_then(|targets| targets.parameter.as_ref());
        self.supplied.retain(|name, _| parameter.is_none_or(|parameter| *parameter != *name.as_str()));
        let supplied = self.supplied.keys().map(String::as_str).collect();
        self.context.runbook =
            runbook_over_locations(&self.context.runbook, &self.identity.name, &locations, supplied).into();
        self.launch.locations = Some(Box::new(locations));
        self.runs_itself()
    }

    /// The only step runs the runbook itself: its file has to be found by its name.
    fn runs_itself(mut self) -> Self {
        self.launch.given = self.supplied.keys().map(|name| ParameterName::new(name.as_str())).collect();
        if let Some(file) = self.launch.file.clone() {
            self.launch.documents.insert(child_document(&self.identity.name), file);
        }
        self
    }
}

impl Automation {
    /// Starts an execution in this process, and returns once it is stored and can be followed: its parameters are
    /// bound, its credentials found, its role assumed. It continues when the future is dropped after that.
    pub async fn start(
        &self,
        request: StartRequest,
        control: RunControl,
        observer: Arc<dyn Observer>,
    ) -> Result<RunningExecution, AutomationError> {
        let id = ExecutionId::new(clock::random_id());
        let resumed = ExecutionResumed {
            by: request.started_by.clone(),
            host: request.launch.host.clone(),
            version: request.launch.version.clone(),
        };
        let run = Run::connect(self, request.context.clone(), control, observer, resumed, id.clone()).await?;
        match prepare(request, &run.backend, id, Some(&*run.observer)).await {
            Ok(prepared) => {
                let mut running = run.spawn(RunSource::Start(Box::new(prepared)));
                running.begun().await;
                Ok(running)
            }
            Err(error) => {
                run.backend.shutdown().await;
                Err(error)
            }
        }
    }

    /// Stores a new execution that another process is to run, and returns it with its real values.
    pub async fn begin(&self, request: StartRequest) -> Result<Execution, AutomationError> {
        let journal = self.journal("detach")?;
        let context = request.context.clone();
        let id = ExecutionId::new(clock::random_id());
        let RunContext { connection, local_functions, secrets, runbook, models, .. } = &context;
        let options = Options::default();
        let backend = LambdaBackend::connect(
            connection,
            local_functions.clone(),
            options,
            ScriptOptions::default(),
            secrets,
            runbook,
            models,
        )
        .await?;
        // The process that runs it restores sensitive outputs.
        let prepared = prepare(request, &backend, id.clone(), None).await;
        backend.shutdown().await;
        let PreparedStart { start, clients, document, lock, on_conflict } = prepared?;
        let actions = clients.actions(None, None, None);
        let runner = Runner::new(self.shared_journal("--detach")?, Arc::new(actions), Arc::new(SystemClock))
            .with_secrets(secrets.clone());
        let failed = |error| AutomationError::run(error, None);
        let execution = runner.open(runbook, &document, start).await.map_err(failed)?;
        // The executions ahead are cancelled now; the process that runs this one waits for the lock.
        if let Some(lock) = lock
            && let LockState::Refused { holder } = journal.acquire_lock(&lock, &id, on_conflict).await?
        {
            let control = RunControl::default();
            control.cancel(format!("lock {lock}, which {holder} holds"));
            let ended = runner.resume(runbook, execution, None, control.receiver().clone(), None).await;
            ended.map_err(|error| AutomationError::run(error, Some(id)))?;
            return Err(lock_refused(journal, &lock, holder).await);
        }
        Ok(execution)
    }
}

/// Binds the parameters, assumes the role and resolves the lock. With an observer of notices it also restores the
/// sensitive outputs of the steps that are carried over.
async fn prepare(
    request: StartRequest,
    backend: &LambdaBackend,
    id: ExecutionId,
    observer: Option<&dyn Observer>,
) -> Result<PreparedStart, AutomationError> {
    let StartRequest { context, document, identity, supplied, settings, mut launch, lock, carried_over, started_by } =
        request;
    let runbook = &context.runbook;
    let mut environment = backend.environment_in(launch.place.as_deref());
    if environment.account_id.is_none() {
        environment.account_id = backend.find_account(&document).await;
    }
    let at_start = StartContext { environment: &environment, execution: id.as_str(), now: SystemClock.now() };
    let chosen = context.connection.assume_role.as_deref();
    let binding = ParameterBinding {
        runbook,
        supplied: &supplied,
        context: &at_start,
        given: &launch.ssm_parameters,
        secrets: &context.secrets,
    };
    let (parameters, role, clients) = match binding.bind()? {
        Bound::Whole(parameters) => {
            let role = resolve_role(chosen, runbook, &at_start.scope(&parameters))?;
            (parameters, role.clone(), backend.clients(launch.place.as_deref(), role, &id).await?)
        }
        Bound::Partly(unread) => {
            let role = unread.role(chosen)?;
            let clients = backend.clients(launch.place.as_deref(), role.clone(), &id).await?;
            (unread.read(&clients.api).await?, role, clients)
        }
    };
    if let Some(observer) = observer
        && role.is_none()
        && backend.access().is_some()
        && !context.connection.scripts.without_credentials
        && may_call_aws(runbook)
    {
        observer.notice(&Notice::ScriptsActAsCaller);
    }
    launch.attachment_sums = find_attachments(runbook, &launch, backend.callers_api()).await?;
    backend.ensure_interpreters(runbook).await?;
    let scope = at_start.scope(&parameters);
    let on_conflict = lock.as_ref().map_or(OnConflict::Queue, |lock| lock.on_conflict);
    let name = lock.map(|lock| lock.name.resolve_text(&scope)).transpose();
    let name = name.map_err(AutomationError::LockUnresolved)?;
    launch.lock = name.map(|name| context.secrets.text(&name).into_owned());
    let reused = match carried_over {
        Some((mut old, point)) => {
            if let Some(observer) = observer {
                // The calls are made with the parameters as they are supplied now.
                for (name, value) in &parameters {
                    old.reveal(name.as_str(), value.clone());
                }
                restore_carried_over(&mut old, runbook, &point.from, &clients.api, &context.secrets, observer).await;
            }
            engine::carry_over(&old, &point)
        }
        None => Vec::new(),
    };
    let start = Start {
        execution: id,
        document: identity,
        parameters,
        executed_by: started_by,
        outline: engine::outline(runbook, settings.long_invocations),
        environment,
        settings,
        seed: clock::random_seed(),
        reused,
        launch: launch.clone(),
    };
    Ok(PreparedStart { start, clients, document, lock: launch.lock, on_conflict })
}

/// The default settings of an execution.
fn default_settings() -> Result<Settings, AutomationError> {
    Ok(Settings {
        attempt_delays: ATTEMPT_DELAYS.delays(None)?,
        throttle_delays: THROTTLE_DELAYS.delays(None)?,
        throttle_window: u64::try_from(THROTTLE_WINDOW.as_millis()).unwrap_or(u64::MAX),
        jitter: JITTER,
        long_invocations: false,
        result_limit: Some(RESULT_LIMIT),
        poll_interval: None,
        idempotency_token: false,
    })
}

/// Why a text is not a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// It has no name, or no `=`.
    #[error("write --label NAME=VALUE")]
    Unreadable,
    /// It is too long.
    #[error("a label has at most {LABEL_BYTES} bytes")]
    TooLong,
}

/// Reads `NAME=VALUE`.
pub fn read_label(text: &str) -> Result<(String, String), LabelError> {
    match text.split_once('=') {
        Some((name, _)) if name.trim().is_empty() => Err(LabelError::Unreadable),
        Some(_) if text.len() > LABEL_BYTES => Err(LabelError::TooLong),
        Some((name, value)) => Ok((name.trim().to_owned(), value.to_owned())),
        None => Err(LabelError::Unreadable),
    }
}
