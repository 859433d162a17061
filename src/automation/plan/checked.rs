//! A plan with a preflight check: the permissions that the execution needs, and what Lambda says about its functions.

use std::path::Path;
use std::sync::Arc;

use super::dry_run::{dry_runs, may_have_dry_run};
use super::permission_search::{SearchContext, find_permissions};
use super::permissions::PermissionCheck;
use super::{Draft, Plan, PlanRequest, start_context};
use crate::automation::assume_role::resolve_role;
use crate::automation::children::Library;
use crate::automation::connection::environment;
use crate::automation::error::AutomationError;
use crate::automation::preflight::{Preflight, check_functions};
use crate::aws::{Access, ApiClient, ConnectError, ConnectOptions, Models};
use crate::lambda::LambdaClient;
use crate::local_lambda::{LocalLambda, Options};
use crate::runbook::Action;

/// The session name of a role that is assumed for a preflight check: there is no execution whose id it could have.
const PREFLIGHT_SESSION: &str = "runwright-check";

/// What a preflight check needs.
#[derive(Debug)]
pub struct PreflightRequest<'a> {
    /// The connection to AWS; local functions do not need it.
    pub connection: ConnectOptions,
    /// The role to assume instead of the document's; empty for the credentials of the caller.
    pub assume_role: Option<String>,
    /// The models of the APIs that steps call.
    pub models: Arc<Models>,
    /// Where the runbooks of child executions are.
    pub library: Library,
    /// The file of the runbook, where it has one.
    pub file: Option<&'a Path>,
}

/// A plan with a preflight check.
#[derive(Debug)]
pub struct CheckedPlan {
    /// The plan. It has no preflight check where AWS was not reached.
    pub plan: Plan,
    /// Why AWS was not reached.
    pub unreached: Option<AutomationError>,
}

/// Plans a run, lists the permissions that it needs, and checks whether its functions exist and may be invoked, and
/// whether EC2 would allow its calls. Nothing else is asked of AWS, and nothing is changed.
pub async fn plan_with_preflight(
    request: &PlanRequest<'_>,
    preflight: &PreflightRequest<'_>,
) -> Result<CheckedPlan, AutomationError> {
    let target = connect(request, preflight).await;
    let reached = target.as_ref().ok().and_then(PreflightTarget::region);
    let mut draft = Draft::new(request, request.region.clone().or(reached))?;
    let mut permissions = draft.find_permissions(request, preflight)?;
    let unreached = match ask(request, preflight, &draft, target).await {
        Ok((mut checked, dry_runs)) => {
            let is_refused = |(_, answer): &(_, PermissionCheck)| matches!(answer, PermissionCheck::Refused { .. });
            checked.passed &= !dry_runs.iter().any(is_refused);
            permissions.note_preflight(&checked);
            permissions.note_dry_runs(&dry_runs);
            draft.plan.preflight = Some(checked);
            None
        }
        Err(error) => Some(error),
    };
    draft.plan.permissions = Some(permissions);
    draft.redact(request.secrets);
    Ok(CheckedPlan { plan: draft.plan, unreached })
}

/// Where a preflight check looks for the functions.
enum PreflightTarget {
    Local(LocalLambda),
    Aws(Box<Access>),
    /// There are none.
    Nowhere,
    /// There are none, and no calls can be asked about.
    Unreached(ConnectError),
}

impl PreflightTarget {
    fn region(&self) -> Option<String> {
        match self {
            Self::Local(_) | Self::Nowhere | Self::Unreached(_) => None,
            Self::Aws(access) => access.region().map(str::to_owned),
        }
    }
}

async fn connect(
    request: &PlanRequest<'_>,
    preflight: &PreflightRequest<'_>,
) -> Result<PreflightTarget, AutomationError> {
    let invokes = request.runbook.all_steps().any(|step| step.inputs.action() == Action::INVOKE_LAMBDA_FUNCTION);
    let may_ask =
        request.runbook.all_steps().any(|step| step.inputs.action().spec().further_inputs && may_have_dry_run(step));
    if let Some(functions) = &request.functions {
        return Ok(PreflightTarget::Local(LocalLambda::new(functions.clone(), Options::default())));
    }
    if !invokes && !may_ask {
        return Ok(PreflightTarget::Nowhere);
    }
    match Access::find(&preflight.connection).await {
        Ok(access) => Ok(PreflightTarget::Aws(Box::new(access))),
        Err(error) if invokes => Err(error.into()),
        Err(error) => Ok(PreflightTarget::Unreached(error)),
    }
}

async fn ask(
    request: &PlanRequest<'_>,
    preflight: &PreflightRequest<'_>,
    draft: &Draft,
    target: Result<PreflightTarget, AutomationError>,
) -> Result<(Preflight, Vec<(String, PermissionCheck)>), AutomationError> {
    let target = target?;
    let environment = environment(draft.region.clone(), request.functions.as_ref());
    let context = start_context(&environment, request.now);
    let role = || {
        let scope = context.scope(&draft.parameters);
        resolve_role(preflight.assume_role.as_deref(), request.runbook, &scope)
    };
    let asked = dry_runs(request.runbook, &preflight.models, &context.scope(&draft.parameters));
    let (client, access) = match target {
        PreflightTarget::Nowhere => return Ok((Preflight::of_no_functions(draft.region.clone()), Vec::new())),
        PreflightTarget::Unreached(error) => {
            let reason = error.to_string();
            let answers = asked
                .iter()
                .map(|asked| (asked.step.name.to_string(), PermissionCheck::NotAsked { reason: reason.clone() }));
            return Ok((Preflight::of_no_functions(draft.region.clone()), answers.collect()));
        }
        PreflightTarget::Local(local) => {
            role()?;
            (LambdaClient::in_process(local.http_client(), request.region.as_deref()), None)
        }
        PreflightTarget::Aws(access) => {
            let access = match role()? {
                Some(role) => access.assume(&role, PREFLIGHT_SESSION).await?,
                None => *access,
            };
            (LambdaClient::for_caller(&access), Some(access))
        }
    };
    let checked = check_functions(&client, draft.plan.function_uses()).await;
    let Some(access) = access else { return Ok((checked, Vec::new())) };
    let api = ApiClient::new(access, Arc::clone(&preflight.models));
    let mut answers = Vec::new();
    for asked in asked {
        let step = asked.step.name.to_string();
        answers.push((step, asked.ask(&api).await));
    }
    Ok((checked, answers))
}

impl Draft {
    fn find_permissions(
        &self,
        request: &PlanRequest<'_>,
        preflight: &PreflightRequest<'_>,
    ) -> Result<super::RequiredPermissions, AutomationError> {
        let environment = environment(self.region.clone(), request.functions.as_ref());
        let start = start_context(&environment, request.now);
        let context = SearchContext {
            stored: request.stored,
            models: &preflight.models,
            library: &preflight.library,
            file: preflight.file,
            assume_role: preflight.assume_role.as_deref(),
            has_local_functions: request.functions.is_some(),
            target_selector: request.target_selector,
        };
        let scope = start.scope(&self.parameters);
        Ok(find_permissions(&context, request.runbook, request.supplied, &scope)?)
    }
}
