//! Runs one runbook for many targets (spec 5.4).
//!
//! Such a run is one execution of that runbook. In place of the steps of the runbook it has one `aws:executeAutomation` step,
//! which runs the runbook once for each target. So the rules of child executions apply: an interrupted run resumes its
//! children, and nothing runs twice.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::error::AutomationError;
use super::parameters::check_parameters;
use super::target_arguments::TargetSource;
use super::target_lookup::{LookupContext, look_up_targets};
use crate::diagnostic::suggestion;
use crate::event::{ExecutionStarted, LaunchTargets, TargetList, TargetLookup};
use crate::name::ParameterName;
use crate::redaction::Secrets;
use crate::runbook::binding::{StoredValues, Supplied};
use crate::runbook::inputs::execute_automation::{
    Amount, DEFAULT_CONCURRENCY, DEFAULT_ERRORS, TargetSelector, TargetType, document_name,
};
use crate::runbook::{Runbook, TargetStep};
use crate::untrusted::one_line;

/// The step of a run over targets.
pub const TARGETS_STEP: &str = "targets";

/// The targets of a run, as they are requested.
#[derive(Debug, Clone)]
pub struct TargetRequest {
    /// The targets, or how they are found.
    pub source: TargetSource,
    /// The parameter that receives a value; for maps the one whose value names a target.
    pub parameter: Option<String>,
    /// How many run at once.
    pub max_concurrency: Option<Amount>,
    /// How many may fail before no more start.
    pub max_errors: Option<Amount>,
    /// The type of the resources that are looked up, instead of the one that the parameter takes.
    pub target_type: Option<TargetType>,
}

impl TargetRequest {
    /// How the targets are looked up; `None` when they are listed.
    pub const fn selector(&self) -> Option<&TargetSelector> {
        match &self.source {
            TargetSource::Listed(_) => None,
            TargetSource::LookedUp(selector) => Some(selector),
        }
    }

    /// The targets of a run of a runbook. Refuses parameters that it does not declare. Looks the targets up in AWS where they
    /// are not listed: there may be none then.
    pub async fn resolve(self, at: &LookupContext<'_>) -> Result<LaunchTargets, AutomationError> {
        let &LookupContext { runbook, secrets, .. } = at;
        let target_type = self.target_type.clone();
        let (targets, selector) = self.listed();
        let targets = validate_targets(targets, runbook, secrets)?;
        let Some(selector) = selector else { return Ok(targets) };
        let (list, found_by) = look_up_targets(&selector, target_type, targets.parameter.as_ref(), at).await?;
        let found = LaunchTargets { list: TargetList::Values(list), found_by: Some(found_by), ..targets };
        validate_targets(found, runbook, secrets)
    }

    /// The targets within the accounts and Regions of a run: those that are not listed are looked up there, each time.
    pub fn within_locations(self, runbook: &Runbook, secrets: &Secrets) -> Result<LaunchTargets, AutomationError> {
        let (mut targets, selector) = self.listed();
        targets.found_by = selector.map(|selector| TargetLookup {
            key: selector.key(),
            values: selector.values(),
            resource_type: None,
        });
        validate_targets(targets, runbook, secrets)
    }

    /// The targets that are listed; and how the others are looked up.
    fn listed(self) -> (LaunchTargets, Option<TargetSelector>) {
        let Self { source, parameter, max_concurrency, max_errors, target_type: _ } = self;
        let (list, selector) = match source {
            TargetSource::Listed(list) => (list, None),
            TargetSource::LookedUp(selector) => (TargetList::Values(Vec::new()), Some(selector)),
        };
        let targets = LaunchTargets {
            parameter: parameter.map(ParameterName::new),
            list,
            found_by: None,
            max_concurrency: Some(max_concurrency.unwrap_or(DEFAULT_CONCURRENCY).to_string()),
            max_errors: Some(max_errors.unwrap_or(DEFAULT_ERRORS).to_string()),
            hidden: false,
        };
        (targets, selector)
    }
}

