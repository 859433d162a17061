//! Checks the parameters of a request against the model, as the Python SDK does before it sends anything, with its
//! messages (spec aws-actions 2.2). All problems are found at once.
//!
//! A parameter may be unknown: `validate` checks a runbook whose references have no values yet.

use std::fmt;

use serde_json::Value;

use super::api_operation::ApiOperation;
use super::customs::{is_supplied, unaliased};
use super::model::{ServiceModel, Shape, ShapeKind, ShapeReference};
use super::python_text::{python_class, python_text};

/// A parameter, or a part of one.
#[derive(Debug, Clone, PartialEq)]
pub enum ParameterValue<'a> {
    /// A value without parts, or one that is known as a whole.
    Value(&'a Value),
    /// A list.
    List(Vec<ParameterValue<'a>>),
    /// Members in order.
    Map(Vec<(&'a str, ParameterValue<'a>)>),
    /// A value that is not known yet.
    Unknown(UnknownValue),
}

/// What is known of a value that is not known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownValue {
    /// Nothing.
    Anything,
    /// It is a text.
    Text,
    /// It is a whole number.
    Integer,
    /// It is a truth value.
    Boolean,
    /// It is a list.
    List,
    /// It is a map.
    Map,
    /// It is one or more items of the list that it is in.
    Items,
}

/// A parameter that does not fit the model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ParameterProblem {
    /// A required parameter is absent.
    #[error("Missing required parameter in {path}: \"{name}\"")]
    Missing {
        /// The structure that lacks it.
        path: ParameterPath,
        /// Its name.
        name: String,
    },
    /// The model has no such parameter.
    #[error("Unknown parameter in {path}: \"{name}\", must be one of: {}", valid.join(", "))]
    Unknown {
        /// The structure that it is in.
        path: ParameterPath,
        /// Its name.
        name: String,
        /// The names that the model has.
        valid: Vec<String>,
    },
    /// A value is not of the type of the model.
    #[error("Invalid type for parameter {path}, value: {value}, type: {class}, valid types: {valid}")]
    Type {
        /// The parameter.
        path: ParameterPath,
        /// Its value.
        value: String,
        /// The Python class of its value.
        class: &'static str,
        /// The valid classes.
        valid: &'static str,
    },
    /// A reference gives a value that is not of the type of the model.
    #[error("Invalid type for parameter {path}, type: {class}, valid types: {valid}")]
    UnknownType {
        /// The parameter.
        path: ParameterPath,
        /// The Python class of the value.
        class: &'static str,
        /// The valid classes.
        valid: &'static str,
    },
    /// A number is too small.
    #[error("Invalid value for parameter {path}, value: {value}, valid min value: {min}")]
    Range {
        /// The parameter.
        path: ParameterPath,
        /// Its value.
        value: String,
        /// The least value.
        min: String,
    },
    /// A text or a list is too short.
    #[error("Invalid length for parameter {path}, value: {length}, valid min length: {min}")]
    Length {
        /// The parameter.
        path: ParameterPath,
        /// Its length.
        length: usize,
        /// The least length.
        min: String,
    },
    /// A union has several members.
    #[error(
        "Invalid number of parameters set for tagged union structure {path}. Can only set one of the following keys: \
         {}.", valid.join(", ")
    )]
    SeveralOfUnion {
        /// The union.
        path: ParameterPath,
        /// Its members.
        valid: Vec<String>,
    },
    /// A union has no member.
    #[error("Must set one of the following keys for tagged unionstructure {path}: {}.", valid.join(", "))]
    NoneOfUnion {
        /// The union.
        path: ParameterPath,
        /// Its members.
        valid: Vec<String>,
    },
}

impl ParameterProblem {
    /// The parameter that it is about: the structure, where a member is absent or unknown.
    pub const fn path(&self) -> &ParameterPath {
        match self {
            Self::Missing { path, .. }
            | Self::Unknown { path, .. }
            | Self::Type { path, .. }
            | Self::UnknownType { path, .. }
            | Self::Range { path, .. }
            | Self::Length { path, .. }
            | Self::SeveralOfUnion { path, .. }
            | Self::NoneOfUnion { path, .. } => path,
        }
    }
}

/// The way from a request to one of its parts. Its text is the SDK's: `Filters[0].Values`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParameterPath(Vec<PathPart>);

