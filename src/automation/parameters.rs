//! The parameters of an execution: supplied values and defaults.

use indexmap::IndexMap;
use serde_json::Value;

use super::error::AutomationError;
use crate::diagnostic::suggestion;
use crate::engine::StartScope;
use crate::event::Environment;
use crate::name::ParameterName;
use crate::redaction::Secrets;
use crate::runbook::binding::{
    BindingProblem, StoredScope, StoredValues, Supplied, bind, without_unknown, without_unread,
};
use crate::runbook::{Parameter, Runbook};

/// The scope of an execution before it starts, for references in defaults.
#[derive(Debug, Clone, Copy)]
pub struct StartContext<'a> {
    /// Region, account and partition.
    pub environment: &'a Environment,
    /// The id of the execution.
    pub execution: &'a str,
    /// The current time.
    pub now: jiff::Timestamp,
}

impl StartContext<'_> {
    /// The scope of references before the start, with these parameters.
    pub fn scope<'s>(&'s self, parameters: &'s IndexMap<ParameterName, Value>) -> StartScope<'s> {
        StartScope { parameters, environment: self.environment, execution: self.execution, now: self.now }
    }
}

/// Binds the supplied values and the defaults, with these values of Parameter Store. Reports all problems at once.
pub(super) fn bind_parameters(
    runbook: &Runbook,
    supplied: &IndexMap<String, Supplied>,
    context: &StartContext<'_>,
    stored: &StoredValues,
    secrets: &Secrets,
) -> Result<IndexMap<ParameterName, Value>, AutomationError> {
    bind_declared(runbook.parameters(), supplied, context, stored, secrets)
}

/// Likewise for some of the parameters of a runbook.
pub(super) fn bind_declared(
    declared: &IndexMap<ParameterName, Parameter>,
    supplied: &IndexMap<String, Supplied>,
    context: &StartContext<'_>,
    stored: &StoredValues,
    secrets: &Secrets,
) -> Result<IndexMap<ParameterName, Value>, AutomationError> {
    let nothing = IndexMap::new();
    let scope = StoredScope { values: stored, others: &context.scope(&nothing) };
    bind(declared, supplied, &scope).map_err(|found| parameter_problems(&found, secrets))
}

/// The problems, without the values of sensitive parameters.
pub(super) fn parameter_problems(found: &[BindingProblem], secrets: &Secrets) -> AutomationError {
    let redacted = |problem: &BindingProblem| match problem.parameter().filter(|name| secrets.hides(name.as_str())) {
        Some(_) => problem.without_value(),
        None => problem.clone(),
    };
    AutomationError::Parameters { problems: found.iter().map(redacted).collect() }
}

/// Checks the supplied values before anything is set up for a run: finding credentials takes a while. `stored` are the
/// values of Parameter Store that are known; the others are read at the start.
pub fn check_parameters(
    runbook: &Runbook,
    supplied: &IndexMap<String, Supplied>,
    stored: &StoredValues,
    secrets: &Secrets,
) -> Result<(), AutomationError> {
    // Assumes a value for every other reference of a default; whether it really has one shows when the parameters are
    // bound.
    let anything = Some("unknown".to_owned());
    let environment = Environment { region: anything.clone(), account_id: anything, partition: "aws".to_owned() };
    let context = StartContext { environment: &environment, execution: "", now: jiff::Timestamp::UNIX_EPOCH };
    let declared = without_unread(runbook.parameters(), supplied, stored);
    bind_declared(&declared, supplied, &context, stored, secrets).map(drop)
}

/// Binds the parameters that can be bound while some are missing, or need a value of Parameter Store that is not among
/// `stored`.
pub fn bind_known_parameters(
    runbook: &Runbook,
    supplied: &IndexMap<String, Supplied>,
    context: &StartContext<'_>,
    stored: &StoredValues,
    secrets: &Secrets,
) -> Result<IndexMap<ParameterName, Value>, AutomationError> {
    let declared = without_unknown(runbook.parameters(), supplied, stored);
    bind_declared(&declared, supplied, context, stored, secrets)
}

/// Refuses names that the runbook does not declare.
pub fn check_names<'n>(runbook: &Runbook, names: impl IntoIterator<Item = &'n str>) -> Result<(), AutomationError> {
    for name in names {
        if !runbook.parameters().contains_key(name) {
            let declared = runbook.parameters().keys().map(ParameterName::as_str);
            let nearest = suggestion(name, declared).map(ToOwned::to_owned);
            return Err(AutomationError::UnknownParameter { name: name.to_owned(), nearest });
        }
    }
    Ok(())
}

/// Registers the sensitive ones among the supplied values, as they were written.
pub fn register_secrets(secrets: &Secrets, supplied: &IndexMap<String, Supplied>) {
    for (_, value) in supplied.iter().filter(|(name, _)| secrets.hides(name)) {
        match value {
            Supplied::Text(text) => secrets.register(&Value::from(text.as_str())),
            Supplied::Request(texts) => secrets.register(&Value::from(texts.clone())),
            Supplied::Json(value) => secrets.register(value),
        }
    }
}
