//! The targets of a plan: those of the run, and the lookups that steps make.

use serde::Serialize;

use crate::event::{LaunchTargets, TargetLookup};
use crate::execution::target_names;
use crate::expression::Scope;
use crate::redaction::{MASK, Secrets};
use crate::runbook::inputs::execute_automation::TargetSelector;
use crate::runbook::{Action, Step};

/// The targets of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedTargets {
    /// The parameter that receives a target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// How the targets are found in AWS; none when they are listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lookup: Option<PlannedLookup>,
    /// The targets, as they are now; a lookup may find none. Masks where they are sensitive.
    pub targets: Vec<String>,
    /// Why they could not be looked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A lookup of targets in AWS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedLookup {
    /// The key: `tag:NAME`, `ResourceGroup` or `AWS::EC2::Instance`.
    pub key: String,
    /// The values of the key.
    pub values: Vec<String>,
    /// The type of resources that is looked for, where it is known; none for every type too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// The service that is called.
    pub service: &'static str,
    /// Its operation.
    pub operation: &'static str,
}

impl PlannedLookup {
    /// The lookup that a selector asks for.
    pub fn of(selector: &TargetSelector) -> Self {
        let (service, operation) = selector.operation();
        let resource_type = selector.target_type().and_then(|known| known.name().map(str::to_owned));
        Self { key: selector.key(), values: selector.values(), resource_type, service, operation }
    }

    fn redact(&mut self, secrets: &Secrets) {
        self.values.iter_mut().for_each(|value| *value = secrets.text(value).into_owned());
    }
}

impl PlannedTargets {
    /// The targets as they are now; `selector` found them.
    pub fn found(targets: &LaunchTargets, selector: Option<&TargetSelector>, secrets: &Secrets) -> Self {
        let lookup = selector.map(|selector| PlannedLookup {
            resource_type: targets
                .found_by
                .as_ref()
                .and_then(|TargetLookup { resource_type, .. }| resource_type.clone()),
            ..PlannedLookup::of(selector)
        });
        let names = target_names(targets);
        let names = names.into_iter().map(|name| if targets.hidden { MASK.to_owned() } else { name });
        Self {
            parameter: targets.parameter.as_ref().map(ToString::to_string),
            lookup,
            targets: names.collect(),
            problem: None,
        }
        .redacted(secrets)
    }

    /// Targets that could not be looked up.
    pub fn not_found(parameter: Option<String>, selector: &TargetSelector, problem: String, secrets: &Secrets) -> Self {
        Self { parameter, lookup: Some(PlannedLookup::of(selector)), targets: Vec::new(), problem: Some(problem) }
            .redacted(secrets)
    }

    fn redacted(mut self, secrets: &Secrets) -> Self {
        redact_lookup(&mut self.lookup, secrets);
        self.targets.iter_mut().for_each(|name| *name = secrets.text(name).into_owned());
        self
    }
}

/// The lookup of the targets of a step, where its inputs are known.
pub(super) fn plan_lookup(step: &Step, scope: &dyn Scope) -> Option<PlannedLookup> {
    known_selector(step, scope).map(|selector| PlannedLookup::of(&selector))
}

/// How a step selects targets that are looked up, where its inputs are known.
pub(super) fn known_selector(step: &Step, scope: &dyn Scope) -> Option<TargetSelector> {
    if step.inputs.action() != Action::EXECUTE_AUTOMATION {
        return None;
    }
    let targets = step.inputs.trees().get("Targets")?.resolve(scope).ok()?;
    TargetSelector::of_input(&targets)
}

/// Redacts the lookups of steps.
pub(super) fn redact_lookup(lookup: &mut Option<PlannedLookup>, secrets: &Secrets) {
    if let Some(lookup) = lookup {
        lookup.redact(secrets);
    }
}
