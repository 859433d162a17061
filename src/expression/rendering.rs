//! Values as the API shows them (spec 5.5).

use serde_json::Value;

/// A value as one text: a text as it is, everything else as JSON text.
pub fn as_api_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// A value as the API's list of texts: a list gives one text an element, everything else one text.
pub fn as_api_list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().map(as_api_text).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            vec![as_api_text(value)]
        }
    }
}
