//! Resolution of references, and values as strings and types (spec 2.5, 3, 5.5).

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::interpreter::Interpreter;
use crate::expression::{DataType, Global, Part, Reference, Template, ValueTemplate};

/// A reference without a value (spec 3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MissingValue {
    /// It is unset.
    Unset,
    /// It has a value that is unknown here.
    Unknown,
}

/// The replacement of a reference without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnsetReplacement {
    /// None: the result has no value.
    Nothing,
    /// The author's text, if it is unset.
    TextOfUnset,
    /// The author's text.
    Text,
}

impl Interpreter<'_> {
    /// The inputs of a step: unset references stay text (3.4).
    pub(super) fn resolved(
        &self,
        trees: &IndexMap<String, ValueTemplate>,
    ) -> Result<IndexMap<String, Value>, MissingValue> {
        trees.iter().map(|(name, tree)| Ok((name.clone(), self.input(tree)?))).collect()
    }

    /// Inputs for display, with all references replaced that have a value.
    pub(super) fn shown(&self, trees: &IndexMap<String, ValueTemplate>) -> IndexMap<String, Value> {
        let shown = |tree| self.value_with(tree, UnsetReplacement::Text).unwrap();
        trees.iter().map(|(name, tree)| (name.clone(), shown(tree))).collect()
    }

    /// An input of a step.
    pub(super) fn input(&self, tree: &ValueTemplate) -> Result<Value, MissingValue> {
        self.value_with(tree, UnsetReplacement::TextOfUnset)
    }

    /// Whether an input is only an unset reference.
    pub(super) fn is_unset(&self, tree: &ValueTemplate) -> bool {
        let reference = match tree {
            ValueTemplate::Text(template) => template.whole(),
            ValueTemplate::Literal(_) | ValueTemplate::List(_) | ValueTemplate::Map(_) => None,
        };
        reference.is_some_and(|reference| matches!(self.reference(reference), Err(MissingValue::Unset)))
    }

    pub(super) fn value(&self, tree: &ValueTemplate) -> Result<Value, MissingValue> {
        self.value_with(tree, UnsetReplacement::Nothing)
    }

    fn value_with(&self, tree: &ValueTemplate, in_place: UnsetReplacement) -> Result<Value, MissingValue> {
        Ok(match tree {
            ValueTemplate::Literal(value) => value.clone(),
            ValueTemplate::Text(template) => self.text(template, in_place)?,
            ValueTemplate::List(items) => {
                let mut list = Vec::new();
                for item in items {
                    let is_reference = matches!(item, ValueTemplate::Text(template) if template.whole().is_some());
                    match self.value_with(item, in_place)? {
                        // A list that replaces an element is spliced (3.2).
                        Value::Array(elements) if is_reference => list.extend(elements),
                        value => list.push(value),
                    }
                }
                Value::Array(list)
            }
            ValueTemplate::Map(entries) => {
                let mut map = Map::new();
                for (key, tree) in entries {
                    map.insert(key.clone(), self.value_with(tree, in_place)?);
                }
                Value::Object(map)
            }
        })
    }

    fn text(&self, template: &Template, in_place: UnsetReplacement) -> Result<Value, MissingValue> {
        let or_text = |reference: &Reference, written: &str| match (self.reference(reference), in_place) {
            (Ok(value), _) => Ok(value),
            (Err(_), UnsetReplacement::Text) | (Err(MissingValue::Unset), UnsetReplacement::TextOfUnset) => {
                Ok(Value::from(written))
            }
            (Err(missing), UnsetReplacement::Nothing | UnsetReplacement::TextOfUnset) => Err(missing),
        };
        if let Some(reference) = template.whole() {
            return or_text(reference, &template.to_string());
        }
        let mut text = String::new();
        for part in template.parts() {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Reference { reference, written, .. } => text.push_str(&embedded(&or_text(reference, written)?)),
            }
        }
        Ok(Value::String(text))
    }

    fn reference(&self, reference: &Reference) -> Result<Value, MissingValue> {
        let known = |value: Option<&Value>| value.cloned().ok_or(MissingValue::Unset);
        match reference {
            Reference::Parameter(name) => known(self.parameters.get(name)),
            Reference::Variable(name) => known(self.variables.get(name)),
            Reference::StepOutput { step, output } => {
                let produced = self.produced.get(step).ok_or(MissingValue::Unset)?;
                match (produced.outputs.get(output), output.as_str(), &produced.document) {
                    (Some(value), _, _) => Ok(value.clone()),
                    (None, "OutputPayload", Some(document)) => Ok(Value::String(document.to_string())),
                    (None, _, _) => Err(MissingValue::Unset),
                }
            }
            Reference::Global(global) => self.global(*global).map(Value::String),
            Reference::ExecutionId => Ok(Value::String(self.execution_id.clone())),
            Reference::Ssm(_) | Reference::UnknownSystem(_) => Err(MissingValue::Unknown),
        }
    }

    fn global(&self, global: Global) -> Result<String, MissingValue> {
        let at = |format: &str| Ok(self.now.strftime(format).to_string());
        match global {
            Global::Date => at("%Y-%m-%d"),
            Global::DateTime => at("%Y-%m-%d_%H.%M.%S"),
            Global::Region => self.environment.region.clone().ok_or(MissingValue::Unknown),
            Global::AccountId => self.environment.account_id.clone().ok_or(MissingValue::Unknown),
            Global::AwsPartition => Ok(self.environment.partition.clone()),
        }
    }
}

