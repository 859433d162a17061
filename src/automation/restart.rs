//! The common part of redrive and rerun: a new execution from an old one.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;

use super::api_models::load_models;
use super::connection::recorded_functions;
use super::documents::{StoredRunbook, read_recorded_runbook};
use super::error::AutomationError;
use super::interpreters::InterpreterOptions;
use super::launch::local_launch;
use super::observer::{Notice, Observer};
use super::parameters::{check_names, register_secrets};
use super::redrive_error::RedriveError;
use super::resume::ConnectionOverrides;
use super::run_source::RunContext;
use super::secrets::execution_secrets;
use super::start::{Lock, StartRequest};
use super::supplied_targets::{restarted_targets, supply_earlier_targets};
use super::targets::{check_target_parameters, validate_targets};
use crate::engine::RedrivePoint;
use crate::event::{DocumentIdentity, Launch, NotifyOn, Origin, TargetList, sha256};
use crate::execution::Execution;
use crate::files::{read_bounded, read_file};
use crate::limits::DOCUMENT_BYTES;
use crate::name::{ExecutionId, ParameterName};
use crate::notify::{NotificationTargets, Notifier};
use crate::runbook::binding::{StoredValues, Supplied};
use crate::runbook::{self, Runbook, not_executable};
use crate::store::EventStore;

/// The runbook of an execution that is started again.
#[derive(Debug)]
pub enum RunbookChoice {
    /// The current file that the execution was started from; the recorded text where there is no such file.
    Current,
    /// The recorded text.
    Original,
    /// A replacement.
    Replacement {
        /// Its text.
        runbook: Box<StoredRunbook>,
        /// Its name.
        name: String,
        /// Its file, an absolute path.
        file: String,
    },
}

impl RunbookChoice {
    /// Whether the user said which runbook to run.
    pub(super) const fn is_explicit(&self) -> bool {
        match self {
            Self::Current => false,
            Self::Original | Self::Replacement { .. } => true,
        }
    }
}

/// A new execution like an old one.
#[derive(Debug)]
pub struct RestartRequest {
    /// The old execution.
    pub execution: ExecutionId,
    /// Its runbook now.
    pub runbook: RunbookChoice,
    /// Parameters that override those of the old execution. Sensitive ones have to be supplied again.
    pub supplied: IndexMap<String, Supplied>,
    /// The targets to run instead of those of the old execution. Sensitive ones have to be supplied again.
    pub targets: Option<TargetList>,
    /// The Lambda backend of the new execution.
    pub overrides: ConnectionOverrides,
    /// How the interpreters of its scripts are found.
    pub interpreters: InterpreterOptions,
    /// The destinations of notifications.
    pub notification_targets: NotificationTargets,
    /// The events that people are notified of, overriding the launch of the old execution.
    pub notify_on: Option<NotifyOn>,
    /// Values of Parameter Store that override those given to the old execution.
    pub ssm_parameters: StoredValues,
    /// The user who starts it.
    pub started_by: String,
}

/// The runbook of the new execution.
pub(super) struct ChosenRunbook {
    pub(super) stored: StoredRunbook,
    /// The name that replaces the old one.
    name: Option<String>,
    /// The file that replaces the old one.
    file: Option<String>,
}

/// Finds the runbook to run: a replacement, the file as it is now, or the recorded text.
pub(super) async fn choose_runbook(
    choice: RunbookChoice,
    journal: &dyn EventStore,
    old: &Execution,
    observer: &dyn Observer,
) -> Result<ChosenRunbook, AutomationError> {
    let launch = &old.started().launch;
    let recorded = async || -> Result<_, AutomationError> {
        Ok(ChosenRunbook { stored: read_recorded_runbook(journal, old).await?, name: None, file: None })
    };
    if launch.is_over_targets() && choice.is_explicit() {
        return Err(RedriveError::RunbookFixedByTargets.into());
    }
    if launch.over_targets {
        // The recorded runbook was generated for the targets; each of them starts with the current file.
        return recorded().await;
    }
    let chosen = match (choice, &launch.file) {
        (RunbookChoice::Replacement { runbook, name, file }, _) => {
            ChosenRunbook { stored: *runbook, name: Some(name), file: Some(file) }
        }
        (RunbookChoice::Current, Some(file)) if Path::new(file).is_file() => {
            ChosenRunbook { stored: read_runbook_file(file)?, name: None, file: None }
        }
        (RunbookChoice::Current, Some(file)) => {
            observer.notice(&Notice::RunbookFileMissing { file: file.clone() });
            recorded().await?
        }
        (RunbookChoice::Original, _) | (RunbookChoice::Current, None) => recorded().await?,
    };
    let StoredRunbook { source, runbook } = &chosen.stored;
    let problems = not_executable(runbook);
    if !problems.is_empty() {
        return Err(RedriveError::NotExecutable { source_text: Box::new(source.clone()), problems }.into());
    }
    if sha256(source.text()) != old.started().document.sha256 {
        observer.notice(&Notice::RunbookChanged { file: source.name().to_owned() });
    }
    Ok(chosen)
}

