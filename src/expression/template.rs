//! Texts and trees with references in them (spec 3.2, 3.3).

use std::ops::Range;

use indexmap::IndexMap;
use serde_json::Value;

use super::Reference;

/// A text with references in it. Parsing never fails: what does not match the grammar is text (spec 3.4).
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    parts: Vec<Part>,
}

/// A piece of a [`Template`].
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Text as it is.
    Text(String),
    /// A reference, with the bytes of the template's text that it stands in: from `{{` to `}}`.
    Reference {
        /// What it names.
        reference: Reference,
        /// Where it stands in the text that was parsed, braces included.
        at: Range<usize>,
        /// Where the name alone stands.
        name_at: Range<usize>,
    },
}

/// A value in which texts may hold references: what `inputs` of a step are.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// A value without any reference, whole subtrees included.
    Literal(Value),
    /// A text with at least one reference.
    Text(Template),
    /// A list with at least one reference somewhere below.
    List(Vec<Tree>),
    /// A map with at least one reference somewhere below its values; keys are never templates (spec 1.6).
    Map(IndexMap<String, Tree>),
}
