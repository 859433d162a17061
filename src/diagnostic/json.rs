//! Problems as data, for editors and scripts. Field names are part of the interface.

use serde::Serialize;

use super::{Diagnostic, Position, Severity, Source, Span};

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JsonDiagnostic {
    /// The stable code: `unknown-key`.
    pub code: &'static str,
    /// `error` or `warning`.
    pub severity: &'static str,
    /// What is wrong.
    pub message: String,
    /// The name of the file.
    pub file: String,
    /// The first wrong character.
    pub start: Position,
    /// The place right after the last wrong character.
    pub end: Position,
    /// A few words on the position; omitted when empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// Related positions.
    pub related: Vec<JsonRelated>,
    /// What to do about it.
    pub help: Vec<String>,
}

/// A position related to a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JsonRelated {
    /// What is there.
    pub message: String,
    /// The name of the file.
    pub file: String,
    /// Its first character.
    pub start: Position,
    /// The place right after its last character.
    pub end: Position,
}

/// Problems of one text as data, in the order of their places.
pub fn to_json(diagnostics: &[Diagnostic], source: &Source) -> Vec<JsonDiagnostic> {
    super::in_order(diagnostics)
        .into_iter()
        .map(|diagnostic| {
            let (start, end) = places(source, diagnostic.span);
            JsonDiagnostic {
                code: diagnostic.code.as_str(),
                severity: word(diagnostic.severity()),
                message: diagnostic.message.clone(),
                file: source.name().to_owned(),
                start,
                end,
                label: diagnostic.label.clone(),
                related: diagnostic
                    .related
                    .iter()
                    .map(|(span, text)| {
                        let (start, end) = places(source, *span);
                        JsonRelated { message: text.clone(), file: source.name().to_owned(), start, end }
                    })
                    .collect(),
                help: diagnostic.help.clone(),
            }
        })
        .collect()
}

fn places(source: &Source, span: Span) -> (Position, Position) {
    (source.position(span.start), source.position(span.end))
}

/// The severity as it is written everywhere.
pub(super) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}
