//! The request of resolved inputs: one child execution, or one for each target.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::Amount;
use super::location_problem::{LocationProblem, LocationsProblem};
use super::locations::{LocationTargets, Locations, is_empty};
use super::targets::{
    LookedUpTargets, RequestedTarget, RequestedTargets, TargetProblem, TargetSelector, TargetValue, Targets, texts,
};
use crate::expression::{described, embedded};
use crate::limits::{CHILD_TAGS, TARGET_MAPS, TARGET_VALUES, TARGETS};

/// A request of `aws:executeAutomation`.
#[derive(Debug, Clone, PartialEq)]
pub struct ChildRequest {
    /// `DocumentName`, without the rest of an ARN.
    pub document: String,
    /// `RuntimeParameters`
    pub parameters: Map<String, Value>,
    /// `Tags`
    pub tags: IndexMap<String, String>,
    /// None for one child, and for locations: the pairs of those may have targets.
    pub targets: Option<RequestedTargets>,
    /// `TargetLocations`: a child for each account–Region pair.
    pub locations: Option<Locations>,
}

/// The default of `MaxConcurrency` (spec 5.4).
pub const CONCURRENCY: Amount = Amount::Count(10);

/// The default of `MaxErrors`: no error is tolerated, so that a mistake affects one target only.
pub const ERRORS: Amount = Amount::Count(0);

/// Why inputs are not a valid request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestProblem {
    /// `DocumentName` is not a name.
    #[error("`DocumentName` must be the name of a runbook or its ARN, and is {0}")]
    Name(String),
    /// An input has the wrong kind.
    #[error("`{input}` must be {wanted}, and is {found}")]
    Kind {
        /// The input.
        input: &'static str,
        /// What it must be.
        wanted: &'static str,
        /// What it is.
        found: String,
    },
    /// An invalid amount.
    #[error("`{input}` must be a number such as 10 or a percentage such as 10%, and is {found}")]
    Amount {
        /// The input.
        input: &'static str,
        /// What it is.
        found: String,
    },
    /// Targets and target maps.
    #[error("both `Targets` and `TargetMaps` are set: remove one of them")]
    Both,
    /// Targets without `TargetParameterName`.
    #[error("`Targets` needs `TargetParameterName`: the parameter that receives each target")]
    NoParameter,
    /// There is no target.
    #[error("`{0}` is empty")]
    NoTargets(&'static str),
    /// A key of targets, or its values.
    #[error("{0}: {help}", help = .0.help())]
    Target(TargetProblem),
    /// The locations are not valid.
    #[error(transparent)]
    Locations(#[from] LocationsProblem),
    /// More than the service accepts.
    #[error("`{input}` has {found}, but at most {most} are allowed")]
    TooMany {
        /// The input.
        input: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        most: usize,
    },
}

impl ChildRequest {
    /// Reads the inputs after all references are replaced.
    pub fn from_resolved<'v>(input: impl Fn(&str) -> Option<&'v Value>) -> Result<Self, RequestProblem> {
        let given = |name: &str| input(name).filter(|value| !value.is_null());
        let name = given("DocumentName").map(embedded).unwrap_or_default();
        let document = document_name(&name).ok_or_else(|| RequestProblem::Name(quoted(&name)))?.to_owned();
        let parameters = match given("RuntimeParameters") {
            Some(value) => map("RuntimeParameters", value)?,
            None => Map::new(),
        };
        let tags = given("Tags").map(tags).transpose()?.unwrap_or_default();
        let locations = match given("TargetLocations").filter(|value| !is_empty(value)) {
            Some(value) => Some(Locations::read(&list("TargetLocations", value)?, &given, &has_targets)?),
            None => None,
        };
        let targets = if locations.is_some() { None } else { targets(&given)? };
        Ok(Self { document, parameters, tags, targets, locations })
    }
}

/// Whether there are targets within each pair of a location; an error when they are not valid.
pub(super) fn has_targets(of_pair: &LocationTargets) -> Result<bool, LocationProblem> {
    let LocationTargets { parameter, targets: values, maps, max_concurrency, max_errors } = of_pair;
    let parameter = parameter.as_deref().map(Value::from);
    let given = |name: &str| match name {
        "TargetParameterName" => parameter.as_ref(),
        "Targets" => values.as_ref(),
        "TargetMaps" => maps.as_ref(),
        "MaxConcurrency" => max_concurrency.as_ref(),
        "MaxErrors" => max_errors.as_ref(),
        _ => None,
    };
    targets(&given)
        .map(|targets| targets.is_some())
        .map_err(|problem| LocationProblem::Targets { why: problem.to_string() })
}

/// The targets of inputs.
fn targets<'v>(given: &dyn Fn(&str) -> Option<&'v Value>) -> Result<Option<RequestedTargets>, RequestProblem> {
    let targets = given("Targets").filter(|value| !is_empty(value));
    let maps = given("TargetMaps").filter(|value| !is_empty(value));
    let parameter = given("TargetParameterName").map(embedded).filter(|name| !name.is_empty());
    let source = match (targets, maps) {
        (Some(_), Some(_)) => return Err(RequestProblem::Both),
        (Some(targets), None) => {
            let parameter = parameter.ok_or(RequestProblem::NoParameter)?;
            of_entries(targets, &parameter)?
        }
        (None, Some(maps)) => Source::Listed(of_maps(maps, parameter.as_deref())?),
        (None, None) if given("Targets").is_some() => return Err(RequestProblem::NoTargets("Targets")),
        (None, None) if given("TargetMaps").is_some() => return Err(RequestProblem::NoTargets("TargetMaps")),
        (None, None) => return Ok(None),
    };
    let concurrency = amount("MaxConcurrency", given("MaxConcurrency"), CONCURRENCY)?;
    if concurrency.is_zero() {
        return Err(RequestProblem::Amount { input: "MaxConcurrency", found: concurrency.to_string() });
    }
    let errors = amount("MaxErrors", given("MaxErrors"), ERRORS)?;
    Ok(Some(source.with_rate(concurrency, errors)))
}

