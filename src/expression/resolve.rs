//! Replaces references by their values (spec 3).

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::rendering::push_embedded;
use super::{Part, Reference, Template, ValueTemplate};
use crate::limits::RESOLVED_BYTES;

/// The source of values while a template is resolved.
pub trait Scope {
    /// The current value of a reference.
    fn lookup(&self, reference: &Reference) -> Lookup<'_>;
}

/// The result of looking up a reference in a [`Scope`].
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup<'a> {
    /// It has this value.
    Value(Cow<'a, Value>),
    /// It is declared and has no value now; the text says why ("step `a` has not run").
    Unset(String),
    /// It has a value that is unknown here: a secret that is not stored, the account of an execution without one. The
    /// text says why.
    Unavailable(String),
}

/// A reference without a value, whose text stays (spec 3.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsetReference {
    /// The reference without braces.
    pub reference: String,
    /// Why it has no value.
    pub why: String,
}

/// Why a tree or a template cannot be resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// A reference in it has no value.
    #[error("{{{{ {reference} }}}} has no value: {why}")]
    NoValue {
        /// The reference as the author would write it, without braces.
        reference: String,
        /// Why it has no value.
        why: String,
    },
    /// The result would be larger than [`RESOLVED_BYTES`].
    #[error(
        "the value grows beyond {} MiB when {{{{ {reference} }}}} is put in; pass large data by its location (an object key, a table name) instead",
        RESOLVED_BYTES / (1024 * 1024)
    )]
    TooLarge {
        /// The reference that exceeded the limit, without braces.
        reference: String,
    },
}

impl ValueTemplate {
    /// Resolves a value: replaces all references.
    ///
    /// A text that is exactly one reference becomes the typed value (spec 3.2); a list inside a list is spliced in.
    /// Anything else becomes text (spec 3.3). A value without references is borrowed, and so is the value of a whole
    /// reference. A reference without a value is an error.
    pub fn resolve<'a>(&'a self, scope: &'a dyn Scope) -> Result<Cow<'a, Value>, Unresolved> {
        Resolver { scope, room: RESOLVED_BYTES, on_unset: OnUnset::Refuse }.tree(self)
    }

    /// Likewise for the inputs of a step: an unset reference keeps its text as written, and is added to `unset` (spec
    /// 3.4).
    pub fn resolve_inputs<'a>(
        &'a self,
        scope: &'a dyn Scope,
        unset: &mut Vec<UnsetReference>,
    ) -> Result<Cow<'a, Value>, Unresolved> {
        Resolver { scope, room: RESOLVED_BYTES, on_unset: OnUnset::Keep(unset) }.tree(self)
    }
}

impl ValueTemplate {
    /// Replaces the references that have a value; the others stay as written. For display.
    pub fn resolve_known(&self, scope: &dyn Scope) -> Value {
        let resolver = Resolver { scope, room: RESOLVED_BYTES, on_unset: OnUnset::KeepAll };
        { resolver }.tree(self).map_or_else(|_| self.to_json(), Cow::into_owned)
    }
}

impl Template {
    /// Replaces all references in a text by the text of their values (spec 3.3).
    pub fn resolve_text(&self, scope: &dyn Scope) -> Result<String, Unresolved> {
        Resolver { scope, room: RESOLVED_BYTES, on_unset: OnUnset::Refuse }.text(self)
    }
}

/// One resolution: the scope, the bytes that may still be added to the result, and how to treat a reference without a
/// value.
struct Resolver<'a, 'u> {
    scope: &'a dyn Scope,
    room: usize,
    on_unset: OnUnset<'u>,
}

/// How to treat a reference without a value.
enum OnUnset<'u> {
    /// It is an error.
    Refuse,
    /// Its text stays when it is unset, and it is added here.
    Keep(&'u mut Vec<UnsetReference>),
    /// Its text stays, also when its value is unknown here.
    KeepAll,
}

