//! Problems of supplied parameters, in the service's wording where it has one.

use indexmap::IndexMap;

use super::parameter_store_error::ParameterStoreError;
use super::{Parameter, ValueError};
use crate::expression::DataType;
use crate::limits::RESOLVED_BYTES;
use crate::name::ParameterName;
use crate::runbook::java_pattern::{PatternError, StepLimit};

/// Why a pattern cannot be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnusablePattern {
    /// It is invalid.
    #[error(transparent)]
    Invalid(#[from] PatternError),
    /// A match takes too long.
    #[error(transparent)]
    TooSlow(#[from] StepLimit),
}

/// One problem of the supplied values, or of the defaults that replace them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BindingProblem {
    /// A parameter without default is not supplied.
    #[error("Missing required parameter: {name} in user inputs.")]
    Missing {
        /// The parameter.
        name: ParameterName,
    },
    /// Names are supplied that the runbook does not declare.
    #[error("Undefined execution inputs: [{}].", joined(.names.iter().map(|undefined| undefined.name.as_str())))]
    Undefined {
        /// The names, in the order supplied.
        names: Vec<UndefinedParameter>,
    },
    /// A value is not of the declared type.
    #[error("Parameter type error. The value supplied for {name} is not a valid {}.", in_words(*.wanted))]
    WrongType {
        /// The parameter.
        name: ParameterName,
        /// The declared type.
        wanted: DataType,
        /// The kind of value found, and valid forms; `None` when the value is sensitive.
        source: Option<ValueError>,
    },
    /// A value, or an element of a list, is not among `allowedValues`.
    #[error("Parameter \"{name}\" has value \"{value}\" not found in [{}].", joined(.allowed.iter().map(String::as_str)))]
    NotAllowed {
        /// The parameter.
        name: ParameterName,
        /// The value's text, shortened.
        value: String,
        /// The allowed values.
        allowed: Vec<String>,
    },
    /// A value, or an element of a list, does not match `allowedPattern` or the pattern of its type.
    #[error("Parameter \"{name}\" has value \"{value}\" that does not match the pattern {pattern}.")]
    NoMatch {
        /// The parameter.
        name: ParameterName,
        /// The value's text, shortened.
        value: String,
        /// The pattern.
        pattern: String,
    },
    /// The pattern cannot be evaluated: it is invalid, or takes too long.
    #[error("Parameter \"{name}\" cannot be checked against its pattern {pattern}: {source}.")]
    UnusablePattern {
        /// The parameter.
        name: ParameterName,
        /// The pattern.
        pattern: String,
        /// Why it cannot be used.
        source: UnusablePattern,
    },
    /// A text is shorter than `minChars` or longer than `maxChars`.
    #[error("Parameter \"{name}\" has a value of {found} characters; it takes {}.", bounds(*.least, *.most))]
    Length {
        /// The parameter.
        name: ParameterName,
        /// Its length in characters.
        found: usize,
        /// `minChars`
        least: Option<u64>,
        /// `maxChars`
        most: Option<u64>,
    },
    /// A list or a map has fewer than `minItems` or more than `maxItems`.
    #[error("Parameter \"{name}\" has {found} items; it takes {}.", bounds(*.least, *.most))]
    Items {
        /// The parameter.
        name: ParameterName,
        /// How many there are.
        found: usize,
        /// `minItems`
        least: Option<u64>,
        /// `maxItems`
        most: Option<u64>,
    },
    /// A default refers to something that has no value here.
    #[error("The default of parameter \"{name}\" cannot be used: {source}.")]
    Default {
        /// The parameter.
        name: ParameterName,
        /// Why not.
        source: UnusableDefault,
    },
    /// A default refers to a value of Parameter Store that cannot be read.
    #[error("The default of parameter \"{name}\" cannot be used: {{{{ ssm:{stored} }}}} has no value: {source}.")]
    Stored {
        /// The parameter of the runbook.
        name: ParameterName,
        /// The name in Parameter Store.
        stored: String,
        /// Why it cannot be read.
        source: ParameterStoreError,
    },
    /// Defaults refer to each other in a cycle.
    #[error("The defaults of parameters refer to each other in a cycle: {}.", cycle(.names))]
    Cycle {
        /// The parameters of the cycle, each once, in the order of the references.
        names: Vec<ParameterName>,
    },
    /// A parameters file is not a map, or requests something unsupported.
    #[error("Cannot read the parameters: {0}.")]
    Unreadable(#[from] UnreadableParameters),
}

/// Why a default cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnusableDefault {
    /// It has no value here, or one of another type.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// The defaults together are larger than [`RESOLVED_BYTES`].
    #[error("the defaults together grow beyond {} MiB", RESOLVED_BYTES / (1024 * 1024))]
    TooLarge,
    /// Its value is sensitive, so the reason is not shown.
    #[error("its value is sensitive and redacted")]
    Redacted,
}

