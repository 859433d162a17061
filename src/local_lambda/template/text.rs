//! Parses the text of a template into a tree, and expands the short forms of intrinsic functions (`!Ref`).

use serde_json::{Map, Value as Json};
use serde_yaml::Value as Yaml;

use crate::limits;

/// Why a text is not a template.
#[derive(Debug, thiserror::Error)]
pub(super) enum TemplateTextError {
    #[error("the template has {bytes} bytes; CloudFormation accepts at most {}", limits::TEMPLATE_BYTES)]
    TooLarge { bytes: usize },
    #[error("not valid YAML: {0}")]
    Yaml(serde_yaml::Error),
    #[error("not valid JSON: {0}")]
    Json(serde_json::Error),
    #[error("a merge key (`<<`) cannot be applied: {0}")]
    Merge(serde_yaml::Error),
    #[error("`!GetAtt {text}` has no attribute; write `!GetAtt {text}.Arn`")]
    NoAttribute { text: String },
    #[error("`!{tag}` is not a CloudFormation tag")]
    UnknownTag { tag: String },
    #[error("a map key is not a string; put it in quotes")]
    KeyNotText,
}

/// Reads YAML or JSON. The error is a sentence with the position where the parser knows it.
pub(super) fn parse(text: &str) -> Result<Json, TemplateTextError> {
    if text.len() > limits::TEMPLATE_BYTES {
        return Err(TemplateTextError::TooLarge { bytes: text.len() });
    }
    // JSON may be indented with tabs, which YAML refuses, so what looks like JSON is tried as JSON first.
    let looks_like_json = text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
    let json_error = if looks_like_json {
        match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
            Ok(tree) => return Ok(tree),
            Err(error) => Some(error),
        }
    } else {
        None
    };
    let mut tree: Yaml = serde_yaml::from_str(text)
        .map_err(|error| json_error.map_or(TemplateTextError::Yaml(error), TemplateTextError::Json))?;
    tree.apply_merge().map_err(TemplateTextError::Merge)?;
    expand(tree)
}

fn expand(tree: Yaml) -> Result<Json, TemplateTextError> {
    Ok(match tree {
        Yaml::Null => Json::Null,
        Yaml::Bool(value) => Json::Bool(value),
        Yaml::Number(number) => {
            if let Some(value) = number.as_u64() {
                value.into()
            } else if let Some(value) = number.as_i64() {
                value.into()
            } else {
                number
                    .as_f64()
                    .and_then(serde_json::Number::from_f64)
                    .map_or_else(|| Json::String(number.to_string()), Json::Number)
            }
        }
        Yaml::String(text) => Json::String(text),
        Yaml::Sequence(items) => Json::Array(items.into_iter().map(expand).collect::<Result<_, _>>()?),
        Yaml::Mapping(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                map.insert(key_text(&key)?, expand(value)?);
            }
            Json::Object(map)
        }
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let tag = tag.trim_start_matches('!');
            let value = expand(tagged.value)?;
            let (name, value) = match (tag, value) {
                ("Ref" | "Condition", value) => (tag.to_owned(), value),
                ("GetAtt", Json::String(text)) => {
                    let (resource, attribute) =
                        text.split_once('.').ok_or_else(|| TemplateTextError::NoAttribute { text: text.clone() })?;
                    ("Fn::GetAtt".to_owned(), Json::from(vec![resource, attribute]))
                }
                (
                    "Sub" | "Join" | "GetAtt" | "FindInMap" | "Select" | "Split" | "If" | "Equals" | "And" | "Or"
                    | "Not" | "Base64" | "ImportValue" | "GetAZs" | "Cidr" | "Transform" | "ToJsonString" | "Length",
                    value,
                ) => (format!("Fn::{tag}"), value),
                _ => return Err(TemplateTextError::UnknownTag { tag: tag.to_owned() }),
            };
            Json::Object(Map::from_iter([(name, value)]))
        }
    })
}

/// Keys such as account ids are often written as numbers.
fn key_text(key: &Yaml) -> Result<String, TemplateTextError> {
    match key {
        Yaml::String(text) => Ok(text.clone()),
        Yaml::Number(number) => Ok(number.to_string()),
        Yaml::Bool(value) => Ok(value.to_string()),
        Yaml::Null | Yaml::Sequence(_) | Yaml::Mapping(_) | Yaml::Tagged(_) => Err(TemplateTextError::KeyNotText),
    }
}

/// How a scalar reads as text; none for a list, a map or null.
pub(super) fn scalar_text(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(value) => Some(value.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}
