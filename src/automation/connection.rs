//! The Lambda backend of an execution: AWS, another address, or functions of this machine.

mod places;

use std::path::Path;
use std::sync::Arc;

use super::error::AutomationError;
use super::interpreters::ensure_interpreters;
use super::observer::{Notice, Observer};
use crate::actions::{ActionRegistry, ChildExecutor, Connections, PollLimits, ReplyCapture, ScriptConnection};
use crate::aws::{Access, ApiClient, ConnectError, ConnectOptions, Models, RoleArn};
use crate::clock::SystemClock;
use crate::event::{Connection, Environment, Place, ScriptSettings, TemplateFile, sha256};
use crate::files::read_bounded;
use crate::lambda::LambdaClient;
use crate::limits::{DOCUMENT_BYTES, DRAIN};
use crate::local_lambda::{Functions, LocalLambda, Options, TemplateOptions};
use crate::name::ExecutionId;
use crate::redaction::Secrets;
use crate::runbook::Runbook;
use crate::scripts::{
    Interpreters, ScriptAttachments, ScriptLogSink, ScriptOptions, ScriptPlace, ScriptRunner, Scripts,
};
use crate::supervisor::Supervisor;

/// Where the steps of an execution and of its children invoke functions. The processes of local functions end with it.
#[derive(Debug)]
pub(super) struct LambdaBackend {
    client: LambdaClient,
    /// The client of all AWS APIs, as the caller.
    api: ApiClient,
    models: Arc<Models>,
    access: Option<Access>,
    local: Option<LocalLambda>,
    scripts: Scripts,
    limits_payload: bool,
    /// Shared by the execution and its children.
    polls: PollLimits,
    /// The error for a call of an execution whose steps call nothing.
    unconnected: Option<ConnectError>,
}

/// What the steps of an execution call AWS with.
#[derive(Debug, Clone)]
pub(super) struct Clients {
    /// The Lambda client.
    pub(super) lambda: LambdaClient,
    /// The client of all AWS APIs.
    pub(super) api: ApiClient,
    /// The scripts.
    pub(super) scripts: ScriptConnection,
    /// The limits of polls.
    pub(super) polls: PollLimits,
}

impl Clients {
    /// The handlers of actions that use them.
    pub(super) fn actions(
        self,
        last_reply: Option<ReplyCapture>,
        children: Option<Arc<dyn ChildExecutor>>,
        attachments: Option<ScriptAttachments>,
    ) -> ActionRegistry {
        let Self { lambda, api, mut scripts, polls } = self;
        if let Some(attachments) = attachments {
            scripts.runner = scripts.runner.with_attachments(attachments);
        }
        let scripts = Some(scripts);
        ActionRegistry::connected(Connections {
            lambda,
            api,
            clock: Arc::new(SystemClock),
            polls,
            scripts,
            last_reply,
            children,
        })
    }
}

