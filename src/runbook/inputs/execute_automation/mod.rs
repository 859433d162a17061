//! `aws:executeAutomation`: checks the combination of its inputs (spec 4.9, 5.4, spec aws-actions 17).

mod amount;
mod location_check;
mod location_problem;
mod locations;
mod reference;
mod request;
mod target_type;
mod targets;
#[cfg(test)]
mod tests;

pub use amount::Amount;
pub use location_problem::{LocationProblem, LocationsProblem};
pub use locations::{AccountSource, EXECUTION_ROLE, LocationPair, LocationTargets, Locations, TargetLocation};
pub use reference::{ChildParameter, ChildReference};
pub use request::{CONCURRENCY as DEFAULT_CONCURRENCY, ERRORS as DEFAULT_ERRORS};
pub use request::{ChildRequest, RequestProblem, document_name};
pub use target_type::{IdPart, InvalidTargetType, ResourceType, TargetType};
pub use targets::{
    LookedUpTargets, PARAMETER_VALUES, RequestedTarget, RequestedTargets, TargetProblem, TargetSelector, TargetValue,
    Targets,
};

use indexmap::IndexMap;
use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, Span};

use crate::document::{Node, NodeKind};
use crate::expression::ValueTemplate;
use crate::limits::{TARGET_MAPS, TARGET_VALUES, TARGETS};
use crate::runbook::inputs::{ConstantInputs, TypedRequest};
use crate::runbook::load::Constant;

/// Reports inputs that cannot be combined, and constants with which the step can only fail.
pub(crate) fn check(inputs: &mut dyn ConstantInputs<'_>) {
    if let (Some(targets), Some(maps)) = (inputs.get("Targets"), inputs.get("TargetMaps")) {
        inputs.report(
            Diagnostic::new(Code::InvalidInput, maps.key.span, "a step cannot have both `Targets` and `TargetMaps`")
                .related(targets.key.span, "the targets")
                .help("remove one of the two"),
        );
    }
    if let (Some(targets), None) = (inputs.get("Targets"), inputs.get("TargetParameterName")) {
        inputs.report(
            Diagnostic::new(Code::MissingInput, targets.key.span, "`Targets` needs the input `TargetParameterName`")
                .help("set the parameter of the runbook that receives the target"),
        );
    }
    if let Some(entry) = inputs.get("DocumentName")
        && let Constant::Value(name) = Constant::text(inputs.template("DocumentName"))
        && document_name(name).is_none()
    {
        inputs.report(
            Diagnostic::new(Code::InvalidInput, entry.value.span, format!("`{name}` is not a valid runbook name"))
                .label("expected a name or an ARN")
                .help("a name has letters, digits, `_`, `-` and `.`; set its file with --document NAME=FILE"),
        );
    }
    for name in ["MaxConcurrency", "MaxErrors"] {
        amount_of(inputs, name);
    }
    check_targets(inputs);
    location_check::check_locations(inputs);
}

impl TypedRequest for ChildRequest {
    type Problem = RequestProblem;

    fn from_inputs(inputs: &IndexMap<String, Value>) -> Result<Self, RequestProblem> {
        Self::from_resolved(|name| inputs.get(name))
    }
}

fn amount_of(inputs: &mut dyn ConstantInputs<'_>, name: &str) {
    let Some(entry) = inputs.get(name) else { return };
    let template = inputs.template(name);
    let amount = match (Constant::integer(template), Constant::text(template)) {
        (Constant::Value(number), _) => Amount::parse(&number.to_string()),
        (_, Constant::Value(text)) => Amount::parse(text),
        (_, Constant::Reference | Constant::Other) => return,
    };
    if amount.is_none_or(|amount| name == "MaxConcurrency" && amount.is_zero()) {
        inputs.report(
            Diagnostic::new(Code::InvalidInput, entry.value.span, format!("not a valid `{name}`"))
                .label("expected a number of targets such as `10`, or a percentage such as `10%`"),
        );
    }
}

/// Reports keys of `Targets` that do not exist, constant values that they do not take, and lists that are too long.
fn check_targets(inputs: &mut dyn ConstantInputs<'_>) {
    for (name, most) in [("Targets", TARGETS), ("TargetMaps", TARGET_MAPS)] {
        if let Some(entry) = inputs.get(name)
            && let NodeKind::Sequence(items) = &entry.value.kind
            && items.len() > most
        {
            let noun = if most == 1 { "entry is" } else { "entries are" };
            let found = format!("`{name}` has {} entries, but at most {most} {noun} allowed", items.len());
            inputs.report(Diagnostic::new(Code::InvalidInput, entry.key.span, found));
        }
    }
    let Some(entry) = inputs.get("Targets") else { return };
    let NodeKind::Sequence(items) = &entry.value.kind else { return };
    let targets = inputs.template("Targets");
    let mut problems = Vec::new();
    for (position, item) in items.iter().enumerate() {
        let Some(template) = targets.item(position) else { continue };
        problems.extend(check_target(item, &template));
    }
    for problem in problems {
        inputs.report(problem);
    }
}

/// The problem of an entry of `Targets`, as far as it is a constant.
fn check_target(item: &Node, template: &ValueTemplate) -> Option<Diagnostic> {
    let key = item.get("Key")?;
    let key_template = template.member("Key")?;
    let Constant::Value(text) = Constant::text(&key_template) else { return None };
    let invalid = |at: Span, problem: &TargetProblem| {
        Some(Diagnostic::new(Code::InvalidInput, at, problem.to_string()).help(problem.help()))
    };
    if let Some(problem) = RequestedTarget::key_problem(text) {
        return invalid(key.value.span, &problem);
    }
    let values = item.get("Values")?;
    let NodeKind::Sequence(_) = &values.value.kind else { return None };
    let constants = template.member("Values")?.into_literal()?;
    match RequestedTarget::of(text, targets::texts(Some(&constants))) {
        Ok(RequestedTarget::Values(listed)) if listed.len() > TARGET_VALUES => {
            let found = format!("`Values` has {} values, but at most {TARGET_VALUES} are allowed", listed.len());
            Some(Diagnostic::new(Code::InvalidInput, values.key.span, found))
        }
        Ok(_) => None,
        Err(problem) => invalid(values.key.span, &problem),
    }
}
