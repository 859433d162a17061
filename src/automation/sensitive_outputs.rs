//! Restores sensitive outputs that the journal does not have: a call that only reads is made once more, with the recorded
//! inputs. The outputs of other steps are lost, and a step that needs one fails.

use std::collections::HashSet;

use indexmap::IndexMap;
use serde_json::Value;

use super::lost_values::{LostReference, RestoredOutputs};
use super::observer::{Notice, Observer};
use crate::aws::{ApiClient, ApiRequest, CallError};
use crate::engine::{extract_outputs, is_lost, is_unchanged_since, restore_inputs};
use crate::event::{ActionResult, Failure, Next, Status};
use crate::execution::{Execution, Phase, StepExecution};
use crate::expression::Reference;
use crate::name::{OutputName, StepName};
use crate::redaction::Secrets;
use crate::runbook::inputs::Repeatability;
use crate::runbook::inputs::aws_api::ApiStepRequest;
use crate::runbook::{Inputs, OnCancel, Runbook, Step};

/// Where an execution continues.
#[derive(Debug, Clone, Copy)]
enum Continuation<'a> {
    /// Where it was.
    Resume,
    /// At this step.
    From(&'a StepName),
}

/// The references of all steps that can still run to values that the journal does not have.
fn lost_references(execution: &Execution, runbook: &Runbook, continuation: Continuation<'_>) -> Vec<LostReference> {
    let mut ahead: Vec<&str> = match (continuation, execution.phase()) {
        (Continuation::Resume, Phase::InStep) => execution.current().map(|run| run.step.as_str()).into_iter().collect(),
        (Continuation::From(step), _) | (Continuation::Resume, Phase::Between(Next::Step(step))) => vec![step.as_str()],
        (Continuation::Resume, Phase::Between(Next::End)) => {
            execution.looping().map(|run| run.step.as_str()).into_iter().collect()
        }
        (Continuation::Resume, Phase::Ended { .. }) => Vec::new(),
    };
    let mut found = Vec::new();
    let mut seen: HashSet<&str> = HashSet::new();
    while let Some(name) = ahead.pop() {
        let Some(step) = runbook.step(name) else { continue };
        if !seen.insert(step.name.as_str()) {
            continue;
        }
        if !is_resolved(execution, step, continuation) {
            for (input, tree) in step.inputs.trees() {
                let lost = tree.references().filter(|it| is_lost(execution, it));
                let needed = lost.filter(|it| !is_renewed(step, input, it));
                found.extend(needed.map(|reference| LostReference {
                    step: step.name.clone(),
                    input: input.clone(),
                    reference: reference.to_string(),
                    source_step: producing_step(reference).cloned(),
                }));
            }
        }
        for next in possible_successors(runbook, step) {
            if let Some(next) = runbook.step(next.as_str()) {
                ahead.push(next.name.as_str());
            }
        }
    }
    found
}

/// The step that produces the value of a reference.
const fn producing_step(reference: &Reference) -> Option<&StepName> {
    match reference {
        Reference::StepOutput { step, .. } => Some(step),
        Reference::Parameter(_)
        | Reference::Variable(_)
        | Reference::ExecutionId
        | Reference::Global(_)
        | Reference::Ssm(_)
        | Reference::UnknownSystem(_) => None,
    }
}

/// Whether a step inside of a loop gives the value before the condition of the loop needs it.
fn is_renewed(step: &Step, input: &str, reference: &Reference) -> bool {
    let Inputs::Loop(looping) = &step.inputs else { return false };
    let source = producing_step(reference);
    input == "LoopCondition" && source.is_some_and(|source| looping.steps.contains_key(source))
}

/// Whether the inputs of a step are known: those of the current step are resolved again only where they are redacted.
fn is_resolved(execution: &Execution, step: &Step, continuation: Continuation<'_>) -> bool {
    match continuation {
        Continuation::Resume => {
            let mut under_way = [execution.current(), execution.looping()].into_iter().flatten();
            under_way.any(|run| run.step == step.name && run.hidden.is_empty())
        }
        Continuation::From(_) => false,
    }
}

/// Every step that can run after this one, the other steps of its loop and its `onCancel` step included.
fn possible_successors(runbook: &Runbook, step: &Step) -> Vec<StepName> {
    let mut successors = runbook.successors(step);
    match &step.inputs {
        Inputs::Loop(looping) => successors.extend(looping.steps.keys().cloned()),
        _ => successors.extend(runbook.loop_of(step.name.as_str()).map(|looping| looping.name.clone())),
    }
    if let OnCancel::Step(target) = &step.on_cancel {
        successors.push(target.clone());
    }
    successors
}

/// Whether the outputs of a step can be restored by one call that only reads: its hidden inputs are those that
/// [`restore_inputs`] resolves once what they refer to is restored.
pub(super) fn is_restorable(execution: &Execution, runbook: &Runbook, source: &str) -> bool {
    restorable_run(execution, runbook, source).is_some_and(|(_, run)| {
        run.hidden.iter().all(|name| {
            let tree = runbook.step(source).and_then(|step| step.inputs.trees().get(name));
            // What it refers to may be restorable in turn.
            tree.is_some_and(|tree| {
                tree.references().all(|reference| {
                    is_unchanged_since(execution, reference, run)
                        && match reference {
                            Reference::StepOutput { step, .. } if is_lost(execution, reference) => {
                                execution.latest(step.as_str()).is_some_and(|it| it.started_at < run.started_at)
                                    && is_restorable(execution, runbook, step.as_str())
                            }
                            _ => !is_lost(execution, reference),
                        }
                })
            })
        })
    })
}