impl LambdaBackend {
    /// Connects as recorded in the launch. A runbook whose steps call nothing needs no credentials.
    pub(super) async fn connect(
        connection: &Connection,
        local: Option<Functions>,
        local_options: Options,
        script_options: ScriptOptions,
        secrets: &Secrets,
        runbook: &Runbook,
        models: &Arc<Models>,
    ) -> Result<Self, AutomationError> {
        let options = ConnectOptions {
            profile: connection.profile.clone(),
            region: connection.region.clone(),
            endpoint_url: connection.endpoint_url.clone(),
            secrets: secrets.clone(),
        };
        let limits_payload = !connection.scripts.without_payload_limits;
        let scripts = Scripts::new(script_options);
        if let Some(local) = local {
            let local = LocalLambda::new(local, local_options);
            let client = LambdaClient::in_process(local.http_client(), connection.region.as_deref());
            // Steps that call AWS APIs may stand beside local functions; only they need credentials.
            let api = ApiClient::connecting_later(options, Arc::clone(models));
            return Ok(Self {
                client,
                api,
                models: Arc::clone(models),
                access: None,
                local: Some(local),
                scripts,
                limits_payload,
                polls: PollLimits::default(),
                unconnected: None,
            });
        }
        match Access::find(&options).await {
            Ok(access) => Ok(Self {
                client: LambdaClient::for_caller(&access),
                api: ApiClient::new(access.clone(), Arc::clone(models)),
                models: Arc::clone(models),
                access: Some(access),
                local: None,
                scripts,
                limits_payload,
                polls: PollLimits::default(),
                unconnected: None,
            }),
            Err(error @ (ConnectError::NoRegion | ConnectError::Credentials(_))) if sends_nothing(runbook) => {
                tracing::debug!(%error, "nothing can be sent, and no step sends anything");
                let (client, api) = (LambdaClient::nowhere(), ApiClient::nowhere(Some(error.clone())));
                Ok(Self {
                    client,
                    api,
                    models: Arc::clone(models),
                    access: None,
                    local: None,
                    scripts,
                    limits_payload,
                    polls: PollLimits::default(),
                    unconnected: Some(error),
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The caller's credentials and region; none for local functions.
    pub(super) const fn access(&self) -> Option<&Access> {
        self.access.as_ref()
    }

    /// The values of the system variables.
    pub(super) fn environment(&self) -> Environment {
        environment(self.client.region().map(str::to_owned), self.local.as_ref().map(LocalLambda::functions))
    }

    /// The clients of an execution that acts as this role, or as the caller; in a place of its own, with the credentials that
    /// its recipe leads to.
    pub(super) async fn clients(
        &self,
        place: Option<&Place>,
        role: Option<RoleArn>,
        execution: &ExecutionId,
    ) -> Result<Clients, AutomationError> {
        if let Some(place) = place {
            return self.clients_in(place, role, execution).await;
        }
        match (role, &self.access, &self.unconnected) {
            (None, _, _) => Ok(self.callers_clients()),
            (Some(role), Some(access), _) => {
                let session = format!("runwright-{execution}");
                tracing::debug!(role = role.as_str(), session, "assuming the role");
                let access = access.assume(&role, &session).await?;
                Ok(self
                    .clients_with(LambdaClient::for_caller(&access), ApiClient::new(access, Arc::clone(&self.models))))
            }
            (Some(role), None, Some(why)) => Err(AutomationError::RoleUnreachable { role, source: why.clone() }),
            (Some(role), None, None) => {
                tracing::debug!(role = role.as_str(), "local functions have no credentials: no role is assumed");
                Ok(self.callers_clients())
            }
        }
    }

    /// The client of all AWS APIs, as the caller: attachments belong to the user, not to the role of the runbook.
    pub(super) fn callers_api(&self) -> ApiClient {
        self.api.clone()
    }

    /// Finds the interpreters of a runbook's scripts before its first step.
    pub(super) async fn ensure_interpreters(&self, runbook: &Runbook) -> Result<(), AutomationError> {
        let notices = ensure_interpreters(runbook, self.scripts.interpreters()).await?;
        self.scripts.notice(&notices);
        Ok(())
    }

    fn callers_clients(&self) -> Clients {
        self.clients_with(self.client.clone(), self.api.clone())
    }

    fn clients_with(&self, lambda: LambdaClient, api: ApiClient) -> Clients {
        self.clients_for(lambda, api, self.environment())
    }

    fn clients_for(&self, lambda: LambdaClient, api: ApiClient, environment: Environment) -> Clients {
        let Environment { region, account_id, partition } = environment;
        let place = ScriptPlace { region, account_id, partition };
        let runner = ScriptRunner::new(self.scripts.clone(), api.clone(), place);
        let scripts = ScriptConnection { runner, limits_payload: self.limits_payload };
        Clients { lambda, api, scripts, polls: self.polls.clone() }
    }

    /// Waits for `Event` invocations of local functions: ending the process earlier would lose them.
    pub(super) async fn drain(&self) -> Option<Notice> {
        let drained = self.local.as_ref()?.drain(DRAIN).await;
        let is_lost = drained.failed > 0 || drained.lost > 0;
        is_lost.then_some(Notice::AsyncInvocationsLost { failed: drained.failed, abandoned: drained.lost })
    }

    /// Ends the processes of local functions and of scripts.
    pub(super) async fn shutdown(&self) {
        self.scripts.shutdown().await;
        if let Some(local) = &self.local {
            local.shutdown().await;
        }
    }
}

/// How this program runs local functions: none outlives it, however it ends.
pub fn local_options() -> Options {
    Options { supervisor: Supervisor::of_this_program(), ..Options::default() }
}

/// How this program runs the scripts of an execution: none outlives it, however it ends.
pub(super) fn script_options(
    settings: &ScriptSettings,
    interpreters: Arc<Interpreters>,
    log: Option<ScriptLogSink>,
) -> ScriptOptions {
    ScriptOptions {
        supervisor: Supervisor::of_this_program(),
        interpreters,
        notices: None,
        command: settings.command.clone(),
        pass_environment: settings.pass_env.clone(),
        with_credentials: !settings.without_credentials,
        with_limits: !settings.without_limits,
        keep_files: settings.keep_files,
        log,
    }
}

/// Whether no step calls anything outside this machine. A run over targets calls what the runbook of each target calls.
fn sends_nothing(runbook: &Runbook) -> bool {
    let runbook = runbook.target_runbook().unwrap_or(runbook);
    runbook.all_steps().all(|step| {
        let action = step.inputs.action();
        action.control().is_some() || action.spec().runs_here
    })
}

/// The values of the system variables when calls go to this region, or to the functions of this machine.
pub fn environment(region: Option<String>, local: Option<&Functions>) -> Environment {
    let partition = match region.as_deref() {
        Some(region) if region.starts_with("cn-") => "aws-cn",
        Some(region) if region.starts_with("us-gov-") => "aws-us-gov",
        Some(region) if region.starts_with("us-isob-") => "aws-iso-b",
        Some(region) if region.starts_with("us-iso-") => "aws-iso",
        Some(region) if region.starts_with("eu-isoe-") => "aws-iso-e",
        Some(region) if region.starts_with("us-isof-") => "aws-iso-f",
        Some(_) | None => "aws",
    };
    Environment {
        account_id: local.map(|local| local.account_id().to_owned()),
        region,
        partition: partition.to_owned(),
    }
}

/// The values of the system variables in a place.
pub(super) fn place_environment(account: &str, region: &str) -> Environment {
    Environment { account_id: Some(account.to_owned()), ..environment(Some(region.to_owned()), None) }
}

/// Loads a functions template, for calls in this region. Reports parts of it without effect on this machine as notices.
pub fn load_functions(file: &str, region: Option<&str>, observer: &dyn Observer) -> Result<Functions, AutomationError> {
    let mut options = TemplateOptions::default();
    if let Some(region) = region {
        region.clone_into(&mut options.region);
    }
    let path = Path::new(file);
    if !path.exists() {
        return Err(AutomationError::TemplateMissing { file: file.to_owned(), is_recorded: false });
    }
    let functions = Functions::load_with(path, &options)?;
    for warning in functions.warnings() {
        observer.notice(&Notice::TemplateWarning(warning.clone()));
    }
    Ok(functions)
}

/// Loads the functions of a launch in their current state. Reports a template that has changed as a notice.
pub fn recorded_functions(
    connection: &Connection,
    observer: &dyn Observer,
) -> Result<Option<Functions>, AutomationError> {
    let Some(template) = &connection.functions else { return Ok(None) };
    if !Path::new(&template.file).exists() {
        return Err(AutomationError::TemplateMissing { file: template.file.clone(), is_recorded: true });
    }
    if identify_template(&template.file)?.sha256 != template.sha256 {
        observer.notice(&Notice::TemplateChanged { file: template.file.clone() });
    }
    load_functions(&template.file, connection.region.as_deref(), observer).map(Some)
}

/// A template in its current state, with its absolute path; a folder means the template in it.
pub fn identify_template(file: &str) -> Result<TemplateFile, AutomationError> {
    let path = absolute_path(Path::new(file));
    let read = |path: &Path| std::fs::File::open(path).and_then(|mut opened| read_bounded(&mut opened, DOCUMENT_BYTES));
    let text = if path.is_dir() { Ok(Vec::new()) } else { read(&path) };
    let text = text.map_err(|source| AutomationError::TemplateUnreadable { file: file.to_owned(), source })?;
    Ok(TemplateFile { file: path.display().to_string(), sha256: sha256(&*String::from_utf8_lossy(&text)) })
}

/// The absolute form of a path, without following links.
pub fn absolute_path(path: &Path) -> std::path::PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
