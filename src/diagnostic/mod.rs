//! Diagnostics: the problems of a source text, with position and advice.
//!
//! Owns: positions ([`Span`], [`Source`]), the list of stable codes ([`Code`]), and how a problem is shown
//! (text with a caret, JSON). Does not own: finding problems. Imports `limits` and `untrusted`; every room that
//! reads an author's text may use it.

mod code;
mod json;
mod render;
mod source;
mod suggest;

#[cfg(test)]
mod tests;

pub use code::{Code, Severity};
pub use json::{JsonDiagnostic, JsonRelated, to_json};
pub use render::{one_line, render, summary};
pub use source::{Position, Source, Span};
pub use suggest::suggestion;

/// By place; at one place errors first.
fn in_order(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut ordered: Vec<&Diagnostic> = diagnostics.iter().collect();
    ordered.sort_by_key(|diagnostic| (diagnostic.span, std::cmp::Reverse(diagnostic.severity())));
    ordered
}

/// One problem in an author's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable name of the kind of problem; it also decides the severity.
    pub code: Code,
    /// What is wrong, as one sentence without a full stop.
    pub message: String,
    /// The exact characters that are wrong.
    pub span: Span,
    /// A few words beside the caret; empty when the message says it all.
    pub label: String,
    /// Related positions, each with a few words ("first declared here").
    pub related: Vec<(Span, String)>,
    /// What to do about it, one sentence each ("did you mean `onFailure`?").
    pub help: Vec<String>,
}

impl Diagnostic {
    /// A problem of the kind `code` at `span`.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), span, label: String::new(), related: Vec::new(), help: Vec::new() }
    }

    /// Adds a few words beside the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds a related position.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push((span, text.into()));
        self
    }

    /// Adds advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Whether the service refuses a document for this (error), or accepts a probable mistake (warning).
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}