/// Why a parameters file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableParameters {
    /// It is not a map.
    #[error("expected a map of names and values, found {found}")]
    NoMap {
        /// What was found, in words.
        found: String,
    },
    /// It is a request with a member that would change the execution.
    #[error("`{member}` of a request is not supported here; remove it and start one execution per target")]
    UnsupportedMember {
        /// The member.
        member: &'static str,
    },
    /// It is a request for an execution that does not run from start to end.
    #[error("`Mode` {mode} of a request is not supported here; `Auto` is")]
    UnsupportedMode {
        /// The mode, as it was written.
        mode: serde_json::Value,
    },
}

/// A supplied name that is not declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndefinedParameter {
    /// The name as supplied.
    pub name: String,
    /// The declared name that was probably meant.
    pub meant: Option<ParameterName>,
}

impl BindingProblem {
    /// The parameter whose value is wrong.
    pub fn parameter(&self) -> Option<&ParameterName> {
        match self {
            Self::WrongType { name, .. }
            | Self::NotAllowed { name, .. }
            | Self::NoMatch { name, .. }
            | Self::Missing { name }
            | Self::UnusablePattern { name, .. }
            | Self::Length { name, .. }
            | Self::Items { name, .. }
            | Self::Default { name, .. }
            | Self::Stored { name, .. } => Some(name),
            Self::Undefined { .. } | Self::Cycle { .. } | Self::Unreadable(_) => None,
        }
    }

    /// Likewise without the supplied value, for a sensitive parameter.
    #[must_use]
    pub fn without_value(&self) -> Self {
        let mut problem = self.clone();
        let hidden = || "****".to_owned();
        match &mut problem {
            Self::WrongType { source, .. } => *source = None,
            Self::Default { source, .. } => *source = UnusableDefault::Redacted,
            Self::NotAllowed { value, .. } | Self::NoMatch { value, .. } => *value = hidden(),
            Self::Missing { .. }
            | Self::Undefined { .. }
            | Self::UnusablePattern { .. }
            | Self::Length { .. }
            | Self::Items { .. }
            | Self::Stored { .. }
            | Self::Cycle { .. }
            | Self::Unreadable(_) => {}
        }
        problem
    }

    /// What to do about it, one sentence each.
    pub fn help(&self) -> Vec<String> {
        match self {
            Self::Undefined { names } => names
                .iter()
                .filter_map(|undefined| {
                    let meant = undefined.meant.as_ref()?;
                    Some(format!("did you mean `{meant}` instead of `{}`?", undefined.name))
                })
                .collect(),
            Self::WrongType { source, .. } => vec![
                source.as_ref().map_or_else(|| "the value is sensitive and redacted".to_owned(), ToString::to_string),
            ],
            Self::Default { name, .. } => vec![format!("supply `{name}`")],
            Self::Stored { name, stored, source } => {
                let otherwise =
                    format!("supply `{name}`, or the value of Parameter Store: --ssm-parameter {stored}=VALUE");
                source.help().into_iter().chain([otherwise]).collect()
            }
            Self::Cycle { names } => names.first().map(|name| format!("supply `{name}`")).into_iter().collect(),
            Self::Missing { .. }
            | Self::NotAllowed { .. }
            | Self::NoMatch { .. }
            | Self::UnusablePattern { .. }
            | Self::Length { .. }
            | Self::Items { .. }
            | Self::Unreadable(_) => Vec::new(),
        }
    }
}

/// The supplied names that are not declared, as one problem.
pub(super) fn undefined<'n>(
    declared: &IndexMap<ParameterName, Parameter>,
    supplied: impl Iterator<Item = &'n String>,
) -> Option<BindingProblem> {
    let names: Vec<UndefinedParameter> = supplied
        .filter(|name| !declared.contains_key(name.as_str()))
        .map(|name| UndefinedParameter { name: name.clone(), meant: nearest(name, declared) })
        .collect();
    if names.is_empty() { None } else { Some(BindingProblem::Undefined { names }) }
}

/// The declared name most like `name`, when they differ in no more than a third of their letters.
fn nearest(name: &str, declared: &IndexMap<ParameterName, Parameter>) -> Option<ParameterName> {
    let wanted = name.to_lowercase();
    let (distance, nearest) = declared
        .keys()
        .map(|known| (strsim::osa_distance(&wanted, &known.as_str().to_lowercase()), known))
        .min_by_key(|(distance, _)| *distance)?;
    (distance <= (wanted.chars().count() / 3).max(1)).then(|| nearest.clone())
}

fn joined<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.collect::<Vec<_>>().join(", ")
}

fn in_words(data_type: DataType) -> &'static str {
    match data_type {
        DataType::String => "string",
        DataType::StringList => "string list",
        DataType::Integer => "integer",
        DataType::Boolean => "boolean",
        DataType::StringMap => "string map",
        DataType::MapList => "map list",
    }
}

fn bounds(least: Option<u64>, most: Option<u64>) -> String {
    match (least, most) {
        (Some(least), Some(most)) if least == most => format!("exactly {least}"),
        (Some(least), Some(most)) => format!("{least} to {most}"),
        (Some(least), None) => format!("at least {least}"),
        (None, Some(most)) => format!("at most {most}"),
        (None, None) => "any number".to_owned(),
    }
}

fn cycle(names: &[ParameterName]) -> String {
    joined(names.iter().chain(names.first()).map(ParameterName::as_str)).replace(", ", " -> ")
}
