//! Supplied values, and their conversion to a declared type.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::value_error::JsonError;
use super::{BindingProblem, Parameter, UnreadableParameters, ValueError, shorthand};
use crate::expression::{DataType, Scope, ValueTemplate, accepts, described, integer, scalar_text};
use crate::name::ParameterName;

/// A value as it was supplied.
#[derive(Debug, Clone, PartialEq)]
pub enum Supplied {
    /// The text behind `Name=`: lists and maps as JSON, or as the AWS CLI's shorthand (`a,b`; `k1=v1,k2=v2`).
    Text(String),
    /// A list of texts as in `StartAutomationExecution`: a map is one JSON text, a list of maps one for each or one
    /// for all.
    Request(Vec<String>),
    /// A JSON value other than a list of strings.
    Json(Value),
}

/// The members of a `StartAutomationExecution` request that do not affect the execution.
const SILENT_MEMBERS: [&str; 4] = ["DocumentName", "DocumentVersion", "ClientToken", "Tags"];

/// The members of a request that would change the execution.
const OTHER_MEMBERS: [&str; 8] = [
    "TargetParameterName",
    "Targets",
    "TargetMaps",
    "MaxConcurrency",
    "MaxErrors",
    "TargetLocations",
    "TargetLocationsURL",
    "AlarmConfiguration",
];

/// The member of a request that holds the parameters.
const PARAMETERS: &str = "Parameters";

/// Reads the content of a parameters file: a map of names and values, a map `Parameters` of them, or a whole
/// `StartAutomationExecution` request. A value is a list of texts as in the request, or simply the value.
pub fn from_json(
    value: &Value,
    declared: &IndexMap<ParameterName, Parameter>,
) -> Result<IndexMap<String, Supplied>, BindingProblem> {
    let Value::Object(members) = value else {
        return Err(UnreadableParameters::NoMap { found: described(value) }.into());
    };
    let parameters = match request_parameters(members, declared) {
        Some(parameters) => {
            check_request(members)?;
            parameters
        }
        None => members,
    };
    Ok(parameters.iter().map(|(name, value)| (name.clone(), Supplied::from_value(value))).collect())
}

/// The parameters of a request, when the map is one. A runbook may have a parameter named `Parameters`; then only a
/// map that names a document too is a request.
fn request_parameters<'v>(
    members: &'v Map<String, Value>,
    declared: &IndexMap<ParameterName, Parameter>,
) -> Option<&'v Map<String, Value>> {
    let is_member = |name: &String| {
        name == PARAMETERS
            || name == "Mode"
            || SILENT_MEMBERS.contains(&name.as_str())
            || OTHER_MEMBERS.contains(&name.as_str())
    };
    let parameters = members.get(PARAMETERS)?.as_object()?;
    let names_document = members.contains_key("DocumentName") && !declared.contains_key("DocumentName");
    (members.keys().all(is_member) && (names_document || !declared.contains_key(PARAMETERS))).then_some(parameters)
}

/// Refuses a request for anything but one execution from start to end.
fn check_request(members: &Map<String, Value>) -> Result<(), BindingProblem> {
    if let Some(member) = OTHER_MEMBERS.into_iter().find(|member| members.contains_key(*member)) {
        return Err(UnreadableParameters::UnsupportedMember { member }.into());
    }
    match members.get("Mode") {
        None => Ok(()),
        Some(Value::String(mode)) if mode == "Auto" => Ok(()),
        Some(mode) => Err(UnreadableParameters::UnsupportedMode { mode: mode.clone() }.into()),
    }
}

impl Supplied {
    /// A value of a parameters file, or of `RuntimeParameters`: itself, or a list of texts.
    pub fn from_value(value: &Value) -> Self {
        let texts = value.as_array().and_then(|items| {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<String>>>()
        });
        texts.map_or_else(|| Self::Json(value.clone()), Self::Request)
    }

    /// The value as a type, or why it cannot be converted. Conversions are those that JSON and command lines need:
    /// digits are an `Integer`, a number or a boolean is its text.
    pub(super) fn read(&self, wanted: DataType) -> Result<Value, ValueError> {
        match self {
            Self::Text(text) => from_text(text, wanted),
            Self::Request(texts) => from_request(texts, wanted),
            Self::Json(value) => from_value(value, wanted),
        }
    }
}

fn from_text(text: &str, wanted: DataType) -> Result<Value, ValueError> {
    match wanted {
        DataType::String | DataType::Integer | DataType::Boolean => scalar(text, wanted),
        DataType::StringList => match text.trim() {
            "" => Ok(Value::Array(Vec::new())),
            list if list.starts_with('[') => match json(list) {
                Ok(value) => from_value(&value, wanted),
                Err(why) => shorthand::bare_list(list).ok_or(why),
            },
            list => shorthand::list(list),
        },
        DataType::StringMap => match text.trim() {
            "" => Ok(Value::Object(Map::new())),
            map if map.starts_with('{') => match json(map) {
                Ok(value) => from_value(&value, wanted),
                Err(why) => shorthand::bare_map(map).ok_or(why),
            },
            map => shorthand::map(map),
        },
        DataType::MapList => match text.trim() {
            "" => Ok(Value::Array(Vec::new())),
            list if list.starts_with('[') => from_value(&json(list)?, wanted),
            maps if maps.starts_with('{') => json(&format!("[{maps}]")).and_then(|value| from_value(&value, wanted)),
            map => shorthand::map(map).map(|map| Value::Array(vec![map])),
        },
    }
}

