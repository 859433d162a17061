//! Numbers and booleans as the service accepts them: native, or as text.

use crate::document::{Node, NodeKind};
use crate::expression::Template;

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
    fn or_reference(value: Option<T>, text: &str) -> Self {
        match value {
            Some(value) => Self::Value(value),
            None if has_reference(text) => Self::Reference,
            None => Self::Other,
        }
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
    pub(crate) fn integer(node: &Node) -> Self {
        match &node.kind {
            NodeKind::Number(number) => {
                let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
                whole.map_or(Self::Other, Self::Value)
            }
            NodeKind::String { text, .. } => Self::or_reference(text.trim().parse().ok(), text),
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Sequence(_) | NodeKind::Mapping(_) => Self::Other,
        }
    }
}

impl Constant<bool> {
    /// `true` or `false`.
    pub(crate) fn boolean(node: &Node) -> Self {
        match &node.kind {
            NodeKind::Bool(value) => Self::Value(*value),
            NodeKind::String { text, .. } => {
                let value = match text.trim() {
                    "true" | "True" | "TRUE" => Some(true),
                    "false" | "False" | "FALSE" => Some(false),
                    _ => None,
                };
                Self::or_reference(value, text)
            }
            NodeKind::Null | NodeKind::Number(_) | NodeKind::Sequence(_) | NodeKind::Mapping(_) => Self::Other,
        }
    }
}

impl<'n> Constant<&'n str> {
    /// A text without references.
    pub(crate) fn text(node: &'n Node) -> Self {
        match &node.kind {
            NodeKind::String { text, .. } if has_reference(text) => Self::Reference,
            NodeKind::String { text, .. } => Self::Value(text),
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Sequence(_) | NodeKind::Mapping(_) => {
                Self::Other
            }
        }
    }
}

/// Whether a text has a reference in it.
pub(crate) fn has_reference(text: &str) -> bool {
    text.contains("{{") && Template::parse(text).has_references()
}