/// Reads the current file that an execution was started from.
fn read_runbook_file(file: &str) -> Result<StoredRunbook, AutomationError> {
    let bytes = read_file(Path::new(file), |reader| read_bounded(reader, DOCUMENT_BYTES))?;
    let invalid = |source_text, problems| RedriveError::RunbookInvalid { source_text: Box::new(source_text), problems };
    let document =
        crate::document::read(file, &bytes).map_err(|unreadable| invalid(unreadable.source, unreadable.problems))?;
    let loaded = runbook::load(&document);
    match loaded.runbook {
        Some(runbook) => Ok(StoredRunbook { source: document.source, runbook }),
        None => Err(invalid(document.source, loaded.diagnostics).into()),
    }
}

/// The request that starts the new execution.
pub(super) fn start_request(
    request: RestartRequest,
    old: Execution,
    chosen: ChosenRunbook,
    origin: Origin,
    point: Option<RedrivePoint>,
    observer: &dyn Observer,
) -> Result<StartRequest, AutomationError> {
    let ChosenRunbook { stored: StoredRunbook { source, runbook }, name, file } = chosen;
    let started = old.started().clone();
    let secrets = execution_secrets(&started.launch.sensitive);
    let locations = started.launch.locations.clone();
    let mut supplied_now = request.supplied;
    supply_earlier_targets(&started.launch, request.targets.as_ref(), &mut supplied_now);
    check_names(&runbook, supplied_now.keys().map(String::as_str))?;
    register_secrets(&secrets, &supplied_now);
    let targets = restarted_targets(&old, request.targets)?;
    let targets = targets.map(|targets| validate_targets(targets, &runbook, &secrets)).transpose()?;
    let mut given = started.launch.given.clone();
    given.extend(supplied_now.keys().map(|name| ParameterName::new(name.as_str())));
    let mut seen = HashSet::new();
    given.retain(|name| seen.insert(name.clone()));
    let supplied = combine_parameters(&old, &runbook, supplied_now)?;
    let mut ssm_parameters = started.launch.ssm_parameters;
    ssm_parameters.extend(request.ssm_parameters);
    if let Some(targets) = &targets {
        check_target_parameters(targets, &runbook, &supplied, &ssm_parameters, &secrets)?;
    }
    let connection = request.overrides.apply(&started.launch.connection)?;
    let local_functions = recorded_functions(&connection, observer)?;
    let models = load_models(connection.aws_models.as_deref())?;
    let lock = started.launch.lock_template.as_deref().map(Lock::for_restart);
    let launch = Launch {
        file: file.or(started.launch.file),
        origin,
        connection: connection.clone(),
        mode: started.launch.mode,
        on_interrupted: started.launch.on_interrupted,
        given,
        lock_template: started.launch.lock_template,
        no_self_approval: started.launch.no_self_approval,
        labels: started.launch.labels,
        sensitive: started.launch.sensitive,
        documents: started.launch.documents,
        ssm_parameters,
        runbook_path: started.launch.runbook_path,
        attachments: started.launch.attachments,
        over_targets: started.launch.over_targets,
        place: started.launch.place,
        notify_on: request.notify_on.unwrap_or(started.launch.notify_on),
        ..local_launch()
    };
    let notifier = Notifier { targets: request.notification_targets, events: launch.notify_on.clone() };
    let request = StartRequest {
        identity: DocumentIdentity { name: name.unwrap_or(started.document.name), sha256: sha256(source.text()) },
        document: source.text().to_owned(),
        supplied,
        settings: started.settings,
        lock,
        carried_over: point.map(|point| (old, point)),
        started_by: request.started_by,
        context: RunContext {
            runbook: Arc::new(runbook),
            connection,
            local_functions,
            models,
            secrets,
            reply_capture: None,
            interpreters: request.interpreters,
            notifier,
        },
        launch,
    };
    Ok(match (targets, locations) {
        (Some(targets), _) => request.over_targets(targets),
        (None, Some(locations)) => request.over_locations(*locations),
        (None, None) => request,
    })
}

/// The parameters of the old execution, overridden by those supplied now.
fn combine_parameters(
    old: &Execution,
    runbook: &Runbook,
    supplied_now: IndexMap<String, Supplied>,
) -> Result<IndexMap<String, Supplied>, AutomationError> {
    let hidden = &old.started().hidden;
    let mut supplied = IndexMap::new();
    let mut missing = Vec::new();
    for (name, value) in old.parameters() {
        if !runbook.parameters().contains_key(name.as_str()) {
            continue;
        }
        if hidden.iter().any(|hidden| *name == *hidden.as_str()) {
            if old.started().launch.given.contains(name) && !supplied_now.contains_key(name.as_str()) {
                missing.push(name.clone());
            }
        } else {
            supplied.insert(name.to_string(), Supplied::Json(value.clone()));
        }
    }
    if !missing.is_empty() {
        return Err(RedriveError::SecretsMissing { parameters: missing }.into());
    }
    supplied.extend(supplied_now);
    Ok(supplied)
}
