//! Runs the children of one step attempt and returns their results.

use std::sync::Arc;

use super::child_run::{self, ChildSpec};
use super::outputs::{child_outputs, detached_or_aborted};
use super::parent_context::ParentContext;
use super::supervisor::ChildSupervisor;
use super::target_lookup::resolve_targets;
use super::targets::RateControlledRun;
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
    let request = task.take_request::<ChildRequest>().map_err(|problem| {
        Failure::new(FailureStage::InputValidation, FailureType::Verification, format!("{problem}."))
    })?;
    let ChildRequest { document, parameters, tags, targets } = request;
    let targets = match targets {
        None => None,
        Some(RequestedTargets::Listed(targets)) => Some(targets),
        Some(RequestedTargets::LookedUp(lookup)) => {
            Some(resolve_targets(&family, &above, &cancel, &task, &document, lookup, &api).await?)
        }
    };
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
    let spec = ChildSpec { document, parameters, tags, link: link(None) };
    if let Some(targets) = targets {
        let Some(control) = control else {
            // The engine starts the first child with the attempt.
            let message = "Internal error: no child was started for the targets.";
            return Err(Failure::new(FailureStage::Invocation, FailureType::Internal, message).into());
        };
        let mut run = RateControlledRun::new(&family, &above, &spec, targets, attempt, control);
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
