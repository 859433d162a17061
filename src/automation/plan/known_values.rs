//! The values of templates that are known before an execution starts.

use serde_json::Value;

use crate::expression::{Global, Lookup, Part, Reference, Scope, Template, ValueTemplate, embedded};

/// Replaces every reference that has a value before the start.
pub(super) fn resolve_known(tree: &ValueTemplate, scope: &dyn Scope) -> String {
    let template = |template: &Template| {
        let mut text = String::new();
        for part in template.parts() {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Reference { reference, written, .. } => match known_value(reference, scope) {
                    Some(value) => text.push_str(&embedded(&value)),
                    None => text.push_str(written),
                },
            }
        }
        text
    };
    match tree {
        ValueTemplate::Literal(value) => embedded(value),
        ValueTemplate::Text(text) => template(text).trim().to_owned(),
        ValueTemplate::List(_) | ValueTemplate::Map(_) => embedded(&tree.to_json()),
    }
}

/// The value of a reference before the start. Dates and the id of the execution will be others then.
fn known_value(reference: &Reference, scope: &dyn Scope) -> Option<Value> {
    match reference {
        Reference::Parameter(_) | Reference::Variable(_) => match scope.lookup(reference) {
            Lookup::Value(value) => Some(value.into_owned()),
            Lookup::Unset(_) | Lookup::Unavailable(_) => None,
        },
        Reference::Global(global) => match global {
            Global::Region | Global::AccountId | Global::AwsPartition => match scope.lookup(reference) {
                Lookup::Value(value) => Some(value.into_owned()),
                Lookup::Unset(_) | Lookup::Unavailable(_) => None,
            },
            Global::Date | Global::DateTime => None,
        },
        Reference::StepOutput { .. } | Reference::ExecutionId | Reference::Ssm(_) | Reference::UnknownSystem(_) => None,
    }
}
