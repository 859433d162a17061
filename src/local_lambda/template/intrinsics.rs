//! Evaluates intrinsic functions (`Ref`, `Fn::Sub` …) as far as that is possible without an account.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value as Json};

use super::TemplateOptions;
use super::text::scalar_text;
use crate::limits;

/// The values that references can refer to.
#[derive(Debug)]
pub(super) struct Scope<'t> {
    pub(super) options: &'t TemplateOptions,
    /// The template's parameters and their values; none for one without a default that was not given.
    pub(super) parameters: BTreeMap<String, Option<Json>>,
    pub(super) mappings: Option<&'t Map<String, Json>>,
    pub(super) conditions: Option<&'t Map<String, Json>>,
    /// Logical ids of all resources.
    pub(super) resources: Option<&'t Map<String, Json>>,
    /// The value of `Ref` for resources that exist here: function names, version and alias ARNs.
    pub(super) references: HashMap<String, String>,
    /// The value of `Fn::GetAtt` for resources that exist here, by `Logical.Attribute`.
    pub(super) attributes: HashMap<String, String>,
    /// Warnings about values that were assumed, not yet taken by the caller.
    pub(super) assumed: Vec<String>,
}

/// Why a value cannot be evaluated without an account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum IntrinsicError {
    #[error("intrinsic functions are nested more than {} levels deep", limits::TEMPLATE_DEPTH)]
    NestedTooDeep,
    #[error("{0}")]
    Usage(&'static str),
    #[error("`{function}` takes a list of two")]
    NoPair { function: String },
    #[error("`Fn::Select` has no item {index}")]
    NoItem { index: String },
    #[error("`Mappings` has no value at `{path}`")]
    NoMapping { path: String },
    #[error("`{function}` needs an AWS account and cannot be resolved locally")]
    NeedsAccount { function: String },
    #[error("the parameter `{parameter}` has no default")]
    ParameterUnset { parameter: String },
    #[error("`{target}` is neither a parameter nor a resource of this template")]
    UnknownReference { target: String },
    #[error("`{path}` does not exist locally")]
    NoAttribute { path: String },
    #[error("`{resource}` is not a resource of this template")]
    UnknownResource { resource: String },
    #[error("`Fn::Sub` has `${{` without `}}` in `{text}`")]
    UnclosedReference { text: String },
    #[error("`${{{name}}}` has no value")]
    NoValue { name: String },
    #[error("the result of `Fn::Sub` is larger than a template may be")]
    TextTooLarge,
    #[error("`{name}` is not a condition of this template")]
    UnknownCondition { name: String },
    #[error("conditions form a cycle, or are nested too deep")]
    ConditionCycle,
    #[error("`{function}` cannot be used as a condition like this")]
    NotACondition { function: String },
}