/// One step of a [`ParameterPath`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathPart {
    /// A member of a structure, or a value of a map.
    Member(String),
    /// An item of a list.
    Item(usize),
    /// A key of a map.
    Key(String),
}

impl ParameterPath {
    /// Its parts, from the request down.
    pub fn parts(&self) -> &[PathPart] {
        &self.0
    }
}

impl fmt::Display for ParameterPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return formatter.write_str("input");
        }
        for (at, part) in self.0.iter().enumerate() {
            match part {
                PathPart::Member(name) if at == 0 => formatter.write_str(name)?,
                PathPart::Member(name) => write!(formatter, ".{name}")?,
                PathPart::Item(index) => write!(formatter, "[{index}]")?,
                PathPart::Key(key) => write!(formatter, " (key: {key})")?,
            }
        }
        Ok(())
    }
}

const TEXT: &str = "<class 'str'>";
const INTEGER: &str = "<class 'int'>";
const NUMBER: &str = "<class 'float'>, <class 'decimal.Decimal'>, <class 'int'>";
const BOOLEAN: &str = "<class 'bool'>";
const MAP: &str = "<class 'dict'>";
const LIST: &str = "<class 'list'>, <class 'tuple'>";
const BYTES: &str = "<class 'bytes'>, <class 'bytearray'>, file-like object";
const MOMENT: &str = "<class 'datetime.datetime'>, timestamp-string";

/// All problems of the parameters of a request.
pub fn validate_parameters(api: &ApiOperation<'_>, parameters: &[(&str, ParameterValue<'_>)]) -> Vec<ParameterProblem> {
    let mut check = Check { model: api.model, path: ParameterPath::default(), problems: Vec::new() };
    match api.operation.input.as_ref().and_then(|input| api.model.shape(input)) {
        Some(Shape { kind: ShapeKind::Structure { members, required, is_union, .. }, .. }) => {
            // A parameter under another name is reported as it was written.
            let alias = |name: &str| members.get(unaliased(api.service, api.name, name)?);
            let by_alias = |name: &str| if members.contains_key(name) { None } else { alias(name) };
            let modelled: Vec<_> = parameters.iter().filter(|(name, _)| by_alias(name).is_none()).cloned().collect();
            let is_given = |required: &&String| {
                let aliased = parameters.iter().filter_map(|(name, _)| unaliased(api.service, api.name, name));
                let supplied =
                    members.get(*required).is_some_and(|member| is_supplied(api.service, api.name, required, member));
                supplied || aliased.into_iter().any(|name| name == *required)
            };
            let required: Vec<String> = required.iter().filter(|name| !is_given(name)).cloned().collect();
            check.structure(&modelled, members, &required, *is_union);
            for (name, value) in parameters {
                if let Some(member) = by_alias(name) {
                    check.within(PathPart::Member((*name).to_owned()), |check| check.reference(value, member));
                }
            }
        }
        Some(_) | None => {
            for (name, _) in parameters {
                let (path, name) = (ParameterPath::default(), (*name).to_owned());
                check.problems.push(ParameterProblem::Unknown { path, name, valid: Vec::new() });
            }
        }
    }
    check.problems
}

struct Check<'m> {
    model: &'m ServiceModel,
    path: ParameterPath,
    problems: Vec<ParameterProblem>,
}

