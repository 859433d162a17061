//! The parameters of a child: bound at its start, and restored where the journal redacts them.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::Host;
use crate::automation::AutomationError;
use crate::automation::stored_parameters::{Bound, ParameterBinding};
use crate::engine::StartScope;
use crate::event::{Failure, FailureStage, FailureType, Place};
use crate::execution::Execution;
use crate::expression::Reference;
use crate::name::{ExecutionId, ParameterName};
use crate::runbook::Runbook;
use crate::runbook::binding::{BindingProblem, StoredValues, Supplied, bind, variable_default, without_unread};

/// Converts `RuntimeParameters`: values, or lists of texts as in a request.
pub(super) fn supplied(parameters: &Map<String, Value>) -> IndexMap<String, Supplied> {
    parameters.iter().map(|(name, value)| (name.clone(), Supplied::from_value(value))).collect()
}

/// Binds the parameters of a child that starts. Values of Parameter Store are read with its role; `chosen` overrides that
/// of its runbook.
pub(super) async fn bind_child(
    binding: ParameterBinding<'_>,
    chosen: Option<&str>,
    place: Option<&Place>,
    child: &ExecutionId,
    host: &dyn Host,
) -> Result<IndexMap<ParameterName, Value>, AutomationError> {
    match binding.bind()? {
        Bound::Whole(parameters) => Ok(parameters),
        Bound::Partly(unread) => {
            let role = unread.role(chosen)?;
            let store = host.parameter_store(child, place, role).await?;
            unread.read(&*store).await
        }
    }
}

/// Why a child does not start: its parameters cannot be bound.
pub(super) fn unbound(name: &str, why: &AutomationError) -> Failure {
    let told = match why {
        AutomationError::Parameters { problems } => problems.iter().map(told).collect::<Vec<_>>().join(" "),
        other => format!("{other}."),
    };
    let message = format!("Runbook {name} does not accept its parameters. {told}");
    Failure::new(FailureStage::InputValidation, FailureType::Verification, message)
}

/// A problem as sentences.
fn told(problem: &BindingProblem) -> String {
    match problem {
        BindingProblem::Stored { .. } => format!("{problem} To fix it: {}.", problem.help().join("; or ")),
        other => other.to_string(),
    }
}

/// Restores the values that the journal redacts. A default that refers to one is resolved again, as at the start.
pub(super) fn reveal(execution: &mut Execution, runbook: &Runbook, parameters: &Map<String, Value>) {
    let started = execution.started().clone();
    if started.hidden.is_empty() {
        return;
    }
    let none = IndexMap::new();
    let mut scope = StartScope {
        parameters: &none,
        environment: &started.environment,
        execution: started.execution.as_str(),
        now: execution.started_at(),
    };
    // A value that was bound at the start is bound again; where that fails it stays redacted, and a step that needs it
    // reports so.
    let mut supplied = supplied(parameters);
    for (name, value) in &started.parameters {
        // What Parameter Store has now may be another value; one that is redacted is not read again.
        let default = runbook.parameters().get(name).and_then(|parameter| parameter.default.as_ref());
        let is_stored = default.is_some_and(|default| default.references().any(|it| matches!(it, Reference::Ssm(_))));
        if is_stored && !started.hidden.iter().any(|hidden| *name == *hidden.as_str()) {
            supplied.entry(name.to_string()).or_insert_with(|| Supplied::Json(value.clone()));
        }
    }
    let declared = without_unread(runbook.parameters(), &supplied, &StoredValues::new());
    let Ok(values) = bind(&declared, &supplied, &scope) else { return };
    for (name, value) in &values {
        execution.reveal(name.as_str(), value.clone());
    }
    scope.parameters = &values;
    for (name, variable) in runbook.variables() {
        let Some(value) = variable.default.as_ref().and_then(|default| default.resolve(&scope).ok()) else { continue };
        if let Ok(value) = variable_default(&value, variable.data_type) {
            execution.reveal_variable(name.as_str(), value);
        }
    }
}