/// Refuses targets with a parameter that the runbook does not declare. If one of their parameters is sensitive, so are the
/// targets: they are registered as secrets before anything is reported about them.
pub(super) fn validate_targets(
    mut targets: LaunchTargets,
    runbook: &Runbook,
    secrets: &Secrets,
) -> Result<LaunchTargets, AutomationError> {
    let of_each = targets.parameters();
    targets.hidden = targets.hidden || of_each.iter().flat_map(Map::keys).any(|name| secrets.hides(name));
    if targets.hidden {
        secrets.register(&targets.list.to_json());
    }
    let names = of_each.iter().flat_map(Map::keys).map(String::as_str);
    for name in names.chain(targets.parameter.as_ref().map(ParameterName::as_str)) {
        if !runbook.parameters().contains_key(name) {
            let declared = runbook.parameters().keys().map(ParameterName::as_str);
            let nearest = suggestion(name, declared).map(ToOwned::to_owned);
            return Err(AutomationError::UnknownTargetParameter { name: name.to_owned(), nearest });
        }
    }
    Ok(targets)
}

/// Checks the parameters of every target before the first one starts, with the known values of Parameter Store.
pub fn check_target_parameters(
    targets: &LaunchTargets,
    runbook: &Runbook,
    supplied: &IndexMap<String, Supplied>,
    stored: &StoredValues,
    secrets: &Secrets,
) -> Result<(), AutomationError> {
    for (at, target) in targets.parameters().into_iter().enumerate() {
        let mut all = supplied.clone();
        all.extend(target.iter().map(|(name, value)| (name.clone(), Supplied::from_value(value))));
        check_parameters(runbook, &all, stored, secrets).map_err(|source| AutomationError::Target {
            position: at + 1,
            count: targets.list.len(),
            target: (!targets.hidden).then(|| one_line(&Value::from(target).to_string()).into_owned()),
            source: Box::new(source),
        })?;
    }
    Ok(())
}

/// The runbook of an execution whose targets are known, made of the one that it runs for each of them.
pub(super) fn runbook_of_started(runbook: &Runbook, started: &ExecutionStarted, targets: &LaunchTargets) -> Runbook {
    let supplied = started.parameters.keys().map(ParameterName::as_str).collect();
    runbook_over_targets(runbook, &started.document.name, targets, supplied)
}

/// The runbook of a run of `runbook`, whose name is `name`, over targets. `supplied` are the parameters for all of them.
pub(super) fn runbook_over_targets(
    runbook: &Runbook,
    name: &str,
    targets: &LaunchTargets,
    supplied: Vec<&str>,
) -> Runbook {
    let constants = target_constants(targets);
    let document = child_document(name);
    let step = TargetStep { name: TARGETS_STEP, document: &document, supplied, constants, assumes_role: false };
    runbook.over_targets(step)
}

/// Targets as inputs of `aws:executeAutomation`.
pub(super) fn target_constants(targets: &LaunchTargets) -> IndexMap<String, Value> {
    let mut constants = IndexMap::new();
    let mut add = |input: &str, value: Option<Value>| constants.extend(value.map(|value| (input.to_owned(), value)));
    add("TargetParameterName", targets.parameter.as_ref().map(|parameter| json!(parameter)));
    match &targets.list {
        list if list.is_empty() => match &targets.found_by {
            // Nothing was found, and the step fails for that.
            Some(lookup) if !targets.hidden => {
                add("Targets", Some(json!([{ "Key": lookup.key, "Values": lookup.values }])));
            }
            // Sensitive targets that are unknown here: the step cannot run without them.
            Some(_) | None => {}
        },
        TargetList::Values(values) => add("Targets", Some(json!([{ "Key": "ParameterValues", "Values": values }]))),
        TargetList::Maps(_) => add("TargetMaps", Some(targets.list.to_json())),
    }
    add("MaxConcurrency", targets.max_concurrency.as_ref().map(|amount| json!(amount)));
    add("MaxErrors", targets.max_errors.as_ref().map(|amount| json!(amount)));
    constants
}

/// The name under which children find the runbook `name`, which may be a path.
pub(super) fn child_document(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let name: String = name.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
    document_name(&name).unwrap_or("runbook").to_owned()
}
