//! `Targets`: values that are listed, or a lookup in AWS (spec aws-actions 15, 16).

use serde_json::{Map, Value};

use super::amount::Amount;
use super::target_type::TargetType;
use crate::diagnostic::suggestion;
use crate::expression::embedded;
use crate::limits::TARGET_LOOKUP_VALUES;

/// The key of targets that are listed.
pub const PARAMETER_VALUES: &str = "ParameterValues";

/// The key of the members of a resource group.
const RESOURCE_GROUP: &str = "ResourceGroup";

/// The key of all instances.
const EVERY_INSTANCE: &str = "AWS::EC2::Instance";

/// What the key of a tag begins with.
const TAG: &str = "tag:";

/// The keys without a name of their own.
const KEYS: [&str; 3] = [PARAMETER_VALUES, RESOURCE_GROUP, EVERY_INSTANCE];

/// Keys of other services and operations, and what is meant.
const OTHER_KEYS: [(&str, &str); 7] = [
    ("InstanceIds", PARAMETER_VALUES),
    ("InstanceId", PARAMETER_VALUES),
    ("resource-groups:Name", RESOURCE_GROUP),
    ("resource-groups:ResourceTypeFilters", RESOURCE_GROUP),
    ("AWS::ResourceGroups::Group", RESOURCE_GROUP),
    ("AWS::EC2::Instance::Id", EVERY_INSTANCE),
    ("tag-key", "tag:NAME"),
];

/// One runbook for many targets (spec 5.4).
#[derive(Debug, Clone, PartialEq)]
pub struct Targets {
    /// Without duplicates, in the order given; at least one, unless they are still to be looked up.
    pub list: Vec<TargetValue>,
    /// `MaxConcurrency`; never zero.
    pub concurrency: Amount,
    /// `MaxErrors`
    pub errors: Amount,
}

/// One target.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetValue {
    /// Its name: its value.
    pub name: String,
    /// The parameters of the target.
    pub parameters: Map<String, Value>,
}

impl TargetValue {
    /// A value of one parameter.
    pub(super) fn of_parameter(parameter: &str, value: String) -> Self {
        Self { parameters: Map::from_iter([(parameter.to_owned(), Value::from(value.as_str()))]), name: value }
    }
}

/// The targets of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum RequestedTargets {
    /// They are listed.
    Listed(Targets),
    /// They are looked up in AWS.
    LookedUp(LookedUpTargets),
}

/// Targets that are looked up when an attempt of the step starts.
#[derive(Debug, Clone, PartialEq)]
pub struct LookedUpTargets {
    /// Which resources they are.
    pub selector: TargetSelector,
    /// The parameter that receives each of them.
    pub parameter: String,
    /// `MaxConcurrency` and `MaxErrors`, without a target yet.
    pub rate: Targets,
}

impl LookedUpTargets {
    /// The targets, once they are found.
    #[must_use]
    pub fn with_values(self, values: Vec<String>) -> Targets {
        let Self { selector: _, parameter, rate } = self;
        let list = values.into_iter().map(|value| TargetValue::of_parameter(&parameter, value));
        Targets { list: list.collect(), ..rate }
    }
}

/// Which resources of AWS are targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetSelector {
    /// `tag:KEY`: those with one of these values of a tag.
    Tag {
        /// The key of the tag.
        key: String,
        /// Its values: at least one.
        values: Vec<String>,
    },
    /// `ResourceGroup`: the members of a group.
    ResourceGroup {
        /// Its name, or its ARN.
        group: String,
    },
    /// `AWS::EC2::Instance` with the value `*`: every instance of the account and Region.
    EveryInstance,
}

/// An entry of `Targets`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestedTarget {
    /// `ParameterValues`: the values.
    Values(Vec<String>),
    /// A lookup.
    Lookup(TargetSelector),
}

/// Why a key and its values select no targets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetProblem {
    /// No such key.
    #[error("`{found}` is not a key of targets")]
    UnknownKey {
        /// The key.
        found: String,
        /// The key that is probably meant.
        nearest: Option<String>,
    },
    /// `tag:` without the key of a tag.
    #[error("`tag:` is not followed by the key of a tag")]
    NoTag,
    /// There is no value.
    #[error("`{key}` has no values")]
    NoValues {
        /// The key.
        key: String,
    },
    /// More values than a lookup takes.
    #[error("`{key}` has {found} values, but at most {TARGET_LOOKUP_VALUES} are allowed")]
    TooManyValues {
        /// The key.
        key: String,
        /// How many there are.
        found: usize,
    },
    /// Not one resource group.
    #[error("`ResourceGroup` takes the name of one resource group, and has {found} values")]
    NotOneGroup {
        /// How many values there are.
        found: usize,
    },
    /// Instances by their ids.
    #[error("`AWS::EC2::Instance` takes the value `*`, for all instances of the account and Region")]
    NotEveryInstance,
}

