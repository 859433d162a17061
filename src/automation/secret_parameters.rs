//! Restores sensitive values of an execution that is resumed: the journal does not store them, so they are supplied
//! again.

use indexmap::IndexMap;

use super::error::AutomationError;
use super::parameters::{StartContext, bind_parameters};
use crate::execution::Execution;
use crate::expression::{Reference, ValueTemplate};
use crate::redaction::Secrets;
use crate::runbook::Runbook;
use crate::runbook::binding::{Supplied, resolve_variable};

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
