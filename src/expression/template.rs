//! Templates: texts and trees that contain references (spec 3.2, 3.3).

#[cfg(test)]
mod tests;

use std::ops::Range;

use indexmap::IndexMap;
use serde_json::Value;

use super::Reference;

/// A text with references. Parsing never fails: braces that do not match the grammar are text (spec 3.4).
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    parts: Vec<Part>,
}

/// A piece of a [`Template`].
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Literal text; never empty, never next to another one.
    Text(String),
    /// A reference, with its range of bytes in the template's text: from `{{` to `}}`.
    Reference {
        /// The reference.
        reference: Reference,
        /// The text as written, braces included: it stays when the reference has no value (spec 3.4).
        written: Box<str>,
        /// Its range in the parsed text, braces included.
        at: Range<usize>,
        /// The range of the name alone.
        name_at: Range<usize>,
    },
}

impl Template {
    /// Splits a text into references and the text between them.
    ///
    /// Space, tabs and line breaks are allowed between the braces and the name. `{{{ Name }}}` is a reference between
    /// two braces of text, as in a JSON text around a value.
    pub fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut text_from = 0;
        let mut look_from = 0;
        while let Some(found) = text.get(look_from..).and_then(|rest| rest.find("{{")) {
            let open = look_from + found;
            let Some((reference, name_at, end)) = reference_at(text, open) else {
                // Advance by one brace only: in `{{{ Name }}` the reference begins at the second brace.
                look_from = open + 1;
                continue;
            };
            push_text(&mut parts, text.get(text_from..open));
            let written = text.get(open..end).unwrap_or_default().into();
            parts.push(Part::Reference { reference, written, at: open..end, name_at });
            text_from = end;
            look_from = end;
        }
        push_text(&mut parts, text.get(text_from..));
        Self { parts }
    }

    /// The pieces in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The references in order.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.parts.iter().filter_map(|part| match part {
            Part::Reference { reference, .. } => Some(reference),
            Part::Text(_) => None,
        })
    }

    /// The reference, when the text is exactly one and space (spec 3.2): then it is replaced by the typed value.
    pub fn whole(&self) -> Option<&Reference> {
        let mut whole = None;
        for part in &self.parts {
            match part {
                Part::Reference { reference, .. } if whole.is_none() => whole = Some(reference),
                Part::Text(text) if text.chars().all(char::is_whitespace) => {}
                Part::Reference { .. } | Part::Text(_) => return None,
            }
        }
        whole
    }

    /// Whether there is any reference.
    pub fn has_references(&self) -> bool {
        self.references().next().is_some()
    }
}

/// The text as it was written.
impl std::fmt::Display for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(text),
            Part::Reference { written, .. } => f.write_str(written),
        })
    }
}

/// Parses the reference that begins with the `{{` at `open`: the reference, the range of the name, and the end of `}}`.
fn reference_at(text: &str, open: usize) -> Option<(Reference, Range<usize>, usize)> {
    let inside = text.get(open + 2..)?;
    let name = inside.trim_start_matches(is_space);
    let start = text.len() - name.len();
    let length = name.find(|c| is_space(c) || matches!(c, '{' | '}'))?;
    let (name, rest) = name.split_at(length);
    let rest = rest.trim_start_matches(is_space).strip_prefix("}}")?;
    Some((Reference::parse(name)?, start..start + length, text.len() - rest.len()))
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn push_text(parts: &mut Vec<Part>, text: Option<&str>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        parts.push(Part::Text(text.to_owned()));
    }
}

/// A value whose texts may contain references, such as the `inputs` of a step.
///
/// Built by [`ValueTemplate::from_json`], [`ValueTemplate::text`], [`ValueTemplate::list`] and [`ValueTemplate::map`],
/// which keep a subtree without references in one [`ValueTemplate::Literal`], so that resolving it costs nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum ValueTemplate {
    /// A value without any reference, whole subtrees included.
    Literal(Value),
    /// A text with at least one reference.
    Text(Template),
    /// A list with at least one reference somewhere below.
    List(Vec<ValueTemplate>),
    /// A map with at least one reference somewhere below its values; keys are never templates (spec 1.6).
    Map(IndexMap<String, ValueTemplate>),
}

impl ValueTemplate {
    /// Builds the tree of a value, parsing its texts as templates.
    pub fn from_json(value: &Value) -> Self {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => Self::Literal(value.clone()),
            Value::String(text) => Self::text(text),
            Value::Array(items) => Self::list(items.iter().map(Self::from_json).collect()),
            Value::Object(entries) => {
                Self::map(entries.iter().map(|(key, value)| (key.clone(), Self::from_json(value))).collect())
            }
        }
    }

    /// Parses a text as a template.
    pub fn text(text: &str) -> Self {
        Self::template(Template::parse(text))
    }

    /// A template that has been parsed already.
    pub fn template(template: Template) -> Self {
        if template.has_references() {
            Self::Text(template)
        } else {
            Self::Literal(Value::String(template.to_string()))
        }
    }

    /// A list of trees.
    pub fn list(items: Vec<Self>) -> Self {
        if items.iter().all(Self::is_literal) {
            Self::Literal(Value::Array(items.into_iter().filter_map(Self::into_literal).collect()))
        } else {
            Self::List(items)
        }
    }

    /// A map of trees.
    pub fn map(entries: IndexMap<String, Self>) -> Self {
        if entries.values().all(Self::is_literal) {
            Self::Literal(Value::Object(
                entries.into_iter().filter_map(|(key, tree)| Some((key, tree.into_literal()?))).collect(),
            ))
        } else {
            Self::Map(entries)
        }
    }

    /// The value, when there is no reference in it.
    pub fn as_literal(&self) -> Option<&Value> {
        match self {
            Self::Literal(value) => Some(value),
            Self::Text(_) | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// The value under a key of a map; `None` when this is not a map or has no such key.
    pub fn member(&self, key: &str) -> Option<Self> {
        match self {
            Self::Map(entries) => entries.get(key).cloned(),
            Self::Literal(value) => value.as_object()?.get(key).cloned().map(Self::Literal),
            Self::Text(_) | Self::List(_) => None,
        }
    }

    /// The item of a list at a position from 0; `None` when this is not a list or is shorter.
    pub fn item(&self, position: usize) -> Option<Self> {
        match self {
            Self::List(items) => items.get(position).cloned(),
            Self::Literal(value) => value.as_array()?.get(position).cloned().map(Self::Literal),
            Self::Text(_) | Self::Map(_) => None,
        }
    }

    /// Every reference, in the order written.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        let mut found = Vec::new();
        self.collect_references(&mut found);
        found.into_iter()
    }

    fn collect_references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        match self {
            Self::Literal(_) => {}
            Self::Text(template) => found.extend(template.references()),
            Self::List(items) => items.iter().for_each(|item| item.collect_references(found)),
            Self::Map(entries) => entries.values().for_each(|value| value.collect_references(found)),
        }
    }

    /// The tree as a value, with references as written.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Literal(value) => value.clone(),
            Self::Text(template) => Value::String(template.to_string()),
            Self::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Self::Map(entries) => {
                Value::Object(entries.iter().map(|(key, value)| (key.clone(), value.to_json())).collect())
            }
        }
    }

    fn is_literal(&self) -> bool {
        self.as_literal().is_some()
    }

    /// The value, when there is no reference in it.
    pub fn into_literal(self) -> Option<Value> {
        match self {
            Self::Literal(value) => Some(value),
            Self::Text(_) | Self::List(_) | Self::Map(_) => None,
        }
    }
}
