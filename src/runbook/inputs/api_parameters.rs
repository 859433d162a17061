//! The inputs of an action as parameters of an AWS API: converted by the row of the action, and held against the limits of
//! the API (spec aws-actions 5 to 12). The same limits are checked for constants when a runbook is loaded, and for resolved
//! values before an attempt.

use indexmap::IndexMap;
use serde_json::{Map, Number, Value};

use super::spec::{ActionSpec, ConstantInputs, InputSpec, Kind};
use crate::diagnostic::{Code, Diagnostic};
use crate::expression::{described, embedded};

/// Why inputs are no request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParameterInputProblem {
    /// A required input has no value.
    #[error("the input {0} is required, and has no value")]
    Missing(&'static str),
    /// An input has the wrong kind.
    #[error("{input} must be {wanted}, and is {found}")]
    Kind {
        /// The input.
        input: String,
        /// What it must be.
        wanted: String,
        /// What it is.
        found: String,
    },
    /// An input is beyond a limit.
    #[error("{input} {problem}")]
    Limit {
        /// The input.
        input: &'static str,
        /// What is wrong with it: `has 60 items, and at most 50 are allowed`.
        problem: String,
    },
    /// Two inputs of which one is needed are both given, or neither is.
    #[error("exactly one of {one} and {other} is required, and {found}")]
    OneOf {
        /// One of them.
        one: &'static str,
        /// The other.
        other: &'static str,
        /// `both have a value`, `neither has a value`
        found: &'static str,
    },
    /// Two inputs exclude each other.
    #[error("{one} and {other} exclude each other: remove one of them")]
    Exclusive {
        /// One of them.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
}

/// A limit of an input.
#[derive(Debug)]
pub(super) struct InputLimit {
    input: &'static str,
    bound: Bound,
}

/// What an input may be.
#[derive(Debug)]
enum Bound {
    /// The number of characters of a text.
    Characters { least: usize, most: usize },
    /// The number of bytes of a text.
    Bytes { most: usize },
    /// The number of items of a list.
    Items { most: usize },
    /// A whole number.
    Range { least: i64, most: i64 },
    /// A text of this form.
    Form { form: &'static str, is_valid: fn(&str) -> bool },
}

impl InputLimit {
    /// A text of so many characters.
    pub(super) const fn characters(input: &'static str, least: usize, most: usize) -> Self {
        Self { input, bound: Bound::Characters { least, most } }
    }

    /// A text of at most so many bytes.
    pub(super) const fn bytes(input: &'static str, most: usize) -> Self {
        Self { input, bound: Bound::Bytes { most } }
    }

    /// A list of at most so many items.
    pub(super) const fn items(input: &'static str, most: usize) -> Self {
        Self { input, bound: Bound::Items { most } }
    }

    /// A whole number in a range.
    pub(super) const fn range(input: &'static str, least: i64, most: i64) -> Self {
        Self { input, bound: Bound::Range { least, most } }
    }

    /// A text of a form, which completes `must be …`.
    pub(super) const fn form(input: &'static str, form: &'static str, is_valid: fn(&str) -> bool) -> Self {
        Self { input, bound: Bound::Form { form, is_valid } }
    }

    /// What is wrong with a value, which is not empty.
    fn problem(&self, value: &Value) -> Option<String> {
        let counted = |count: usize, what: &str| format!("has {count} {what}");
        match &self.bound {
            Bound::Characters { least, most } => {
                let count = embedded(value).chars().count();
                if count < *least {
                    Some(format!("{}, and at least {least} are required", counted(count, "characters")))
                } else if count > *most {
                    Some(format!("{}, and at most {most} are allowed", counted(count, "characters")))
                } else {
                    None
                }
            }
            Bound::Bytes { most } => {
                let count = embedded(value).len();
                (count > *most).then(|| format!("{}, and at most {most} are allowed", counted(count, "bytes")))
            }
            Bound::Items { most } => {
                let count = value.as_array().map_or(1, Vec::len);
                (count > *most).then(|| format!("{}, and at most {most} are allowed", counted(count, "items")))
            }
            Bound::Range { least, most } => {
                let number = embedded(value).trim().parse::<i64>().ok()?;
                (!(*least..=*most).contains(&number)).then(|| format!("is {number}, and must be {least} to {most}"))
            }
            Bound::Form { form, is_valid } => {
                let text = embedded(value);
                (!is_valid(&text)).then(|| format!("is {text:?}, and must be {form}"))
            }
        }
    }
}

/// Reports constants beyond their limits.
pub(super) fn check_limits(limits: &'static [InputLimit], inputs: &mut dyn ConstantInputs<'_>) {
    for limit in limits {
        let Some(entry) = inputs.get(limit.input) else { continue };
        let constant = inputs.template(limit.input).as_literal().filter(|value| !is_empty(value));
        if let Some(problem) = constant.and_then(|value| limit.problem(value)) {
            let message = format!("`{}` {problem}", limit.input);
            inputs.report(Diagnostic::new(Code::InvalidInput, entry.value.span, message));
        }
    }
}

/// Reports that exactly one of two inputs is required.
pub(super) fn check_one_of(inputs: &mut dyn ConstantInputs<'_>, one: &'static str, other: &'static str) {
    match (inputs.get(one), inputs.get(other)) {
        (None, None) => {
            let message = format!("the step needs the input `{one}` or `{other}`");
            inputs.report(Diagnostic::new(Code::MissingInput, inputs.span(), message));
        }
        (Some(_), Some(_)) => check_exclusive(inputs, one, other),
        (Some(_), None) | (None, Some(_)) => {}
    }
}

/// Reports two inputs that exclude each other, when both have a constant value: a reference may turn out empty.
pub(super) fn check_exclusive(inputs: &mut dyn ConstantInputs<'_>, one: &'static str, other: &'static str) {
    let is_given = |name: &str| {
        inputs.get(name)?;
        inputs.template(name).as_literal().filter(|value| !is_empty(value) && **value != Value::Bool(false))
    };
    if is_given(one).is_some()
        && is_given(other).is_some()
        && let (Some(first), Some(second)) = (inputs.get(one), inputs.get(other))
    {
        let message = format!("`{one}` and `{other}` exclude each other");
        inputs.report(
            Diagnostic::new(Code::InvalidInput, second.key.span, message)
                .related(first.key.span, "the other one")
                .help("remove one of the two"),
        );
    }
}

/// The inputs that have a value, as parameters of an API. Each is converted to what the row says; empty texts, lists and maps
/// are absent (spec aws-actions 11).
pub(super) fn api_parameters(
    spec: &ActionSpec,
    limits: &[InputLimit],
    inputs: &IndexMap<String, Value>,
) -> Result<Map<String, Value>, ParameterInputProblem> {
    let mut parameters = Map::new();
    for (name, value) in inputs.iter().filter(|(_, value)| !is_empty(value)) {
        let value = match spec.input(name) {
            Some(input) => allowed(input, converted(name, input.kind, value)?)?,
            None => value.clone(),
        };
        parameters.insert(name.clone(), value);
    }
    if let Some(missing) = spec.inputs.iter().find(|input| input.required && !parameters.contains_key(input.name)) {
        return Err(ParameterInputProblem::Missing(missing.name));
    }
    ensure_limits(limits, &parameters)?;
    Ok(parameters)
}

/// Requires that parameters are within limits.
pub(super) fn ensure_limits(
    limits: &[InputLimit],
    parameters: &Map<String, Value>,
) -> Result<(), ParameterInputProblem> {
    for limit in limits {
        if let Some(problem) = parameters.get(limit.input).and_then(|value| limit.problem(value)) {
            return Err(ParameterInputProblem::Limit { input: limit.input, problem });
        }
    }
    Ok(())
}

/// A value that its input can have.
fn allowed(input: &InputSpec, value: Value) -> Result<Value, ParameterInputProblem> {
    match value.as_str() {
        Some(text) if !input.values.is_empty() && !input.values.contains(&text) => Err(ParameterInputProblem::Kind {
            input: input.name.to_owned(),
            wanted: format!("one of {}", input.values.join(", ")),
            found: described(&value),
        }),
        Some(_) | None => Ok(value),
    }
}

/// Requires exactly one of two parameters.
pub(super) fn ensure_one_of(
    parameters: &Map<String, Value>,
    one: &'static str,
    other: &'static str,
) -> Result<(), ParameterInputProblem> {
    let found = match (parameters.contains_key(one), parameters.contains_key(other)) {
        (true, false) | (false, true) => return Ok(()),
        (true, true) => "both have a value",
        (false, false) => "neither has a value",
    };
    Err(ParameterInputProblem::OneOf { one, other, found })
}

/// Gives a parameter another name.
pub(super) fn rename(parameters: &mut Map<String, Value>, input: &str, parameter: &str) {
    if let Some(value) = parameters.remove(input) {
        parameters.insert(parameter.to_owned(), value);
    }
}

/// Replaces members of the maps of a list by their texts: authors write numbers and booleans for them.
pub(super) fn members_as_text(parameters: &mut Map<String, Value>, list: &str, members: &[&str]) {
    let items = parameters.get_mut(list).and_then(Value::as_array_mut);
    for item in items.into_iter().flatten().filter_map(Value::as_object_mut) {
        for member in members {
            if let Some(value) = item.get_mut(*member).filter(|value| !value.is_string() && !value.is_null()) {
                *value = Value::String(embedded(value));
            }
        }
    }
}

/// The items of a list of texts.
pub(super) fn text_items(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(embedded).collect()
}

/// An input that is a boolean.
pub(super) fn boolean(input: &str, value: &Value) -> Result<bool, ParameterInputProblem> {
    converted(input, Kind::Boolean, value).map(|value| value == Value::Bool(true))
}

/// Whether a value counts as absent.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A value in the type of its kind.
fn converted(name: &str, kind: Kind, value: &Value) -> Result<Value, ParameterInputProblem> {
    let wrong =
        || ParameterInputProblem::Kind { input: name.to_owned(), wanted: kind.to_string(), found: described(value) };
    match kind {
        Kind::Text => Ok(Value::String(embedded(value))),
        Kind::Integer => {
            let number = embedded(value).trim().parse::<i64>().map_err(|_| wrong())?;
            Ok(Value::Number(Number::from(number)))
        }
        Kind::Boolean => match embedded(value).trim().to_ascii_lowercase().as_str() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(wrong()),
        },
        Kind::List => match value {
            Value::Array(items) => Ok(items.iter().map(item).collect()),
            Value::Object(_) => Err(wrong()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(Value::Array(vec![item(value)])),
        },
        Kind::Map => structured(value).filter(Value::is_object).ok_or_else(wrong),
        Kind::MapList => match structured(value) {
            Some(Value::Array(items)) if items.iter().all(Value::is_object) => Ok(Value::Array(items)),
            Some(one @ Value::Object(_)) => Ok(Value::Array(vec![one])),
            Some(_) | None => Err(wrong()),
        },
        Kind::Any => Ok(value.clone()),
    }
}

/// An item of a list of texts: a number or a boolean as its text.
fn item(value: &Value) -> Value {
    match value {
        Value::Bool(_) | Value::Number(_) => Value::String(embedded(value)),
        Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_) => value.clone(),
    }
}

/// A map or a list, or the JSON text of one; the items of a list too.
fn structured(value: &Value) -> Option<Value> {
    match value {
        Value::Object(_) => Some(value.clone()),
        Value::Array(items) => items.iter().map(structured).collect(),
        Value::String(text) => {
            serde_json::from_str(text).ok().filter(|value: &Value| value.is_object() || value.is_array())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

#[cfg(test)]
mod tests;