impl TargetProblem {
    /// What to write instead.
    pub fn help(&self) -> String {
        match self {
            Self::UnknownKey { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Self::UnknownKey { nearest: None, .. } => {
                "use `ParameterValues`, `tag:NAME`, `ResourceGroup` or `AWS::EC2::Instance`".to_owned()
            }
            Self::NoTag => "write `tag:NAME`, such as `tag:Stage`".to_owned(),
            Self::NoValues { .. } => "list at least one in `Values`".to_owned(),
            Self::TooManyValues { .. } => "run the runbook once for each part of them".to_owned(),
            Self::NotOneGroup { .. } => "list one name in `Values`".to_owned(),
            Self::NotEveryInstance => "list instances by their ids with the key `ParameterValues`".to_owned(),
        }
    }
}

impl RequestedTarget {
    /// The entry of a key and its values. Whether listed values are too many is left to the caller.
    pub fn of(key: &str, values: Vec<String>) -> Result<Self, TargetProblem> {
        let kind = KeyKind::of(key)?;
        if kind == KeyKind::Values {
            return Ok(Self::Values(values));
        }
        if values.is_empty() {
            return Err(TargetProblem::NoValues { key: key.to_owned() });
        }
        if values.len() > TARGET_LOOKUP_VALUES {
            return Err(TargetProblem::TooManyValues { key: key.to_owned(), found: values.len() });
        }
        Ok(Self::Lookup(match (kind, values.as_slice()) {
            (KeyKind::Tag(tag), _) => TargetSelector::Tag { key: tag.to_owned(), values },
            (KeyKind::EveryInstance, [only]) if only == "*" => TargetSelector::EveryInstance,
            (KeyKind::EveryInstance, _) => return Err(TargetProblem::NotEveryInstance),
            (KeyKind::ResourceGroup, [group]) => TargetSelector::ResourceGroup { group: group.clone() },
            (KeyKind::ResourceGroup | KeyKind::Values, values) => {
                return Err(TargetProblem::NotOneGroup { found: values.len() });
            }
        }))
    }

    /// The problem of a key, whatever its values are.
    pub(super) fn key_problem(key: &str) -> Option<TargetProblem> {
        KeyKind::of(key).err()
    }

    /// Whether the type of the resources that a key finds has to be known.
    pub(super) fn needs_type(key: &str) -> bool {
        matches!(KeyKind::of(key), Ok(KeyKind::Tag(_) | KeyKind::ResourceGroup))
    }

    /// Whether a text begins like the key of a lookup.
    pub fn is_lookup_key(text: &str) -> bool {
        text.starts_with(TAG) || text.starts_with("AWS::") || text == RESOURCE_GROUP || is_other_key(text)
    }
}

fn is_other_key(text: &str) -> bool {
    OTHER_KEYS.iter().any(|(other, meant)| *other == text && *meant != PARAMETER_VALUES)
}

/// What a key selects by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyKind<'k> {
    Values,
    Tag(&'k str),
    ResourceGroup,
    EveryInstance,
}

impl<'k> KeyKind<'k> {
    fn of(key: &'k str) -> Result<Self, TargetProblem> {
        match key {
            PARAMETER_VALUES => return Ok(Self::Values),
            RESOURCE_GROUP => return Ok(Self::ResourceGroup),
            EVERY_INSTANCE => return Ok(Self::EveryInstance),
            _ => {}
        }
        match key.strip_prefix(TAG) {
            Some("") => Err(TargetProblem::NoTag),
            Some(tag) => Ok(Self::Tag(tag)),
            None => Err(TargetProblem::UnknownKey { found: key.to_owned(), nearest: nearest_key(key) }),
        }
    }
}

/// The key that is probably meant.
fn nearest_key(key: &str) -> Option<String> {
    if let Some((_, meant)) = OTHER_KEYS.iter().find(|(other, _)| other.eq_ignore_ascii_case(key)) {
        return Some((*meant).to_owned());
    }
    let begins_tag = |before: &str| before.trim().eq_ignore_ascii_case("tag") || before.trim() == "tags";
    match key.split_once([':', '=']) {
        Some((before, tag)) if begins_tag(before) && !tag.is_empty() => Some(format!("{TAG}{}", tag.trim())),
        Some(_) | None => suggestion(key, KEYS).map(str::to_owned),
    }
}

impl TargetSelector {
    /// The lookup that resolved `Targets` ask for; `None` when they list values, or are not valid.
    pub fn of_input(targets: &Value) -> Option<Self> {
        let entry = match targets {
            Value::Array(entries) => entries.first()?,
            entry => entry,
        };
        let key = entry.get("Key").map(embedded)?;
        match RequestedTarget::of(&key, texts(entry.get("Values"))).ok()? {
            RequestedTarget::Lookup(selector) => Some(selector),
            RequestedTarget::Values(_) => None,
        }
    }

    /// The key, as `Targets` has it.
    pub fn key(&self) -> String {
        match self {
            Self::Tag { key, .. } => format!("{TAG}{key}"),
            Self::ResourceGroup { .. } => RESOURCE_GROUP.to_owned(),
            Self::EveryInstance => EVERY_INSTANCE.to_owned(),
        }
    }

    /// The values, likewise.
    pub fn values(&self) -> Vec<String> {
        match self {
            Self::Tag { values, .. } => values.clone(),
            Self::ResourceGroup { group } => vec![group.clone()],
            Self::EveryInstance => vec!["*".to_owned()],
        }
    }

    /// The service and the operation of the lookup.
    pub const fn operation(&self) -> (&'static str, &'static str) {
        match self {
            Self::Tag { .. } => ("resourcegroupstaggingapi", "GetResources"),
            Self::ResourceGroup { .. } => ("resource-groups", "ListGroupResources"),
            Self::EveryInstance => ("ec2", "DescribeInstances"),
        }
    }

    /// The type of the resources that are targets, where the key decides it.
    pub fn target_type(&self) -> Option<TargetType> {
        match self {
            Self::Tag { .. } | Self::ResourceGroup { .. } => None,
            Self::EveryInstance => Some(TargetType::INSTANCE),
        }
    }
}

/// `tag:Stage = prod, test`
impl std::fmt::Display for TargetSelector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} = {}", self.key(), self.values().join(", "))
    }
}

/// The texts of `Values`: a list, one value, or nothing.
pub(super) fn texts(values: Option<&Value>) -> Vec<String> {
    match values {
        Some(Value::Array(items)) => items.iter().map(embedded).collect(),
        Some(Value::Null) | None => Vec::new(),
        Some(value) => vec![embedded(value)],
    }
}
