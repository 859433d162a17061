//! Numbers and booleans as the service accepts them: native, or as text.

use serde_json::Value;

use crate::expression::{Template, ValueTemplate};

/// The value at a position that requires a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Constant<T> {
    /// The constant.
    Value(T),
    /// A text with a reference in it.
    Reference,
    /// Anything else.
    Other,
}

impl<T> Constant<T> {
    fn of(value: Option<T>) -> Self {
        value.map_or(Self::Other, Self::Value)
    }

    /// The constant, when it is one.
    pub(crate) fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Reference | Self::Other => None,
        }
    }
}

impl Constant<i128> {
    /// A whole number.
    pub(crate) fn integer(template: &ValueTemplate) -> Self {
        match template {
            ValueTemplate::Literal(Value::Number(number)) => {
                Self::of(number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from)))
            }
            ValueTemplate::Literal(Value::String(text)) => Self::of(text.trim().parse().ok()),
            ValueTemplate::Text(_) => Self::Reference,
            ValueTemplate::Literal(_) | ValueTemplate::List(_) | ValueTemplate::Map(_) => Self::Other,
        }
    }
}

impl Constant<bool> {
    /// `true` or `false`.
    pub(crate) fn boolean(template: &ValueTemplate) -> Self {
        match template {
            ValueTemplate::Literal(Value::Bool(value)) => Self::Value(*value),
            ValueTemplate::Literal(Value::String(text)) => Self::of(match text.trim() {
                "true" | "True" | "TRUE" => Some(true),
                "false" | "False" | "FALSE" => Some(false),
                _ => None,
            }),
            ValueTemplate::Text(_) => Self::Reference,
            ValueTemplate::Literal(_) | ValueTemplate::List(_) | ValueTemplate::Map(_) => Self::Other,
        }
    }
}

impl<'t> Constant<&'t str> {
    /// A text without references.
    pub(crate) fn text(template: &'t ValueTemplate) -> Self {
        match template {
            ValueTemplate::Literal(Value::String(text)) => Self::Value(text),
            ValueTemplate::Text(_) => Self::Reference,
            ValueTemplate::Literal(_) | ValueTemplate::List(_) | ValueTemplate::Map(_) => Self::Other,
        }
    }
}

/// Whether a text has a reference in it.
pub(crate) fn has_reference(text: &str) -> bool {
    text.contains("{{") && Template::parse(text).has_references()
}
