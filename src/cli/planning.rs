//! Makes and shows a plan, for `plan` and for `run --check`.

use std::sync::Arc;

use clap::ValueEnum;

use super::attachments::AttachmentArgs;
use super::children::ChildArgs;
use super::error::CliError;
use super::models::ModelArgs;
use super::notices::NoticeObserver;
use super::output::{give, give_json, tell};
use super::runtime::{runtime, wait};
use super::screen::Screen;
use super::secrets::{self, SecretArgs};
use super::settings::SettingsArgs;
use super::shared_args::{AwsArgs, LocalArgs, ParameterArgs};
use super::stored_parameters::StoredArgs;
use super::targets::TargetArgs;
use super::{Exit, documents, local_functions, parameters};
use crate::automation::{
    AutomationError, CheckedPlan, InterpreterOptions, LookupContext, PlanRequest, PlannedTargets, PreflightRequest,
    TargetRequest, check_attachments, check_interpreters, document_identity, plan_execution, plan_with_preflight,
    recorded_path,
};
use crate::aws::{ApiClient, Models};
use crate::clock::{Clock, SystemClock};
use crate::event::Launch;
use crate::presentation::render_plan;
use crate::runbook::Runbook;

/// `--output` of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PlanOutput {
    /// Text
    Text,
    /// JSON document
    Json,
}

/// The arguments of a plan.
#[derive(Debug, Clone)]
pub(super) struct PlanInputs<'a> {
    pub(super) file: &'a str,
    pub(super) parameters: &'a ParameterArgs,
    pub(super) stored: &'a StoredArgs,
    pub(super) local: &'a LocalArgs,
    pub(super) aws: &'a AwsArgs,
    pub(super) models: &'a ModelArgs,
    /// Whether Lambda is asked about the functions.
    pub(super) with_preflight: bool,
    pub(super) output: PlanOutput,
    pub(super) secrets: &'a SecretArgs,
    pub(super) settings: &'a SettingsArgs,
    pub(super) children: &'a ChildArgs,
    pub(super) attachments: &'a AttachmentArgs,
    pub(super) targets: &'a TargetArgs,
    pub(super) interpreters: InterpreterOptions,
}

/// Refuses a runbook whose attachments are missing or changed, as `run` does.
fn refuse_unusable_attachments(
    inputs: &PlanInputs<'_>,
    runbook: &Runbook,
    models: &Arc<Models>,
) -> Result<(), CliError> {
    let file = documents::path(inputs.file).map(|_| recorded_path(inputs.file));
    let mut launch = Launch { file, ..Launch::default() };
    inputs.attachments.note(&mut launch)?;
    let asks = inputs.with_preflight;
    let api = asks.then(|| ApiClient::connecting_later(inputs.aws.connect_options(), Arc::clone(models)));
    Ok(runtime()?.block_on(check_attachments(runbook, &launch, api))?)
}

/// The targets of the run, looked up now where they are not listed; or why they could not be looked up.
fn plan_targets(request: TargetRequest, at: &LookupContext<'_>) -> Result<PlannedTargets, CliError> {
    let selector = request.selector().cloned();
    let parameter = request.parameter.clone();
    match (runtime()?.block_on(request.resolve(at)), selector) {
        (Ok(targets), selector) => Ok(PlannedTargets::found(&targets, selector.as_ref(), at.secrets)),
        (Err(AutomationError::TargetLookup { source, .. }), Some(selector)) => {
            Ok(PlannedTargets::not_found(parameter, &selector, source.to_string(), at.secrets))
        }
        (Err(error @ (AutomationError::Connect(_) | AutomationError::RoleUnresolved(_))), Some(selector)) => {
            Ok(PlannedTargets::not_found(parameter, &selector, error.to_string(), at.secrets))
        }
        (Err(error), _) => Err(error.into()),
    }
}

/// Makes and shows a plan.
pub(super) fn show_plan(inputs: &PlanInputs<'_>, screen: Screen) -> Result<Exit, CliError> {
    let &PlanInputs { file, aws, .. } = inputs;
    let models = inputs.models.models()?;
    let library = inputs.children.library()?;
    let validation = documents::validate(file, Some(&library), &models)?;
    documents::report_unusable_children(&validation, screen);
    let (source, runbook) = validation.usable()?;
    refuse_unusable_attachments(inputs, &runbook, &models)?;
    wait(check_interpreters(&runbook, &inputs.interpreters, Arc::new(NoticeObserver { screen })))?;
    let settings = inputs.settings.settings()?;
    let functions = match &inputs.local.functions {
        Some(template) => Some(local_functions::load(template, aws.region.as_deref(), screen)?),
        None => None,
    };
    let secrets = secrets::secrets(inputs.secrets, &runbook)?;
    let supplied = parameters::from_args(inputs.parameters, runbook.parameters(), &secrets, screen)?;
    let stored = inputs.stored.values()?;
    let targets = inputs.targets.request(file)?;
    let request = PlanRequest {
        document_name: document_identity(file, source.text()).name,
        runbook: &runbook,
        supplied: &supplied,
        stored: &stored,
        settings: &settings,
        secrets: &secrets,
        target_selector: targets.as_ref().and_then(TargetRequest::selector),
        functions,
        region: aws.region.clone(),
        now: SystemClock.now(),
    };
    let lookup = LookupContext {
        runbook: &runbook,
        supplied: &supplied,
        stored: &stored,
        secrets: &secrets,
        connection: aws.connect_options(),
        assume_role: aws.assume_role.as_deref(),
        has_local_functions: request.functions.is_some(),
        models: Arc::clone(&models),
    };
    let planned_targets = targets.clone().map(|targets| plan_targets(targets, &lookup)).transpose()?;
    let CheckedPlan { mut plan, unreached } = if inputs.with_preflight {
        let preflight = PreflightRequest {
            connection: aws.connect_options(),
            assume_role: aws.assume_role.clone(),
            models,
            library,
            file: documents::path(file),
        };
        runtime()?.block_on(plan_with_preflight(&request, &preflight))?
    } else {
        CheckedPlan { plan: plan_execution(&request)?, unreached: None }
    };
    plan.targets = planned_targets;
    match inputs.output {
        PlanOutput::Json => give_json(&plan)?,
        PlanOutput::Text => give(&render_plan(&plan, screen.results))?,
    }
    let unsupported = plan.unsupported_steps();
    if unsupported > 0 {
        tell(&format!("{unsupported} of {} steps have an action that is not supported yet\n", plan.steps.len()));
    }
    if let Some(error) = unreached {
        return Err(error.into());
    }
    match plan.preflight {
        Some(preflight) if !preflight.passed => {
            Err(CliError::new(Exit::Failed, "some functions cannot be invoked, or calls not be made"))
        }
        Some(_) | None => Ok(Exit::Success),
    }
}