fn from_request(texts: &[String], wanted: DataType) -> Result<Value, ValueError> {
    let only = || match texts {
        [only] => Ok(only.as_str()),
        _ => Err(ValueError::SeveralValues { wanted, found: texts.len() }),
    };
    match wanted {
        DataType::String | DataType::Integer | DataType::Boolean => scalar(only()?, wanted),
        DataType::StringList => Ok(Value::Array(texts.iter().cloned().map(Value::String).collect())),
        DataType::StringMap => from_value(&json(only()?)?, wanted),
        DataType::MapList => {
            let mut maps = Vec::with_capacity(texts.len());
            for text in texts {
                match json(text)? {
                    Value::Array(several) => maps.extend(several),
                    one => maps.push(one),
                }
            }
            from_value(&Value::Array(maps), wanted)
        }
    }
}

/// A JSON value, or a value of a default, as a type.
pub(super) fn from_value(value: &Value, wanted: DataType) -> Result<Value, ValueError> {
    if accepts(value, wanted) {
        return Ok(value.clone());
    }
    match (wanted, value) {
        (DataType::String | DataType::Integer | DataType::Boolean, Value::Array(items)) if items.len() == 1 => {
            items.iter().try_fold(Value::Null, |_, only| from_value(only, wanted))
        }
        (DataType::String, _) => scalar_text(value).map(Value::String).ok_or_else(|| mismatch(value, wanted)),
        (DataType::Integer | DataType::Boolean, Value::String(text)) => scalar(text, wanted),
        (DataType::StringList, Value::Array(items)) => items
            .iter()
            .map(|item| scalar_text(item).map(Value::String).ok_or_else(|| mismatch(item, DataType::String)))
            .collect::<Result<_, _>>()
            .map(Value::Array),
        (DataType::StringList, _) => scalar_text(value)
            .map(|text| Value::Array(vec![Value::String(text)]))
            .ok_or_else(|| mismatch(value, wanted)),
        (DataType::StringMap, Value::String(text)) => structure(text, wanted),
        (DataType::MapList, Value::String(text)) => match json(text)? {
            one @ Value::Object(_) => Ok(Value::Array(vec![one])),
            other if accepts(&other, wanted) => Ok(other),
            other => Err(mismatch(&other, wanted)),
        },
        (DataType::MapList, Value::Object(_)) => Ok(Value::Array(vec![value.clone()])),
        (DataType::Integer | DataType::Boolean | DataType::StringMap | DataType::MapList, _) => {
            Err(mismatch(value, wanted))
        }
    }
}

/// The default of a variable, resolved, as the declared type.
pub fn resolve_variable(default: &ValueTemplate, wanted: DataType, scope: &dyn Scope) -> Result<Value, ValueError> {
    let value = default.resolve(scope)?;
    variable_default(&value, wanted)
}

/// The value of a variable's default as the declared type: native, or JSON text (spec 1.4).
pub fn variable_default(value: &Value, wanted: DataType) -> Result<Value, ValueError> {
    match (wanted, value) {
        (DataType::StringList, Value::String(text)) => match json(text) {
            Ok(list @ Value::Array(_)) => from_value(&list, wanted),
            Ok(_) | Err(_) => from_value(value, wanted),
        },
        _ => from_value(value, wanted),
    }
}

fn scalar(text: &str, wanted: DataType) -> Result<Value, ValueError> {
    let found = || mismatch(&Value::String(text.to_owned()), wanted);
    match wanted {
        DataType::Integer => integer(text.trim()).ok_or_else(found),
        DataType::Boolean if text.trim().eq_ignore_ascii_case("true") => Ok(Value::Bool(true)),
        DataType::Boolean if text.trim().eq_ignore_ascii_case("false") => Ok(Value::Bool(false)),
        DataType::Boolean => Err(found()),
        DataType::String | DataType::StringList | DataType::StringMap | DataType::MapList => {
            Ok(Value::String(text.to_owned()))
        }
    }
}

/// A map as JSON text.
fn structure(text: &str, wanted: DataType) -> Result<Value, ValueError> {
    let value = json(text)?;
    if accepts(&value, wanted) { Ok(value) } else { Err(mismatch(&value, wanted)) }
}

fn json(text: &str) -> Result<Value, ValueError> {
    Ok(serde_json::from_str(text).map_err(JsonError::from)?)
}

fn mismatch(found: &Value, wanted: DataType) -> ValueError {
    ValueError::WrongType { found: described(found), wanted }
}