impl<'a> Resolver<'a, '_> {
    fn tree(&mut self, tree: &'a ValueTemplate) -> Result<Cow<'a, Value>, Unresolved> {
        match tree {
            ValueTemplate::Literal(value) => Ok(Cow::Borrowed(value)),
            ValueTemplate::Text(template) => match template.whole() {
                Some(reference) => {
                    Ok(self.value(reference)?.unwrap_or_else(|| Cow::Owned(Value::String(template.to_string()))))
                }
                None => Ok(Cow::Owned(Value::String(self.text(template)?))),
            },
            ValueTemplate::List(items) => {
                let mut resolved = Vec::with_capacity(items.len());
                for item in items {
                    self.element(item, &mut resolved)?;
                }
                Ok(Cow::Owned(Value::Array(resolved)))
            }
            ValueTemplate::Map(entries) => {
                let mut resolved = Map::with_capacity(entries.len());
                for (key, tree) in entries {
                    let value = self.copied(tree)?;
                    resolved.insert(key.clone(), value);
                }
                Ok(Cow::Owned(Value::Object(resolved)))
            }
        }
    }

    /// Adds an element to a list; splices in a list that replaces a whole reference.
    fn element(&mut self, item: &'a ValueTemplate, list: &mut Vec<Value>) -> Result<(), Unresolved> {
        let spliced = matches!(item, ValueTemplate::Text(template) if template.whole().is_some());
        match self.copied(item)? {
            Value::Array(elements) if spliced => list.extend(elements),
            value => list.push(value),
        }
        Ok(())
    }

    /// Resolves a value inside a larger one. A value that replaces a reference is copied, so it counts toward the
    /// limit; the author's own text is bounded by the document.
    fn copied(&mut self, tree: &'a ValueTemplate) -> Result<Value, Unresolved> {
        let value = self.tree(tree)?;
        if let ValueTemplate::Text(template) = tree
            && let Some(reference) = template.whole()
        {
            self.spend(size(&value), reference)?;
        }
        Ok(value.into_owned())
    }

    fn text(&mut self, template: &Template) -> Result<String, Unresolved> {
        let mut text = String::new();
        for part in template.parts() {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Reference { reference, written, .. } => {
                    let before = text.len();
                    match self.value(reference)? {
                        Some(value) => push_embedded(&value, &mut text),
                        None => text.push_str(written),
                    }
                    self.spend(text.len() - before, reference)?;
                }
            }
        }
        Ok(text)
    }

    /// The value of a reference; `None` when its text stays.
    fn value(&mut self, reference: &Reference) -> Result<Option<Cow<'a, Value>>, Unresolved> {
        let (why, is_unset) = match self.scope.lookup(reference) {
            Lookup::Value(value) => return Ok(Some(value)),
            Lookup::Unset(why) => (why, true),
            Lookup::Unavailable(why) => (why, false),
        };
        let reference = reference.to_string();
        match &mut self.on_unset {
            OnUnset::KeepAll => Ok(None),
            OnUnset::Keep(unset) if is_unset => {
                unset.push(UnsetReference { reference, why });
                Ok(None)
            }
            OnUnset::Keep(_) | OnUnset::Refuse => Err(Unresolved::NoValue { reference, why }),
        }
    }

    fn spend(&mut self, bytes: usize, reference: &Reference) -> Result<(), Unresolved> {
        match self.room.checked_sub(bytes) {
            Some(room) => {
                self.room = room;
                Ok(())
            }
            None => Err(Unresolved::TooLarge { reference: reference.to_string() }),
        }
    }
}

/// The approximate length of a value's JSON text: quotes, commas and digits are estimated.
pub(crate) fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len() + 8,
        Value::Array(items) => items.iter().map(size).sum::<usize>() + 8,
        Value::Object(entries) => entries.iter().map(|(key, value)| key.len() + 8 + size(value)).sum::<usize>() + 8,
    }
}
