//! Defaults that refer to Parameter Store (spec of actions, 14).

use std::borrow::Cow;

use indexmap::{IndexMap, IndexSet};
use serde_json::Value;

use super::{Parameter, Supplied};
use crate::expression::{Lookup, Reference, Scope, Template, ValueTemplate};
use crate::name::ParameterName;

/// Values of Parameter Store, by the name that a reference has after `ssm:`, with its version or label.
pub type StoredValues = IndexMap<String, String>;

/// A scope that has values of Parameter Store too.
#[derive(Clone, Copy)]
pub struct StoredScope<'a> {
    /// The values.
    pub values: &'a StoredValues,
    /// The scope of all other references.
    pub others: &'a dyn Scope,
}

impl Scope for StoredScope<'_> {
    fn lookup(&self, reference: &Reference) -> Lookup<'_> {
        let Reference::Ssm(name) = reference else { return self.others.lookup(reference) };
        match self.values.get(name) {
            Some(value) => Lookup::Value(Cow::Owned(Value::from(value.as_str()))),
            None => self.others.lookup(reference),
        }
    }
}

/// The names of Parameter Store that are needed and not among `values`, each with the parameters whose defaults refer to
/// it.
pub fn unread<'d>(
    declared: &'d IndexMap<ParameterName, Parameter>,
    supplied: &IndexMap<String, Supplied>,
    values: &StoredValues,
) -> IndexMap<&'d str, Vec<&'d ParameterName>> {
    let mut unread: IndexMap<&str, Vec<&ParameterName>> = IndexMap::new();
    for (name, parameter) in declared.iter().filter(|(name, _)| !supplied.contains_key(name.as_str())) {
        for stored in parameter.default.iter().flat_map(stored_in).filter(|stored| !values.contains_key(*stored)) {
            let users = unread.entry(stored).or_default();
            if !users.contains(&name) {
                users.push(name);
            }
        }
    }
    unread
}

/// The parameters without those whose defaults need a value of Parameter Store that is not among `values`, directly or
/// through another parameter.
pub fn without_unread(
    declared: &IndexMap<ParameterName, Parameter>,
    supplied: &IndexMap<String, Supplied>,
    values: &StoredValues,
) -> IndexMap<ParameterName, Parameter> {
    retained(declared, supplied, values, true)
}

/// Likewise also without those that are required and missing, and those whose defaults refer to one.
pub fn without_unknown(
    declared: &IndexMap<ParameterName, Parameter>,
    supplied: &IndexMap<String, Supplied>,
    values: &StoredValues,
) -> IndexMap<ParameterName, Parameter> {
    retained(declared, supplied, values, false)
}

fn retained(
    declared: &IndexMap<ParameterName, Parameter>,
    supplied: &IndexMap<String, Supplied>,
    values: &StoredValues,
    keeps_missing: bool,
) -> IndexMap<ParameterName, Parameter> {
    let mut kept: IndexSet<&ParameterName> = declared.keys().collect();
    loop {
        let before = kept.clone();
        let is_known = |reference: &Reference| match reference {
            // A name that is not declared is reported when the default is expanded.
            Reference::Parameter(other) => before.contains(other) || !declared.contains_key(other),
            Reference::Ssm(stored) => values.contains_key(stored),
            Reference::StepOutput { .. }
            | Reference::Variable(_)
            | Reference::Global(_)
            | Reference::ExecutionId
            | Reference::UnknownSystem(_) => true,
        };
        kept.retain(|name| {
            let default = declared.get(*name).and_then(|parameter| parameter.default.as_ref());
            supplied.contains_key(name.as_str())
                || default.map_or(keeps_missing, |default| default.references().all(is_known))
        });
        if kept.len() == before.len() {
            break;
        }
    }
    let parameters = declared.iter().filter(|(name, _)| kept.contains(name));
    parameters.map(|(name, parameter)| (name.clone(), parameter.clone())).collect()
}

/// The names of Parameter Store that a default refers to.
pub(super) fn stored_in(default: &ValueTemplate) -> impl Iterator<Item = &str> {
    default.references().filter_map(stored_name)
}

/// Whether each value of Parameter Store in a default of type `StringList` is a list, which is split at commas: not if
/// there is text beside one of them.
pub(super) fn is_split(default: &ValueTemplate) -> bool {
    let is_alone = |text: &Template| text.whole().is_some() || text.references().all(|it| stored_name(it).is_none());
    match default {
        ValueTemplate::Text(text) => is_alone(text),
        ValueTemplate::List(items) => items.iter().all(is_split),
        ValueTemplate::Literal(_) | ValueTemplate::Map(_) => true,
    }
}

fn stored_name(reference: &Reference) -> Option<&str> {
    match reference {
        Reference::Ssm(name) => Some(name),
        Reference::Parameter(_)
        | Reference::StepOutput { .. }
        | Reference::Variable(_)
        | Reference::Global(_)
        | Reference::ExecutionId
        | Reference::UnknownSystem(_) => None,
    }
}