/// The name in a name or an ARN (`arn:aws:ssm:…:document/NAME`, `…:automation-definition/NAME:VERSION`); `None` when
/// it cannot be one: a name is not a path.
pub fn document_name(text: &str) -> Option<&str> {
    let text = text.trim();
    let name = if text.starts_with("arn:") {
        let name = text.rsplit('/').next().unwrap_or_default();
        name.split_once(':').map_or(name, |(name, _version)| name)
    } else {
        text
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let is_dots = name.bytes().all(|byte| byte == b'.');
    (!name.is_empty() && !is_dots && name.len() <= 128 && name.chars().all(is_name)).then_some(name)
}

/// Where the targets come from.
enum Source {
    Listed(Vec<TargetValue>),
    LookedUp(TargetSelector, String),
}

impl Source {
    fn with_rate(self, concurrency: Amount, errors: Amount) -> RequestedTargets {
        let targets = |list| Targets { list, concurrency, errors };
        match self {
            Self::Listed(mut list) => {
                let mut seen = std::collections::HashSet::new();
                list.retain(|target| seen.insert(target.name.clone()));
                RequestedTargets::Listed(targets(list))
            }
            Self::LookedUp(selector, parameter) => {
                RequestedTargets::LookedUp(LookedUpTargets { selector, parameter, rate: targets(Vec::new()) })
            }
        }
    }
}

fn of_entries(targets: &Value, parameter: &str) -> Result<Source, RequestProblem> {
    let targets = list("Targets", targets)?;
    bounded("Targets", targets.len(), TARGETS)?;
    // There is one at most.
    let Some(entry) = targets.first() else { return Err(RequestProblem::NoTargets("Targets")) };
    let members = map("Targets", entry)?;
    let key = members.get("Key").map(embedded).unwrap_or_default();
    match RequestedTarget::of(&key, texts(members.get("Values"))).map_err(RequestProblem::Target)? {
        RequestedTarget::Values(values) if values.is_empty() => Err(RequestProblem::NoTargets("Targets")),
        RequestedTarget::Values(values) => {
            bounded("Targets", values.len(), TARGET_VALUES)?;
            let list = values.into_iter().map(|value| TargetValue::of_parameter(parameter, value));
            Ok(Source::Listed(list.collect()))
        }
        RequestedTarget::Lookup(selector) => Ok(Source::LookedUp(selector, parameter.to_owned())),
    }
}

fn of_maps(maps: &Value, parameter: Option<&str>) -> Result<Vec<TargetValue>, RequestProblem> {
    let maps = list("TargetMaps", maps)?;
    bounded("TargetMaps", maps.len(), TARGET_MAPS)?;
    let read = |target: &Value| {
        let parameters = map("TargetMaps", target)?;
        let named = parameter.and_then(|name| parameters.get(name)).map(embedded);
        let name = named.unwrap_or_else(|| parameters.values().map(embedded).collect::<Vec<_>>().join(", "));
        Ok(TargetValue { name, parameters })
    };
    maps.iter().map(read).collect()
}

fn tags(value: &Value) -> Result<IndexMap<String, String>, RequestProblem> {
    let items = list("Tags", value)?;
    bounded("Tags", items.len(), CHILD_TAGS)?;
    let mut tags = IndexMap::new();
    for item in &items {
        let members = map("Tags", item)?;
        let text = |name: &str| members.get(name).map(embedded).unwrap_or_default();
        tags.insert(text("Key"), text("Value"));
    }
    Ok(tags)
}

fn amount(input: &'static str, given: Option<&Value>, default: Amount) -> Result<Amount, RequestProblem> {
    match given {
        None => Ok(default),
        Some(value) => {
            Amount::of(value).ok_or_else(|| RequestProblem::Amount { input, found: quoted(&embedded(value)) })
        }
    }
}

fn bounded(input: &'static str, found: usize, most: usize) -> Result<(), RequestProblem> {
    if found > most { Err(RequestProblem::TooMany { input, found, most }) } else { Ok(()) }
}

/// A map, or the JSON text of one.
fn map(input: &'static str, value: &Value) -> Result<Map<String, Value>, RequestProblem> {
    let wrong = || RequestProblem::Kind { input, wanted: "a map", found: described(value) };
    match value {
        Value::Object(members) => Ok(members.clone()),
        Value::String(text) => match serde_json::from_str(text) {
            Ok(Value::Object(members)) => Ok(members),
            Ok(_) | Err(_) => Err(wrong()),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => Err(wrong()),
    }
}

/// A list of maps, one map, or the JSON text of either.
fn list(input: &'static str, value: &Value) -> Result<Vec<Value>, RequestProblem> {
    let wrong = || RequestProblem::Kind { input, wanted: "a list of maps", found: described(value) };
    match value {
        Value::Array(items) => Ok(items.clone()),
        Value::Object(_) => Ok(vec![value.clone()]),
        Value::String(text) => match serde_json::from_str(text) {
            Ok(Value::Array(items)) => Ok(items),
            Ok(one @ Value::Object(_)) => Ok(vec![one]),
            Ok(_) | Err(_) => Err(wrong()),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => Err(wrong()),
    }
}

fn quoted(text: &str) -> String {
    if text.is_empty() { "empty".to_owned() } else { format!("`{text}`") }
}
