//! Runs the children of one step attempt and returns their results.

use std::sync::Arc;

use super::child_run::{self, ChildSpec};
use super::locations::{plan_pairs, resolve_accounts};
use super::outputs::{child_outputs, detached_or_aborted};
use super::parent_context::ParentContext;
use super::supervisor::ChildSupervisor;
use super::target_lookup::resolve_targets;
use super::targets::{RateControlledRun, TargetPlan};
use crate::actions::Task;
use crate::aws::ApiClient;
use crate::event::{ActionError, ActionResult, Failure, FailureStage, FailureType, Parent, Target};
use crate::runbook::inputs::execute_automation::{ChildRequest, RequestedTargets};
use crate::runner::MailboxSender;

/// Runs the child of a task, or its children.
pub(super) async fn perform(
    family: Arc<ChildSupervisor>,
    above: Arc<ParentContext>,
    cancel: MailboxSender,
    mut task: Task,
    api: ApiClient,
) -> Result<ActionResult, ActionError> {
    let mut request = task.take_request::<ChildRequest>().map_err(|problem| {
        Failure::new(FailureStage::InputValidation, FailureType::Verification, format!("{problem}."))
    })?;
    if let Some(RequestedTargets::LookedUp(lookup)) = request.targets {
        let found = resolve_targets(&family, &above, &cancel, &task, &request.document, lookup, &api).await?;
        request.targets = Some(RequestedTargets::Listed(found));
    }
    let ancestors = above.ancestors();
    let link = move |target: Option<Target>| Parent {
        execution: task.execution.clone(),
        step: task.step.clone(),
        step_execution: task.step_execution.clone(),
        attempt: task.attempt,
        target,
        ancestors: ancestors.clone(),
    };
    let (attempt, sending, control) = (task.attempt, task.sending, task.children.clone());
    let ChildRequest { document, parameters, tags, .. } = &request;
    let (document, parameters, tags) = (document.clone(), parameters.clone(), tags.clone());
    let spec = ChildSpec { document, parameters, tags, link: link(None), place: None };
    let has_many = request.targets.is_some() || request.locations.is_some();
    let mut control = match control {
        // The engine starts the first child with the attempt.
        None if has_many => {
            let message = "Internal error: no child was started for the targets.";
            return Err(Failure::new(FailureStage::Invocation, FailureType::Internal, message).into());
        }
        control => control,
    };
    let plan = match (&request.targets, &request.locations, &mut control) {
        (Some(RequestedTargets::Listed(targets)), _, _) => {
            let is_hidden = above.launch.targets.as_ref().is_some_and(|targets| targets.hidden);
            Some(TargetPlan::of_targets(&spec, targets, is_hidden))
        }
        (None, Some(locations), Some(control)) => {
            let accounts = resolve_accounts(&family, &above, locations, attempt, control, &cancel).await?;
            Some(plan_pairs(&spec, &request, locations, &accounts)?)
        }
        (Some(RequestedTargets::LookedUp(_)) | None, _, _) => None,
    };
    if let (Some(plan), Some(control)) = (plan, control) {
        let mut run = RateControlledRun::new(&family, &above, plan, attempt, control);
        if sending > 1 {
            run.begin_existing().await?;
        }
        return run.perform(&cancel).await;
    }
    let document = spec.document.clone();
    let (tell, told) = tokio::sync::oneshot::channel();
    let waited = child_run::begin(&family, &above, spec, move |done| {
        // The step may have been abandoned, so that no receiver is left.
        let _ = tell.send(done);
    });
    let Ok(Some(done)) = told.await else { return detached_or_aborted(&family, &cancel).await };
    waited.over();
    child_outputs(&document, done)
}