/// The latest run of a step, when it was a call that only reads and has outputs that the journal does not have.
fn restorable_run<'a>(
    execution: &'a Execution,
    runbook: &'a Runbook,
    source: &str,
) -> Option<(&'a Step, &'a StepExecution)> {
    let step = runbook.step(source)?;
    let run = execution.latest(source)?;
    let spec = step.inputs.action().spec();
    let ended = run.ending.as_ref().filter(|ending| ending.status == Status::Success && !ending.hidden.is_empty());
    // The service and the operation are never hidden by name, and a mask is no operation that reads.
    let is_read = spec.further_inputs && spec.repeatability.resolve(&run.inputs) == Repeatability::ReadOnly;
    (ended.is_some() && is_read).then_some((step, run))
}

/// Restores the outputs that the steps ahead of a resumed execution need, and reports those that are lost.
pub(super) async fn restore_outputs_ahead(
    execution: &mut Execution,
    runbook: &Runbook,
    api: &ApiClient,
    secrets: &Secrets,
    observer: &dyn Observer,
) {
    for restored in restore_outputs(execution, runbook, Continuation::Resume, api, secrets).await {
        observer.notice(&Notice::OutputsReadAgain(restored));
    }
    for lost in lost_references(execution, runbook, Continuation::Resume) {
        observer.notice(&Notice::ValueLost(lost));
    }
}

/// Restores the outputs that the steps of a redrive need.
pub(super) async fn restore_carried_over(
    old: &mut Execution,
    runbook: &Runbook,
    from: &StepName,
    api: &ApiClient,
    secrets: &Secrets,
    observer: &dyn Observer,
) {
    for restored in restore_outputs(old, runbook, Continuation::From(from), api, secrets).await {
        observer.notice(&Notice::OutputsReadAgain(restored));
    }
}

/// Restores the outputs that steps ahead need, as far as calls that only read give them.
async fn restore_outputs(
    execution: &mut Execution,
    runbook: &Runbook,
    continuation: Continuation<'_>,
    api: &ApiClient,
    secrets: &Secrets,
) -> Vec<RestoredOutputs> {
    let needed = lost_references(execution, runbook, continuation);
    let mut sources: Vec<StepName> = Vec::new();
    for source in needed.into_iter().filter_map(|lost| lost.source_step) {
        collect_sources(execution, runbook, &source, &mut sources);
    }
    let mut restored = Vec::new();
    for source in sources {
        let Some((step, run)) = restorable_run(execution, runbook, source.as_str()) else { continue };
        let Some(inputs) = restore_inputs(execution, step, run) else { continue };
        let run = run.id.clone();
        // An assertion or a wait has called the operation as well; its condition was fulfilled.
        let is_parameter = |name: &str| !matches!(name, "PropertySelector" | "DesiredValues");
        let Ok(request) = ApiStepRequest::with_parameters(&inputs, is_parameter) else { continue };
        let ApiStepRequest { service, operation, parameters } = request;
        let called = format!("{service} {operation}");
        let request = ApiRequest { service, operation, parameters, token: String::new() };
        let failure = match read_again(step, request, api, secrets).await {
            Ok((outputs, document)) => {
                execution.reveal_outputs(&run, outputs, Some(document));
                None
            }
            Err(why) => Some(secrets.text(&why.to_string()).into_owned()),
        };
        restored.push(RestoredOutputs { step: source, operation: called, failure });
    }
    restored
}

/// Collects the restorable steps that the outputs of a step depend on, the step included, each before those that need it.
fn collect_sources(execution: &Execution, runbook: &Runbook, source: &StepName, sources: &mut Vec<StepName>) {
    if sources.contains(source) || !is_restorable(execution, runbook, source.as_str()) {
        return;
    }
    if let Some((step, run)) = restorable_run(execution, runbook, source.as_str()) {
        for tree in run.hidden.iter().filter_map(|name| step.inputs.trees().get(name)) {
            for reference in tree.references().filter(|it| is_lost(execution, it)) {
                if let Reference::StepOutput { step: inner, .. } = reference {
                    collect_sources(execution, runbook, inner, sources);
                }
            }
        }
    }
    sources.push(source.clone());
}

/// Why the outputs of a step are not restored.
#[derive(Debug, thiserror::Error)]
enum RestoreError {
    #[error("{}", .0.message)]
    Call(CallError),
    #[error("{}", .0.message)]
    Output(Failure),
}

/// Makes the call of a step once more, and evaluates its outputs.
async fn read_again(
    step: &Step,
    request: ApiRequest,
    api: &ApiClient,
    secrets: &Secrets,
) -> Result<(IndexMap<OutputName, Value>, Value), RestoreError> {
    let reply = api.call(request).await.map_err(RestoreError::Call)?;
    let document = Value::Object(reply.result);
    let result = ActionResult { document: Some(document.clone()), secrets: reply.secrets, ..ActionResult::default() };
    secrets.register_result(step, &Ok(result));
    let mut outputs = IndexMap::new();
    extract_outputs(step, &mut outputs, Some(&document)).map_err(RestoreError::Output)?;
    Ok((outputs, document))
}
