//! Sensitive values of an execution that is carried on: its journal does not have them.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::error::CliError;
use super::parameters::{self, Known};
use super::screen::Screen;
use crate::event::Next;
use crate::execution::{Execution, Phase};
use crate::expression::Reference;
use crate::report::short_id;
use crate::runbook::binding::{Supplied, variable_default};
use crate::runbook::{Inputs, OnCancel, Runbook};

/// Gives the values that the journal hides, from what was given again.
pub(super) fn reveal(
    execution: &mut Execution,
    runbook: &Runbook,
    given: &IndexMap<String, Supplied>,
    screen: Screen,
) -> Result<(), CliError> {
    let started = execution.started().clone();
    let id = short_id(started.execution.as_str()).to_owned();
    let hidden = |name: &str| started.hidden.iter().any(|hidden| hidden == name);
    if let Some(known) = given.keys().find(|name| !hidden(name)) {
        return Err(CliError::usage(format!("parameter {known} cannot be changed while the execution goes on"))
            .help(format!("`runwright redrive {id} -p {known}=…` starts a new one with another value")));
    }
    if started.hidden.is_empty() {
        return Ok(());
    }
    // A default that came from a hidden value is made again from it.
    let was_given = |name: &&String| started.launch.given.iter().any(|given| *given == *name.as_str());
    let missing: Vec<String> = started
        .hidden
        .iter()
        .filter(was_given)
        .filter(|name| !given.contains_key(name.as_str()))
        .map(|name| format!("-p {name}=file://FILE"))
        .collect();
    if !missing.is_empty() {
        return Err(CliError::usage(format!(
            "{} sensitive, and the journal does not have sensitive values",
            if missing.len() == 1 { "a parameter is" } else { "some parameters are" }
        ))
        .help(format!("give them again: runwright resume {id} {}", missing.join(" "))));
    }
    let mut supplied = given.clone();
    for (name, value) in started.parameters.iter().filter(|(name, _)| !hidden(name.as_str())) {
        supplied.insert(name.to_string(), Supplied::Json(value.clone()));
    }
    // As they were made at the start.
    let now = execution.started_at();
    let known = Known { environment: &started.environment, execution: started.execution.as_str(), now };
    let parameters = parameters::bound(runbook, &supplied, &known, screen)?;
    for (name, value) in &parameters {
        execution.reveal(name.as_str(), value.clone());
    }
    let scope = known.scope(&parameters);
    for (name, variable) in runbook.variables.iter().filter(|(name, _)| hidden(name.as_str())) {
        let Some(default) = &variable.default else { continue };
        let value = default.resolve(&scope).map_err(|why| why.to_string());
        let value = value.and_then(|value| variable_default(&value, variable.data_type));
        let value = value.map_err(|why| CliError::usage(format!("variable {name} cannot be made again: {why}")))?;
        execution.reveal_variable(name.as_str(), value);
    }
    Ok(())
}

/// Refuses an execution that will need an output which was sensitive: it is gone with the process that had it.
pub(super) fn refuse_lost_outputs(execution: &Execution, runbook: &Runbook) -> Result<(), CliError> {
    let lost = |reference: &Reference| match reference {
        // The loop under way has its items again from its inputs, which are looked at as well.
        Reference::StepOutput { step, .. } if execution.looping().is_some_and(|looping| looping.step == *step) => false,
        Reference::StepOutput { step, output } => {
            execution.latest(step.as_str()).is_some_and(|run| run.hides(output.as_str()))
        }
        // What a step gave it is gone; a default has been made again.
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
        // Inputs of the step under way are resolved again only where they are hidden.
        let is_resolved = [execution.current(), execution.looping()]
            .into_iter()
            .flatten()
            .any(|run| run.step == *name && run.hidden.is_empty());
        for (input, tree) in step.inputs.trees().iter().filter(|_| !is_resolved) {
            if let Some(reference) = tree.references().find(|it| lost(it)) {
                let id = short_id(execution.id().as_str());
                let from = match reference {
                    Reference::StepOutput { step, .. } => step.as_str(),
                    _ => "STEP",
                };
                return Err(CliError::usage(format!(
                    "step {name} needs {reference} for its input {input}; it was sensitive, so the journal does not \
                     have it"
                ))
                .help(format!(
                    "run the step again that gives it: `runwright stop {id}`, then `runwright redrive {id} --from {from}`"
                )));
            }
        }
        for next in step_successors(runbook, step) {
            if let Some(next) = runbook.step(next.as_str()) {
                ahead.push(next.name.as_str());
            }
        }
    }
    Ok(())
}

fn step_successors(runbook: &Runbook, step: &crate::runbook::Step) -> Vec<crate::name::StepName> {
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
