//! Defaults: templates that are expanded with the other parameters and the system variables.

use std::borrow::Cow;
use std::collections::HashMap;

use indexmap::{IndexMap, IndexSet};
use serde_json::Value;

use super::stored::{is_split, stored_in};
use super::supplied::from_value;
use super::{BindingProblem, Parameter, Supplied, UnusableDefault, ValueError, constraints};
use crate::expression::{DataType, Lookup, Reference, Scope, ValueTemplate, size};
use crate::limits::RESOLVED_BYTES;
use crate::name::ParameterName;

/// Adds to `values` the defaults of all parameters that are not supplied, each after those it refers to.
///
/// A default that refers to a parameter which has a problem of its own is left out without a problem.
pub(super) fn expand(
    declared: &IndexMap<ParameterName, Parameter>,
    supplied: &IndexMap<String, Supplied>,
    values: &mut IndexMap<ParameterName, Value>,
    system: &dyn Scope,
) -> Vec<BindingProblem> {
    let mut problems = Vec::new();
    let mut room = RESOLVED_BYTES;
    let waiting: IndexMap<&ParameterName, (&Parameter, &ValueTemplate)> = declared
        .iter()
        .filter(|(name, _)| !supplied.contains_key(name.as_str()))
        .filter_map(|(name, parameter)| Some((name, (parameter, parameter.default.as_ref()?))))
        .collect();
    let order = Order::of(&waiting);
    for name in order.sorted {
        let Some((parameter, default)) = waiting.get(name) else { continue };
        let broken = parameters_in(default).any(|other| declared.contains_key(other) && !values.contains_key(other));
        if broken {
            continue;
        }
        match value_of(parameter, default, Names { declared, values, system, splits: false }) {
            Ok(value) => {
                if stored_in(default).next().is_some() {
                    let violations = constraints::violations(name, parameter, &value);
                    if !violations.is_empty() {
                        problems.extend(violations);
                        continue;
                    }
                }
                let Some(left) = room.checked_sub(size(&value)) else {
                    problems.push(BindingProblem::Default { name: name.clone(), source: UnusableDefault::TooLarge });
                    return problems;
                };
                room = left;
                values.insert(name.clone(), value);
            }
            Err(error) => {
                problems.push(BindingProblem::Default { name: name.clone(), source: error.into() });
            }
        }
    }
    problems.extend(order.cycles.into_iter().map(|names| BindingProblem::Cycle { names }));
    problems
}

fn value_of(parameter: &Parameter, default: &ValueTemplate, names: Names<'_>) -> Result<Value, ValueError> {
    let wanted = parameter.parameter_type.data_type();
    let names = Names { splits: wanted == DataType::StringList && is_split(default), ..names };
    let value = default.resolve(&names)?;
    from_value(&value, wanted)
}

/// The parameters that a default refers to.
fn parameters_in(default: &ValueTemplate) -> impl Iterator<Item = &ParameterName> {
    default.references().filter_map(|reference| match reference {
        Reference::Parameter(name) => Some(name),
        Reference::StepOutput { .. }
        | Reference::Variable(_)
        | Reference::Global(_)
        | Reference::ExecutionId
        | Reference::Ssm(_)
        | Reference::UnknownSystem(_) => None,
    })
}

/// What a default may refer to.
#[derive(Clone, Copy)]
struct Names<'a> {
    declared: &'a IndexMap<ParameterName, Parameter>,
    values: &'a IndexMap<ParameterName, Value>,
    system: &'a dyn Scope,
    /// Whether a value of Parameter Store is a list of texts with commas between them.
    splits: bool,
}

impl Scope for Names<'_> {
    fn lookup(&self, reference: &Reference) -> Lookup<'_> {
        let never = |what: &str| Lookup::Unavailable(format!("a default cannot contain {what}"));
        match reference {
            Reference::Parameter(name) => match self.values.get(name) {
                Some(value) => Lookup::Value(Cow::Borrowed(value)),
                None if self.declared.contains_key(name) => Lookup::Unset(format!("parameter `{name}` has no value")),
                None => Lookup::Unset(format!("parameter `{name}` is not declared")),
            },
            Reference::Ssm(_) => match self.system.lookup(reference) {
                Lookup::Value(value) if self.splits => Lookup::Value(Cow::Owned(split(&value))),
                other => other,
            },
            Reference::StepOutput { .. } => never("an output of a step"),
            Reference::Variable(_) => never("a variable"),
            Reference::Global(_) | Reference::ExecutionId | Reference::UnknownSystem(_) => {
                self.system.lookup(reference)
            }
        }
    }
}

/// The texts between the commas of a value of Parameter Store.
fn split(value: &Value) -> Value {
    match value.as_str() {
        Some(text) => text.split(',').collect(),
        None => value.clone(),
    }
}

/// In which order defaults can be expanded.
struct Order<'a> {
    /// Each after those it refers to.
    sorted: Vec<&'a ParameterName>,
    /// Those that cannot be, each cycle once.
    cycles: Vec<Vec<ParameterName>>,
}

impl<'a> Order<'a> {
    fn of(waiting: &IndexMap<&'a ParameterName, (&'a Parameter, &'a ValueTemplate)>) -> Self {
        let needs: IndexMap<&ParameterName, IndexSet<&ParameterName>> = waiting
            .iter()
            .map(|(name, (_, default))| {
                (*name, parameters_in(default).filter(|other| waiting.contains_key(other)).collect())
            })
            .collect();
        let mut needed_by: HashMap<&ParameterName, Vec<&'a ParameterName>> = HashMap::new();
        for (name, others) in &needs {
            for other in others {
                needed_by.entry(other).or_default().push(name);
            }
        }
        let mut left: HashMap<&ParameterName, usize> =
            needs.iter().map(|(name, others)| (*name, others.len())).collect();
        let mut sorted: Vec<&'a ParameterName> =
            needs.iter().filter(|(_, others)| others.is_empty()).map(|(name, _)| *name).collect();
        let mut done = 0;
        while let Some(name) = sorted.get(done).copied() {
            done += 1;
            left.remove(name);
            for dependent in needed_by.get(name).into_iter().flatten() {
                if let Some(count) = left.get_mut(*dependent) {
                    *count -= 1;
                    if *count == 0 {
                        sorted.push(dependent);
                    }
                }
            }
        }
        Self { cycles: cycles(&needs, &left), sorted }
    }
}

/// The cycles among the defaults that are left: from each, the first reference that leads to another one left is
/// followed until a name comes again.
fn cycles(
    needs: &IndexMap<&ParameterName, IndexSet<&ParameterName>>,
    left: &HashMap<&ParameterName, usize>,
) -> Vec<Vec<ParameterName>> {
    let mut cycles = Vec::new();
    let mut seen: IndexSet<&ParameterName> = IndexSet::new();
    for start in needs.keys().filter(|name| left.contains_key(*name)) {
        let path_from = seen.len();
        let mut at = Some(*start);
        while let Some(name) = at {
            let (index, new) = seen.insert_full(name);
            if !new {
                if index >= path_from {
                    cycles.push(seen.iter().skip(index).map(|name| (*name).clone()).collect());
                }
                break;
            }
            at = needs.get(name).and_then(|others| others.iter().copied().find(|other| left.contains_key(other)));
        }
    }
    cycles
}
