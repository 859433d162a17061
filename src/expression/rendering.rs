//! Converts values to texts: inside a template (spec 3.3) and as the API shows them (spec 5.5).

#[cfg(test)]
mod tests;

use std::fmt::Write;

use serde_json::Value;

/// The text of a value that is embedded in a longer text.
///
/// A text is embedded as it is, without escapes. A list of one element is replaced by the element. Whole numbers and
/// booleans are written as in JSON; longer lists and maps as compact JSON in their original order.
pub fn embedded(value: &Value) -> String {
    let mut text = String::new();
    push_embedded(value, &mut text);
    text
}

/// Appends the result of [`embedded`].
pub(super) fn push_embedded(value: &Value, text: &mut String) {
    match value {
        Value::String(string) => text.push_str(string),
        Value::Array(items) => match items.as_slice() {
            [Value::String(string)] => text.push_str(string),
            [only] => push_json(only, text),
            _ => push_json(value, text),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => push_json(value, text),
    }
}

fn push_json(value: &Value, text: &mut String) {
    // Writing to a `String` cannot fail.
    let _ = write!(text, "{value}");
}

/// A resolved input as `StepExecution.Inputs` shows it: the JSON text of the value (`"\"running\""`, `"1"`).
pub fn input_text(value: &Value) -> String {
    value.to_string()
}

/// An output as `Outputs` shows it: a text is one element, a list one element for each of its own, a map its JSON text.
pub fn output_texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().map(bare).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => vec![bare(value)],
    }
}

fn bare(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