/// A value embedded in a string (spec 3.3); a list of one yields its item (9.10).
pub(super) fn embedded(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => match items.as_slice() {
            [Value::String(text)] => text.clone(),
            [only] => only.to_string(),
            _ => value.to_string(),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// A value as the list of strings that the API returns (spec 5.5).
pub(super) fn api_strings(value: &Value) -> Vec<String> {
    let one = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Array(items) => items.iter().map(one).collect(),
        other => vec![one(other)],
    }
}

/// The value that a simple selector finds: `$`, then names and indexes, with or without `$.`.
pub(super) fn select_value<'v>(document: &'v Value, selector: &str) -> Option<&'v Value> {
    let path = selector.trim_start_matches('$').trim_start_matches('.');
    path.split(['.', '[']).filter(|part| !part.is_empty()).try_fold(document, |value, part| {
        match part.strip_suffix(']') {
            Some(place) => value.as_array()?.get(place.parse::<usize>().ok()?),
            None => value.as_object()?.get(part),
        }
    })
}

/// Converts a selected value to a declared type; none if the table of spec 2.5 has no conversion.
pub(super) fn convert_value(value: &Value, to: DataType) -> Option<Value> {
    let is_map = |value: &Value| value.is_object();
    let is_scalar = |value: &Value| value.is_string() || value.is_boolean() || value.is_i64() || value.is_u64();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match (value, to) {
        (Value::Array(items), DataType::StringList) if items.iter().all(is_scalar) => {
            Some(items.iter().map(|item| Value::String(text(item))).collect())
        }
        (Value::Array(items), DataType::MapList) if items.iter().all(is_map) => Some(value.clone()),
        (Value::Array(items), DataType::String | DataType::Integer | DataType::Boolean) => match items.as_slice() {
            [only] if is_scalar(only) => convert_value(only, to),
            _ => None,
        },
        (Value::Object(_), DataType::StringMap) | (Value::Bool(_), DataType::Boolean) => Some(value.clone()),
        (Value::Object(_), DataType::String) => Some(Value::String(value.to_string())),
        (_, DataType::String) if is_scalar(value) => Some(Value::String(text(value))),
        (_, DataType::StringList) if is_scalar(value) => Some(Value::Array(vec![Value::String(text(value))])),
        (Value::Number(number), DataType::Integer) if number.is_i64() => Some(value.clone()),
        (Value::String(text), DataType::Integer) => text.parse::<i64>().ok().map(Value::from),
        (Value::String(text), DataType::Boolean) => text.parse::<bool>().ok().map(Value::from),
        _ => None,
    }
}

/// Converts a value for a variable: it must have the type already, and a list of one string is that string (spec 4.7,
/// 9.11a).
pub(super) fn fit_variable_value(value: Value, to: DataType) -> Option<Value> {
    let value = match (&value, to) {
        (Value::Array(items), DataType::String) if items.len() == 1 => items.first().cloned()?,
        _ => value,
    };
    let all = |items: &[Value], is: fn(&Value) -> bool| items.iter().all(is);
    let fits = match (&value, to) {
        (Value::String(_), DataType::String)
        | (Value::Bool(_), DataType::Boolean)
        | (Value::Object(_), DataType::StringMap) => true,
        (Value::Number(number), DataType::Integer) => number.is_i64(),
        (Value::Array(items), DataType::StringList) => all(items, Value::is_string),
        (Value::Array(items), DataType::MapList) => all(items, Value::is_object),
        _ => false,
    };
    fits.then_some(value)
}

/// The milliseconds of a duration such as `P1DT2H3M4.5S` (spec 4.3): at most 604,799 s, no years or months.
pub(super) fn duration(text: &str) -> Option<i64> {
    let rest = text.trim().strip_prefix('P')?;
    let (days, times) = rest.split_once('T').map_or((rest, None), |(days, times)| (days, Some(times)));
    if times.is_some_and(str::is_empty) || (days.is_empty() && times.is_none()) {
        return None;
    }
    let mut seconds = part(days, &[('W', 604_800.0), ('D', 86_400.0)])?;
    seconds += part(times.unwrap_or_default(), &[('H', 3_600.0), ('M', 60.0), ('S', 1.0)])?;
    #[expect(clippy::cast_possible_truncation, reason = "within a week")]
    (seconds <= 604_799.0).then_some((seconds * 1_000.0) as i64)
}

fn part(mut text: &str, units: &[(char, f64)]) -> Option<f64> {
    let mut seconds = 0.0;
    for (unit, length) in units {
        if let Some((number, rest)) = text.split_once(*unit) {
            seconds += number.parse::<f64>().ok().filter(|number| *number >= 0.0)? * length;
            text = rest;
        }
    }
    text.is_empty().then_some(seconds)
}

/// Parses a timestamp such as `2030-01-31T09:00:00Z`.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    text.trim().parse().ok()
}
