//! Declared types and conversions to them (spec 2.5).

#[cfg(test)]
mod tests;

use serde_json::Value;

/// A type that a parameter, a variable or an output declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum DataType {
    /// A text.
    String,
    /// A list of texts.
    StringList,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A map.
    StringMap,
    /// A list of maps.
    MapList,
}

impl DataType {
    /// Every type, in the order of the service's documentation.
    pub const ALL: [Self; 6] =
        [Self::String, Self::StringList, Self::Integer, Self::Boolean, Self::StringMap, Self::MapList];

    /// The type with that name; names are case-sensitive.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|data_type| data_type.as_str() == text)
    }

    /// The name in a runbook.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "String",
            Self::StringList => "StringList",
            Self::Integer => "Integer",
            Self::Boolean => "Boolean",
            Self::StringMap => "StringMap",
            Self::MapList => "MapList",
        }
    }
}

impl std::fmt::Display for DataType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A value that cannot be converted to the declared type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found} cannot become {wanted}")]
pub struct ConversionError {
    /// A description of the value: `a list of 2`.
    pub found: String,
    /// The declared type.
    pub wanted: DataType,
}

/// Whether a value already has a type, without conversion: the rule of `aws:updateVariable`.
pub fn accepts(value: &Value, data_type: DataType) -> bool {
    match data_type {
        DataType::String => value.is_string(),
        DataType::StringList => value.as_array().is_some_and(|items| items.iter().all(Value::is_string)),
        DataType::Integer => value.is_i64() || value.is_u64(),
        DataType::Boolean => value.is_boolean(),
        DataType::StringMap => value.is_object(),
        DataType::MapList => value.as_array().is_some_and(|items| items.iter().all(Value::is_object)),
    }
}

/// Converts a value to the declared type of an output (spec 2.5).
///
/// | from | to |
/// |---|---|
/// | a text | `String`, `StringList` of one, `Integer` if it is digits, `Boolean` if it is `true` or `false` |
/// | a whole number | `Integer`, `String`, `StringList` of one |
/// | a boolean | `Boolean`, `String`, `StringList` of one |
/// | a list of texts, whole numbers and booleans | `StringList`; one element alone also what the element can become |
/// | a map | `StringMap`, `String` as JSON text |
/// | a list of maps | `MapList` |
///
/// Anything else is an error. A list of whole numbers or booleans becomes the `StringList` of their texts.
pub fn convert(value: &Value, wanted: DataType) -> Result<Value, ConversionError> {
    let refused = || ConversionError { found: described(value), wanted };
    match (wanted, value) {
        (DataType::StringList, Value::Array(items)) => items
            .iter()
            .map(|item| scalar_text(item).map(Value::String))
            .collect::<Option<Vec<_>>>()
            .map(Value::Array)
            .ok_or_else(refused),
        (DataType::String | DataType::Integer | DataType::Boolean, Value::Array(items)) => match items.as_slice() {
            [only] if !only.is_object() && !only.is_array() => convert(only, wanted).map_err(|_| refused()),
            _ => Err(refused()),
        },
        (DataType::String, Value::Object(_)) => Ok(Value::String(value.to_string())),
        (DataType::String, _) => scalar_text(value).map(Value::String).ok_or_else(refused),
        (DataType::StringList, _) => {
            scalar_text(value).map(|text| Value::Array(vec![Value::String(text)])).ok_or_else(refused)
        }
        (DataType::Integer, Value::String(text)) => integer(text).ok_or_else(refused),
        (DataType::Boolean, Value::String(text)) => boolean(text).ok_or_else(refused),
        (DataType::Integer | DataType::Boolean | DataType::StringMap | DataType::MapList, _) => {
            if accepts(value, wanted) { Ok(value.clone()) } else { Err(refused()) }
        }
    }
}

/// Parses a text of digits, with or without a sign.
pub(crate) fn integer(text: &str) -> Option<Value> {
    text.parse::<i64>().ok().map(Value::from)
}

/// Parses `true` or `false`.
fn boolean(text: &str) -> Option<Value> {
    text.parse::<bool>().ok().map(Value::Bool)
}

/// The text of a text, a whole number or a boolean.
pub(crate) fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Describes a value in a few words, for messages.
pub fn described(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => format!("the boolean {value}"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => {
            let mut shown: String = text.chars().take(40).collect();
            if shown.len() < text.len() {
                shown.push('…');
            }
            format!("the text {shown:?}")
        }
        Value::Array(items) => match items.as_slice() {
            [] => "an empty list".to_owned(),
            [only] => format!("a list of {}", described(only)),
            _ => format!("a list of {} values", items.len()),
        },
        Value::Object(entries) => match entries.len() {
            0 => "an empty map".to_owned(),
            1 => "a map of 1 entry".to_owned(),
            count => format!("a map of {count} entries"),
        },
    }
}
