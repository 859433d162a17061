//! The outputs of an execution, for people and as other programs take them: `NAME=value`.

use indexmap::IndexMap;
use serde_json::Value;

use crate::execution::Execution;
use crate::report::{escape_json, output_line};
use crate::untrusted::has_unsafe;

/// The document's outputs, one a line.
pub fn output_lines(execution: &Execution) -> String {
    outputs(execution).map(|(name, values)| output_line(name, values) + "\n").collect()
}

/// The document's outputs as a flat map: a single value as it is, several as a JSON list.
pub fn output_texts(execution: &Execution) -> IndexMap<String, String> {
    let text = |values: &Vec<String>| match values.as_slice() {
        [text] => text.clone(),
        several => Value::from(several).to_string(),
    };
    outputs(execution).map(|(name, values)| (name.clone(), text(values))).collect()
}

fn outputs(execution: &Execution) -> impl Iterator<Item = (&String, &Vec<String>)> {
    execution.ending().into_iter().flat_map(|ending| &ending.outputs)
}

/// A value as other programs take it: a text as it is, anything else as JSON.
pub fn export_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// `NAME=value` on one line: a value that has several lines, or begins with a quote, is written as a JSON string.
pub fn export_line(name: &str, value: &str) -> String {
    let breaks = |each: char| each.is_control() || matches!(each, '\u{2028}' | '\u{2029}');
    as_line(name, value, !value.contains(breaks))
}

/// The same for standard output: a value with unsafe characters is a JSON string, too, because they would be escaped.
pub fn safe_export_line(name: &str, value: &str) -> String {
    as_line(name, value, !has_unsafe(value))
}

fn as_line(name: &str, value: &str, is_plain: bool) -> String {
    if is_plain && !value.starts_with('"') {
        format!("{name}={value}\n")
    } else {
        format!("{name}={}\n", escape_json(&Value::from(value).to_string()))
    }
}

#[cfg(test)]
mod tests;
