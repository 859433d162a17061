//! Restores sensitive values of an execution that is resumed: the journal does not store them, so they are supplied
//! again.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::error::AutomationError;
use super::parameters::{StartContext, bind_parameters};
use crate::event::Next;
use crate::execution::{Execution, Phase};
use crate::expression::{Reference, ValueTemplate};
use crate::name::StepName;
use crate::redaction::Secrets;
use crate::runbook::binding::{Supplied, resolve_variable};
use crate::runbook::{Inputs, OnCancel, Runbook, Step};

/// Restores the values that the journal redacts from the supplied ones.
pub(super) fn restore_secrets(
    execution: &mut Execution,
    runbook: &Runbook,
    supplied_again: &IndexMap<String, Supplied>,
    secrets: &Secrets,
) -> Result<(), AutomationError> {
    let started = execution.started().clone();
    let is_hidden = |name: &str| started.hidden.iter().any(|hidden| hidden == name);
    if let Some(fixed) = supplied_again.keys().find(|name| !is_hidden(name)) {
        return Err(AutomationError::ParameterIsFixed {
            execution: started.execution.clone(),
            parameter: fixed.clone(),
        });
    }
    if started.hidden.is_empty() {
        return Ok(());
    }
    // A default that refers to a redacted value is resolved again.
    let was_given = |name: &&String| {
        // What Parameter Store has now may be another value.
        let default = runbook.parameters().get(name.as_str()).and_then(|parameter| parameter.default.as_ref());
        let is_stored = |default: &ValueTemplate| default.references().any(|it| matches!(it, Reference::Ssm(_)));
        started.launch.given.iter().any(|given| *given == *name.as_str()) || default.is_some_and(is_stored)
    };
    let is_missing = |name: &&String| !supplied_again.contains_key(name.as_str());
    let missing = started.hidden.iter().filter(was_given).filter(is_missing);
    let missing: Vec<_> = missing.map(|name| crate::name::ParameterName::new(name.as_str())).collect();
    if !missing.is_empty() {
        return Err(AutomationError::SecretsMissing { execution: started.execution.clone(), parameters: missing });
    }
    let mut supplied = supplied_again.clone();
    for (name, value) in started.parameters.iter().filter(|(name, _)| !is_hidden(name.as_str())) {
        supplied.insert(name.to_string(), Supplied::Json(value.clone()));
    }
    // As they were resolved at the start.
    let now = execution.started_at();
    let context = StartContext { environment: &started.environment, execution: started.execution.as_str(), now };
    let parameters = bind_parameters(runbook, &supplied, &context, &started.launch.ssm_parameters, secrets)?;
    for (name, value) in &parameters {
        execution.reveal(name.as_str(), value.clone());
    }
    let scope = context.scope(&parameters);
    for (name, variable) in runbook.variables().iter().filter(|(name, _)| is_hidden(name.as_str())) {
        let Some(default) = &variable.default else { continue };
        let value = resolve_variable(default, variable.data_type, &scope)
            .map_err(|source| AutomationError::VariableUnavailable { variable: name.clone(), source })?;
        execution.reveal_variable(name.as_str(), value);
    }
    Ok(())
}

/// Refuses an execution that will need a sensitive output: it was lost with the process that had it.
pub(super) fn ensure_outputs_available(execution: &Execution, runbook: &Runbook) -> Result<(), AutomationError> {
    let is_lost = |reference: &Reference| match reference {
        // The items of the loop under way are restored from its inputs, which are checked as well.
        Reference::StepOutput { step, .. } if execution.looping().is_some_and(|looping| looping.step == *step) => false,
        Reference::StepOutput { step, output } => {
            execution.latest(step.as_str()).is_some_and(|run| run.hides(output.as_str()))
        }
        // A value that a step set is lost; a default has been resolved again.
        Reference::Variable(name) => execution.hides_variable(name.as_str()),
        Reference::Parameter(_)
        | Reference::ExecutionId
        | Reference::Global(_)
        | Reference::Ssm(_)
        | Reference::UnknownSystem(_) => false,
    };
    let mut ahead: Vec<&str> = match execution.phase() {
        Phase::InStep => execution.current().map(|run| run.step.as_str()).into_iter().collect(),
        Phase::Between(Next::Step(step)) => vec![step.as_str()],
        Phase::Between(Next::End) | Phase::Ended { .. } => Vec::new(),
    };
    let mut seen: HashSet<String> = HashSet::new();
    while let Some(name) = ahead.pop() {
        let Some(step) = runbook.step(name) else { continue };
        if !seen.insert(name.to_owned()) {
            continue;
        }
        // Inputs of the current step are resolved again only where they are redacted.
        let is_resolved = [execution.current(), execution.looping()]
            .into_iter()
            .flatten()
            .any(|run| run.step == *name && run.hidden.is_empty());
        for (input, tree) in step.inputs.trees().iter().filter(|_| !is_resolved) {
            if let Some(reference) = tree.references().find(|it| is_lost(it)) {
                let source_step = match reference {
                    Reference::StepOutput { step, .. } => Some(step.clone()),
                    _ => None,
                };
                return Err(AutomationError::OutputLost {
                    execution: execution.id().clone(),
                    step: step.name.clone(),
                    input: input.clone(),
                    reference: reference.to_string(),
                    source_step,
                });
            }
        }
        for next in possible_successors(runbook, step) {
            if let Some(next) = runbook.step(next.as_str()) {
                ahead.push(next.name.as_str());
            }
        }
    }
    Ok(())
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