impl Scope<'_> {
    /// The value of `tree` with every intrinsic function evaluated; `None` is `AWS::NoValue`. The error is the reason
    /// why it cannot be known here.
    pub(super) fn resolve(&mut self, tree: &Json) -> Result<Option<Json>, IntrinsicError> {
        self.value(tree, 0)
    }

    /// Whether a named condition holds.
    pub(super) fn condition(&mut self, name: &str) -> Result<bool, IntrinsicError> {
        self.named_condition(name, 0)
    }

    fn value(&mut self, tree: &Json, depth: usize) -> Result<Option<Json>, IntrinsicError> {
        if depth > limits::TEMPLATE_DEPTH {
            return Err(IntrinsicError::NestedTooDeep);
        }
        match tree {
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => Ok(Some(tree.clone())),
            Json::Array(items) => {
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    values.extend(self.value(item, depth + 1)?);
                }
                Ok(Some(Json::Array(values)))
            }
            Json::Object(map) => {
                if let (1, Some((name, argument))) = (map.len(), map.iter().next())
                    && (name == "Ref" || name.starts_with("Fn::"))
                {
                    return self.function(name, argument, depth + 1);
                }
                let mut values = Map::new();
                for (key, item) in map {
                    if let Some(value) = self.value(item, depth + 1)? {
                        values.insert(key.clone(), value);
                    }
                }
                Ok(Some(Json::Object(values)))
            }
        }
    }

    fn function(&mut self, name: &str, argument: &Json, depth: usize) -> Result<Option<Json>, IntrinsicError> {
        match name {
            "Ref" => {
                let target = argument
                    .as_str()
                    .ok_or(IntrinsicError::Usage("`Ref` takes the name of a parameter or a resource"))?;
                self.reference(target)
            }
            "Fn::GetAtt" => {
                let path = match argument {
                    Json::String(text) => text.clone(),
                    _ => self.texts(argument, depth)?.join("."),
                };
                self.attribute(&path).map(|text| Some(Json::String(text)))
            }
            "Fn::Sub" => self.substitute(argument, depth).map(|text| Some(Json::String(text))),
            "Fn::Join" => {
                let [separator, items] = pair(argument, name)?;
                let separator = self.text(separator, depth)?;
                Ok(Some(Json::String(self.texts(items, depth)?.join(&separator))))
            }
            "Fn::Split" => {
                let [separator, text] = pair(argument, name)?;
                let (separator, text) = (self.text(separator, depth)?, self.text(text, depth)?);
                Ok(Some(Json::from(text.split(separator.as_str()).collect::<Vec<_>>())))
            }
            "Fn::Select" => {
                let [index, items] = pair(argument, name)?;
                let index = self.text(index, depth)?;
                let items = self.value(items, depth)?;
                let items = items
                    .as_ref()
                    .and_then(Json::as_array)
                    .ok_or(IntrinsicError::Usage("`Fn::Select` takes an index and a list"))?;
                let found = index.parse::<usize>().ok().and_then(|index| items.get(index));
                Ok(Some(found.cloned().ok_or(IntrinsicError::NoItem { index })?))
            }
            "Fn::FindInMap" => {
                let keys = self.texts(argument, depth)?;
                let [map, first, second] = keys.as_slice() else {
                    return Err(IntrinsicError::Usage("`Fn::FindInMap` takes a map and two keys"));
                };
                let found = self.mappings.and_then(|maps| maps.get(map)?.get(first)?.get(second));
                Ok(Some(
                    found
                        .cloned()
                        .ok_or_else(|| IntrinsicError::NoMapping { path: format!("{map}.{first}.{second}") })?,
                ))
            }
            "Fn::If" => {
                let Some([condition, then, otherwise]) = argument.as_array().map(Vec::as_slice) else {
                    return Err(IntrinsicError::Usage("`Fn::If` takes the name of a condition and two values"));
                };
                let condition =
                    condition.as_str().ok_or(IntrinsicError::Usage("`Fn::If` takes the name of a condition first"))?;
                let chosen = if self.named_condition(condition, depth)? { then } else { otherwise };
                self.value(chosen, depth)
            }
            "Fn::Base64" => {
                use base64::Engine as _;
                let text = self.text(argument, depth)?;
                Ok(Some(Json::String(base64::engine::general_purpose::STANDARD.encode(text))))
            }
            "Fn::ToJsonString" => {
                let value = self.value(argument, depth)?.unwrap_or(Json::Null);
                Ok(Some(Json::String(value.to_string())))
            }
            "Fn::Length" => {
                let value = self.value(argument, depth)?;
                let items = value
                    .as_ref()
                    .and_then(Json::as_array)
                    .ok_or(IntrinsicError::Usage("`Fn::Length` takes a list"))?;
                Ok(Some(Json::from(items.len())))
            }
            "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not" => {
                let whole = Json::Object(Map::from_iter([(name.to_owned(), argument.clone())]));
                self.holds(&whole, depth).map(|value| Some(Json::Bool(value)))
            }
            _ => Err(IntrinsicError::NeedsAccount { function: name.to_owned() }),
        }
    }

    fn reference(&mut self, target: &str) -> Result<Option<Json>, IntrinsicError> {
        if let Some(value) = self.parameters.get(target) {
            let value = value.clone();
            return value.map(Some).ok_or_else(|| IntrinsicError::ParameterUnset { parameter: target.to_owned() });
        }
        if let Some(text) = self.references.get(target) {
            return Ok(Some(Json::String(text.clone())));
        }
        let options = self.options;
        let text = match target {
            "AWS::NoValue" => return Ok(None),
            "AWS::Region" => options.region.clone(),
            "AWS::AccountId" => options.account_id.clone(),
            "AWS::Partition" => "aws".to_owned(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            "AWS::StackName" => options.stack_name.clone(),
            "AWS::StackId" => format!(
                "arn:aws:cloudformation:{}:{}:stack/{}/local",
                options.region, options.account_id, options.stack_name
            ),
            "AWS::NotificationARNs" => return Ok(Some(Json::Array(Vec::new()))),
            _ if self.resources.is_some_and(|all| all.contains_key(target)) => {
                self.assumed.push(format!("`{target}` does not exist locally: its logical ID is used as its name"));
                target.to_owned()
            }
            _ => return Err(IntrinsicError::UnknownReference { target: target.to_owned() }),
        };
        Ok(Some(Json::String(text)))
    }

    fn attribute(&mut self, path: &str) -> Result<String, IntrinsicError> {
        if let Some(text) = self.attributes.get(path) {
            return Ok(text.clone());
        }
        let resource = path.split('.').next().unwrap_or_default();
        if self.resources.is_some_and(|all| all.contains_key(resource)) {
            Err(IntrinsicError::NoAttribute { path: path.to_owned() })
        } else {
            Err(IntrinsicError::UnknownResource { resource: resource.to_owned() })
        }
    }

    /// `${Name}`, `${Resource.Attribute}`, `${!Literal}` and names of the map given beside the text.
    fn substitute(&mut self, argument: &Json, depth: usize) -> Result<String, IntrinsicError> {
        let none = Map::new();
        let (text, own) = match argument {
            Json::String(text) => (text.as_str(), &none),
            Json::Array(items) => match items.as_slice() {
                [Json::String(text), Json::Object(own)] => (text.as_str(), own),
                _ => return Err(IntrinsicError::Usage("`Fn::Sub` takes a string, or a string and a map")),
            },
            _ => return Err(IntrinsicError::Usage("`Fn::Sub` takes a string, or a string and a map")),
        };
        let mut result = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            result.push_str(before);
            let Some((name, tail)) = after.split_once('}') else {
                return Err(IntrinsicError::UnclosedReference { text: text.to_owned() });
            };
            if let Some(literal) = name.strip_prefix('!') {
                result.push_str("${");
                result.push_str(literal);
                result.push('}');
            } else {
                let name = name.trim();
                let value = if let Some(value) = own.get(name) {
                    self.text(value, depth)?
                } else if self.references.contains_key(name) || !name.contains('.') {
                    let value = self.reference(name)?;
                    list_text(value.as_ref()).ok_or_else(|| IntrinsicError::NoValue { name: name.to_owned() })?
                } else {
                    self.attribute(name)?
                };
                result.push_str(&value);
            }
            rest = tail;
            if result.len() > limits::TEMPLATE_BYTES {
                return Err(IntrinsicError::TextTooLarge);
            }
        }
        result.push_str(rest);
        Ok(result)
    }

    fn text(&mut self, tree: &Json, depth: usize) -> Result<String, IntrinsicError> {
        let value = self.value(tree, depth + 1)?;
        value.as_ref().and_then(scalar_text).ok_or(IntrinsicError::Usage("expected a string"))
    }

    fn texts(&mut self, tree: &Json, depth: usize) -> Result<Vec<String>, IntrinsicError> {
        let value = self.value(tree, depth + 1)?;
        let items = value.as_ref().and_then(Json::as_array).ok_or(IntrinsicError::Usage("expected a list"))?;
        items.iter().map(|item| scalar_text(item).ok_or(IntrinsicError::Usage("expected a list of strings"))).collect()
    }

    fn named_condition(&mut self, name: &str, depth: usize) -> Result<bool, IntrinsicError> {
        let body = self
            .conditions
            .and_then(|all| all.get(name))
            .ok_or_else(|| IntrinsicError::UnknownCondition { name: name.to_owned() })?;
        self.holds(body, depth + 1)
    }

    fn holds(&mut self, body: &Json, depth: usize) -> Result<bool, IntrinsicError> {
        if depth > limits::TEMPLATE_DEPTH {
            return Err(IntrinsicError::ConditionCycle);
        }
        let Some((name, argument)) = body.as_object().filter(|map| map.len() == 1).and_then(|map| map.iter().next())
        else {
            return Err(IntrinsicError::Usage(
                "a condition is one of `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not`, `Condition`",
            ));
        };
        let items = argument.as_array().map_or(&[][..], Vec::as_slice);
        match (name.as_str(), items) {
            ("Condition", _) => {
                let name = argument.as_str().ok_or(IntrinsicError::Usage("`Condition` takes a name"))?;
                self.named_condition(name, depth)
            }
            ("Fn::Equals", [left, right]) => {
                let (left, right) = (self.value(left, depth + 1)?, self.value(right, depth + 1)?);
                Ok(match (left.as_ref().and_then(scalar_text), right.as_ref().and_then(scalar_text)) {
                    (Some(left), Some(right)) => left == right,
                    _ => left == right,
                })
            }
            ("Fn::Not", [one]) => Ok(!self.holds(one, depth + 1)?),
            ("Fn::And", all) => {
                let mut result = true;
                for one in all {
                    result &= self.holds(one, depth + 1)?;
                }
                Ok(result)
            }
            ("Fn::Or", all) => {
                let mut result = false;
                for one in all {
                    result |= self.holds(one, depth + 1)?;
                }
                Ok(result)
            }
            _ => Err(IntrinsicError::NotACondition { function: name.clone() }),
        }
    }
}

fn pair<'a>(argument: &'a Json, name: &str) -> Result<[&'a Json; 2], IntrinsicError> {
    match argument.as_array().map(Vec::as_slice) {
        Some([first, second]) => Ok([first, second]),
        _ => Err(IntrinsicError::NoPair { function: name.to_owned() }),
    }
}

/// A list parameter inside a text is its items with commas.
fn list_text(value: Option<&Json>) -> Option<String> {
    match value? {
        Json::Array(items) => Some(items.iter().filter_map(scalar_text).collect::<Vec<_>>().join(",")),
        scalar => scalar_text(scalar),
    }
}
