//! Putting values in place of references (spec 3).

use std::borrow::Cow;

use serde_json::Value;

use super::Reference;

/// Where values come from while a template is resolved.
pub trait Scope {
    /// The value that a reference stands for now.
    fn lookup(&self, reference: &Reference) -> Lookup<'_>;
}

/// What a [`Scope`] knows of a reference.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup<'a> {
    /// It has this value.
    Value(Cow<'a, Value>),
    /// It is declared and has no value now; the text says why ("step `a` has not run").
    Unset(String),
}

/// A reference that has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{{{{ {reference} }}}} has no value: {why}")]
pub struct Unresolved {
    /// The reference as the author would write it, without braces.
    pub reference: String,
    /// Why it has no value.
    pub why: String,
}
