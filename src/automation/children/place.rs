//! The place of a child: the account and the Region that a location of its step names, with the targets there.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::parent_context::ParentContext;
use crate::automation::AutomationError;
use crate::automation::connection::place_environment;
use crate::automation::target_arguments::{InvalidTargets, TargetSource, parse_targets};
use crate::automation::targets::validate_targets;
use crate::event::{Environment, Failure, FailureStage, FailureType, LaunchTargets, Place, TargetList, TargetLookup};
use crate::expression::embedded;
use crate::name::ParameterName;
use crate::redaction::Secrets;
use crate::runbook::inputs::execute_automation::{DEFAULT_CONCURRENCY, DEFAULT_ERRORS, LocationPair, LocationTargets};
use crate::runbook::{Action, Runbook};

/// The place of a child that is about to start.
#[derive(Debug, Clone)]
pub(super) struct ChildPlace {
    pub(super) pair: LocationPair,
    /// `ExecutionRoleName`
    pub(super) role: String,
    pub(super) targets: Option<LocationTargets>,
}

impl ChildPlace {
    /// The values of its system variables.
    pub(super) fn environment(&self) -> Environment {
        place_environment(&self.pair.account, &self.pair.region)
    }

    /// Its place, as it is recorded: the execution role is assumed as the parent, even in the parent's own account. A parent
    /// that acts as this role already does not assume it from itself.
    pub(super) fn recorded(&self, parent: &ParentContext) -> Place {
        let LocationPair { account, region } = &self.pair;
        let partition = self.environment().partition;
        let name = self.role.trim_start_matches('/');
        let role = format!("arn:{partition}:iam::{account}:role/{name}");
        let mut roles = parent.roles();
        if roles.last() != Some(&role) {
            roles.push(role);
        }
        Place { account: account.clone(), region: region.clone(), roles }
    }

    /// The targets of the runbook in this place.
    pub(super) fn launch_targets(
        &self,
        runbook: &Runbook,
        secrets: &Secrets,
    ) -> Result<Option<LaunchTargets>, Failure> {
        let Some(LocationTargets { parameter, targets, maps, max_concurrency, max_errors }) = &self.targets else {
            return Ok(None);
        };
        let words = |value: Option<Value>| value.map(|value| value.to_string()).into_iter().collect::<Vec<_>>();
        let values = words(targets.as_ref().map(distinct_targets));
        let maps = words(maps.as_ref().map(json_of));
        let source = parse_targets(&values, &maps, &mut no_file).map_err(|error| refused(&error))?;
        let (list, found_by) = match source {
            None => return Ok(None),
            Some(TargetSource::Listed(list)) => (list, None),
            // They are looked up there.
            Some(TargetSource::LookedUp(selector)) => {
                let (key, values) = (selector.key(), selector.values());
                (TargetList::Values(Vec::new()), Some(TargetLookup { key, values, resource_type: None }))
            }
        };
        let amount = |given: &Option<Value>, default: String| Some(given.as_ref().map_or(default, embedded));
        let targets = LaunchTargets {
            parameter: parameter.as_deref().map(ParameterName::new),
            list,
            found_by,
            max_concurrency: amount(max_concurrency, DEFAULT_CONCURRENCY.to_string()),
            max_errors: amount(max_errors, DEFAULT_ERRORS.to_string()),
            hidden: false,
        };
        validate_targets(targets, runbook, secrets).map(Some).map_err(|error: AutomationError| refused(&error))
    }
}

/// The step of a runbook that cannot run in other accounts and Regions, where it has one: approvals are not supported there.
pub(in crate::automation) fn approval_step(runbook: &Runbook) -> Option<&str> {
    let is_approval = |step: &&crate::runbook::Step| step.inputs.action() == Action::APPROVE;
    runbook.all_steps().find(is_approval).map(|step| step.name.as_str())
}

/// An input that may be the JSON text of its value.
fn json_of(value: &Value) -> Value {
    match value {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| value.clone()),
        other => other.clone(),
    }
}

/// Targets in the service's shape: texts, each once.
fn distinct_targets(value: &Value) -> Value {
    let mut seen = HashSet::new();
    let mut texts = |value: &Value| -> Vec<String> {
        let items = match value {
            Value::Array(items) => items.iter().map(embedded).collect(),
            Value::Null => Vec::new(),
            one => vec![embedded(one)],
        };
        items.into_iter().filter(|text| seen.insert(text.clone())).collect()
    };
    let mut entry = |entry: &Value| json!({ "Key": embedded(&entry["Key"]), "Values": texts(&entry["Values"]) });
    match json_of(value) {
        Value::Array(entries) => entries.iter().map(&mut entry).collect(),
        one => json!([entry(&one)]),
    }
}

fn no_file(_: &str) -> Result<String, InvalidTargets> {
    Err(InvalidTargets { what: "a target of a location cannot name a file".to_owned(), help: None })
}

fn refused(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        FailureStage::InputValidation,
        FailureType::Verification,
        format!("The targets are not valid: {error}."),
    )
}
