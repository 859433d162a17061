//! The tree of a document as written.

use crate::diagnostic::Span;

/// A value with its position.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub kind: NodeKind,
    /// The characters of the value as written, quotes and block-scalar header included.
    pub span: Span,
}

/// The kinds of nodes.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// `null`, `~`, or nothing.
    Null,
    /// `true` or `false`. Words such as `yes` and `on` are text.
    Bool(bool),
    /// A number. Its text as written is the node's span.
    Number(serde_json::Number),
    /// A text.
    String {
        /// The text after quotes, escapes, folding and indentation are removed.
        text: String,
        /// How it was written.
        style: Style,
    },
    /// A list.
    Sequence(Vec<Node>),
    /// A map, in the order written, without duplicate keys.
    Mapping(Vec<MapEntry>),
}

/// How a text was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// `'...'`
    SingleQuoted,
    /// `"..."`, YAML or JSON.
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// One key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct MapEntry {
    /// The key.
    pub key: Key,
    /// The value.
    pub value: Node,
}

/// A key of a map; always text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The text of the key.
    pub text: String,
    /// The key as written, quotes included.
    pub span: Span,
}

impl Node {
    /// The entry of a map under `key`; `None` when it is absent or this is not a map.
    pub fn get(&self, key: &str) -> Option<&MapEntry> {
        match &self.kind {
            NodeKind::Mapping(entries) => entries.iter().find(|entry| entry.key.text == key),
            NodeKind::Null
            | NodeKind::Bool(_)
            | NodeKind::Number(_)
            | NodeKind::String { .. }
            | NodeKind::Sequence(_) => None,
        }
    }

    /// The text, when this is a text.
    pub fn as_text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::String { text, .. } => Some(text),
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Sequence(_) | NodeKind::Mapping(_) => {
                None
            }
        }
    }

    /// Describes it for messages: `a list`, `a number`.
    pub fn described(&self) -> &'static str {
        match &self.kind {
            NodeKind::Null => "nothing",
            NodeKind::Bool(_) => "a boolean",
            NodeKind::Number(_) => "a number",
            NodeKind::String { .. } => "a text",
            NodeKind::Sequence(_) => "a list",
            NodeKind::Mapping(_) => "a map",
        }
    }

    /// The value without positions.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.kind {
            NodeKind::Null => Value::Null,
            NodeKind::Bool(value) => Value::Bool(*value),
            NodeKind::Number(number) => Value::Number(number.clone()),
            NodeKind::String { text, .. } => Value::String(text.clone()),
            NodeKind::Sequence(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            NodeKind::Mapping(entries) => {
                Value::Object(entries.iter().map(|entry| (entry.key.text.clone(), entry.value.to_json())).collect())
            }
        }
    }
}