impl Check<'_> {
    fn within(&mut self, part: PathPart, check: impl FnOnce(&mut Self)) {
        self.path.0.push(part);
        check(self);
        self.path.0.pop();
    }

    fn reference(&mut self, part: &ParameterValue<'_>, reference: &ShapeReference) {
        let Some(shape) = self.model.shape(reference) else { return };
        if reference.is_json_header(shape) {
            return;
        }
        let min = shape.min.or_else(|| reference.attributes().host_label.then_some(1.0));
        match &shape.kind {
            ShapeKind::Structure { is_document: true, .. } => {}
            ShapeKind::Structure { members, required, is_union, .. } => match part {
                ParameterValue::Map(given) => self.structure(given, members, required, *is_union),
                ParameterValue::Value(Value::Object(given)) => {
                    let given: Vec<_> =
                        given.iter().map(|(name, value)| (name.as_str(), ParameterValue::Value(value))).collect();
                    self.structure(&given, members, required, *is_union);
                }
                other => self.require(other, &[UnknownValue::Map], MAP),
            },
            ShapeKind::Map { key, value } => match part {
                ParameterValue::Map(given) => self.map(given, key, value),
                ParameterValue::Value(Value::Object(given)) => {
                    let given: Vec<_> =
                        given.iter().map(|(name, value)| (name.as_str(), ParameterValue::Value(value))).collect();
                    self.map(&given, key, value);
                }
                other => self.require(other, &[UnknownValue::Map], MAP),
            },
            ShapeKind::List(member) => match part {
                ParameterValue::List(items) => self.list(items, member, min),
                ParameterValue::Value(Value::Array(items)) => {
                    self.list(&items.iter().map(ParameterValue::Value).collect::<Vec<_>>(), member, min);
                }
                other => self.require(other, &[UnknownValue::List], LIST),
            },
            ShapeKind::String
            | ShapeKind::Integer
            | ShapeKind::Long
            | ShapeKind::Float
            | ShapeKind::Double
            | ShapeKind::Boolean
            | ShapeKind::Timestamp
            | ShapeKind::Blob => self.scalar(&unwrapped(part), &shape.kind, min),
        }
    }

    fn scalar(&mut self, part: &ParameterValue<'_>, kind: &ShapeKind, min: Option<f64>) {
        use {UnknownValue as U, Value as V};
        match (kind, part) {
            (ShapeKind::String, ParameterValue::Value(V::String(text))) => self.length(text.chars().count(), min),
            (ShapeKind::Integer | ShapeKind::Long, ParameterValue::Value(V::Number(number))) if !number.is_f64() => {
                self.range(part, number.as_f64(), min);
            }
            (ShapeKind::Float | ShapeKind::Double, ParameterValue::Value(V::Number(number))) => {
                self.range(part, number.as_f64(), min);
            }
            // In Python a truth value is a number.
            (
                ShapeKind::Integer | ShapeKind::Long | ShapeKind::Float | ShapeKind::Double | ShapeKind::Boolean,
                ParameterValue::Value(V::Bool(_)),
            )
            | (ShapeKind::Timestamp, ParameterValue::Value(V::Number(_)))
            | (ShapeKind::Blob, ParameterValue::Value(V::String(_)))
            | (ShapeKind::Structure { .. } | ShapeKind::List(_) | ShapeKind::Map { .. }, _) => {}
            (ShapeKind::Timestamp, ParameterValue::Value(V::String(text))) if is_moment(text) => {}
            (ShapeKind::String, _) => self.require(part, &[U::Text], TEXT),
            (ShapeKind::Integer | ShapeKind::Long, _) => self.require(part, &[U::Integer, U::Boolean], INTEGER),
            (ShapeKind::Float | ShapeKind::Double, _) => self.require(part, &[U::Integer, U::Boolean], NUMBER),
            (ShapeKind::Boolean, _) => self.require(part, &[U::Boolean], BOOLEAN),
            (ShapeKind::Timestamp, _) => self.require(part, &[U::Text, U::Integer], MOMENT),
            (ShapeKind::Blob, _) => self.require(part, &[U::Text], BYTES),
        }
    }

    fn structure(
        &mut self,
        given: &[(&str, ParameterValue<'_>)],
        members: &indexmap::IndexMap<String, ShapeReference>,
        required: &[String],
        is_union: bool,
    ) {
        let valid = || members.keys().cloned().collect::<Vec<_>>();
        if is_union && given.is_empty() {
            self.problems.push(ParameterProblem::NoneOfUnion { path: self.path.clone(), valid: valid() });
        } else if is_union && given.len() > 1 {
            self.problems.push(ParameterProblem::SeveralOfUnion { path: self.path.clone(), valid: valid() });
        }
        for name in required.iter().filter(|name| !given.iter().any(|(given, _)| given == name)) {
            self.problems.push(ParameterProblem::Missing { path: self.path.clone(), name: name.clone() });
        }
        for (name, _) in given.iter().filter(|(name, _)| !members.contains_key(*name)) {
            let name = (*name).to_owned();
            self.problems.push(ParameterProblem::Unknown { path: self.path.clone(), name, valid: valid() });
        }
        for (name, part) in given {
            if let Some(member) = members.get(*name) {
                self.within(PathPart::Member((*name).to_owned()), |check| check.reference(part, member));
            }
        }
    }

    fn map(&mut self, given: &[(&str, ParameterValue<'_>)], key: &ShapeReference, value: &ShapeReference) {
        for (name, part) in given {
            let text = Value::from(*name);
            self.within(PathPart::Key((*name).to_owned()), |check| check.reference(&ParameterValue::Value(&text), key));
            self.within(PathPart::Member((*name).to_owned()), |check| check.reference(part, value));
        }
    }

    fn list(&mut self, items: &[ParameterValue<'_>], member: &ShapeReference, min: Option<f64>) {
        if !items.contains(&ParameterValue::Unknown(UnknownValue::Items)) {
            self.length(items.len(), min);
        }
        for (at, item) in items.iter().enumerate() {
            self.within(PathPart::Item(at), |check| check.reference(item, member));
        }
    }

    fn length(&mut self, length: usize, min: Option<f64>) {
        // A length beyond 32 bits is no shorter than any bound of a model.
        let measured = u32::try_from(length).map_or(f64::INFINITY, f64::from);
        if let Some(min) = min.filter(|min| measured < *min) {
            let (path, min) = (self.path.clone(), min.to_string());
            self.problems.push(ParameterProblem::Length { path, length, min });
        }
    }

    fn range(&mut self, part: &ParameterValue<'_>, value: Option<f64>, min: Option<f64>) {
        if let (Some(value), Some(min), ParameterValue::Value(written)) = (value, min, part)
            && value < min
        {
            let (path, min) = (self.path.clone(), min.to_string());
            self.problems.push(ParameterProblem::Range { path, value: python_text(written), min });
        }
    }

    /// Reports a value that is not of the valid types, unless it is unknown and can be.
    fn require(&mut self, part: &ParameterValue<'_>, possible: &[UnknownValue], valid: &'static str) {
        let path = self.path.clone();
        self.problems.push(match part {
            ParameterValue::Unknown(UnknownValue::Anything | UnknownValue::Items) => return,
            ParameterValue::Unknown(unknown) if possible.contains(unknown) => return,
            ParameterValue::Unknown(unknown) => ParameterProblem::UnknownType { path, class: unknown.class(), valid },
            ParameterValue::Value(value) => {
                let (value, class) = (python_text(value), python_class(value));
                ParameterProblem::Type { path, value, class, valid }
            }
            ParameterValue::List(_) => ParameterProblem::UnknownType { path, class: "<class 'list'>", valid },
            ParameterValue::Map(_) => ParameterProblem::UnknownType { path, class: "<class 'dict'>", valid },
        });
    }
}

impl UnknownValue {
    const fn class(self) -> &'static str {
        match self {
            Self::Text => TEXT,
            Self::Integer => INTEGER,
            Self::Boolean => BOOLEAN,
            Self::List | Self::Items => "<class 'list'>",
            Self::Map => MAP,
            Self::Anything => "<class 'object'>",
        }
    }
}

/// The item of a list of one where the model wants a value without parts: working AWS-owned runbooks write it so.
fn unwrapped<'a>(part: &ParameterValue<'a>) -> ParameterValue<'a> {
    match part {
        ParameterValue::Value(Value::Array(items)) => match items.as_slice() {
            [item] => ParameterValue::Value(item),
            _ => part.clone(),
        },
        ParameterValue::List(items) => match items.as_slice() {
            [ParameterValue::Unknown(UnknownValue::Items)] => ParameterValue::Unknown(UnknownValue::Anything),
            [item] => item.clone(),
            _ => part.clone(),
        },
        ParameterValue::Value(_) | ParameterValue::Map(_) | ParameterValue::Unknown(_) => part.clone(),
    }
}

/// Whether the SDK reads a text as a moment: seconds, or a date with or without a time.
fn is_moment(text: &str) -> bool {
    let text = text.trim();
    text.parse::<f64>().is_ok_and(f64::is_finite)
        || text.parse::<jiff::Timestamp>().is_ok()
        || text.parse::<jiff::civil::DateTime>().is_ok()
        || text.parse::<jiff::civil::Date>().is_ok()
        || jiff::fmt::rfc2822::parse(text).is_ok()
}
