//! The targets of a step that are looked up in AWS (spec aws-actions 15, 16): once for each attempt, and recorded before
//! the first child starts.

use super::check::load_found;
use super::outputs::detached_or_aborted;
use super::parent_context::ParentContext;
use super::supervisor::ChildSupervisor;
use crate::actions::{ChildReport, Task, find_targets, lookup_failure, no_match};
use crate::aws::ApiClient;
use crate::event::{ActionError, Failure, FailureStage, FailureType, TargetsResolved};
use crate::runbook::inputs::execute_automation::{LookedUpTargets, TargetType, Targets};
use crate::runner::MailboxSender;

/// The targets of an attempt: those that are recorded, or the resources that a lookup finds now. Returns once the engine
/// has started the first child.
pub(super) async fn resolve_targets(
    family: &ChildSupervisor,
    above: &ParentContext,
    cancel: &MailboxSender,
    task: &Task,
    document: &str,
    lookup: LookedUpTargets,
    api: &ApiClient,
) -> Result<Targets, ActionError> {
    if let Some(recorded) = &task.targets {
        if recorded.hidden {
            return Err(lost().into());
        }
        return Ok(lookup.with_values(recorded.targets.clone()));
    }
    let of_execution = above.launch.targets.as_ref().and_then(|targets| targets.found_by.as_ref());
    if let (Some(found_by), None) = (of_execution, &above.launch.place) {
        // The targets of the execution itself were looked up before it started, and there were none. In another account or
        // Region they are looked up when it runs there.
        return Err(no_match(&lookup.selector, found_by.resource_type.as_deref()));
    }
    let target_type = target_type(family, above, document, &lookup)?;
    let targets = find_targets(api, &lookup.selector, &target_type).await.map_err(lookup_failure)?;
    let resource_type = target_type.name().map(str::to_owned);
    if targets.is_empty() {
        return Err(no_match(&lookup.selector, resource_type.as_deref()));
    }
    let Some(mut control) = task.children.clone() else {
        let message = "Internal error: the targets cannot be recorded.";
        return Err(Failure::new(FailureStage::Invocation, FailureType::Internal, message).into());
    };
    let resolved = TargetsResolved { attempt: task.attempt, resource_type, targets: targets.clone(), hidden: false };
    control.report(ChildReport::TargetsResolved(resolved));
    while control.decided().started.is_empty() {
        tokio::select! {
            biased;
            () = control.changed() => {}
            () = family.leaving() => return detached_or_aborted(family, cancel).await,
        }
    }
    Ok(lookup.with_values(targets))
}

/// The type of the resources that are targets: that of the key, or that of the child's parameter.
fn target_type(
    family: &ChildSupervisor,
    above: &ParentContext,
    document: &str,
    lookup: &LookedUpTargets,
) -> Result<TargetType, Failure> {
    if let Some(target_type) = lookup.selector.target_type() {
        return Ok(target_type);
    }
    let refused = |message| Failure::new(FailureStage::PreVerification, FailureType::Verification, message);
    let found = family.library.find(document, above.file());
    let found = found.map_err(|missing| refused(format!("Targets cannot be looked up: {missing}.")))?;
    let (runbook, _) = load_found(&found).map_err(|problem| {
        refused(format!("Targets cannot be looked up: runbook {document} is not valid: {problem}."))
    })?;
    let LookedUpTargets { selector, parameter, .. } = lookup;
    let Some(declared) = runbook.parameters().get(parameter.as_str()) else {
        return Err(refused(format!("Targets cannot be looked up: runbook {document} has no parameter {parameter}.")));
    };
    TargetType::of_parameter(parameter, declared).ok_or_else(|| {
        refused(format!(
            "Targets by {} cannot be looked up: neither the type nor the name of parameter {parameter} of runbook {document} \
             says which type of resources it takes. Name it as AWS does, such as InstanceId or VolumeId, or give it the type \
             AWS::EC2::Instance::Id; or list the targets with the key ParameterValues.",
            selector.key()
        ))
    })
}

/// Why the targets of a resumed attempt are unknown.
fn lost() -> Failure {
    let message = "The targets that were looked up contain a sensitive value, which is not stored in the journal, so that the \
                   step cannot be resumed.";
    Failure::new(FailureStage::PreVerification, FailureType::Verification, message)
}
