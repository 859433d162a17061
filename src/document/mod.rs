//! Reads YAML and JSON into a tree, exactly as written, each node with its position.
//!
//! Owns: choosing YAML or JSON by content, refusing hostile input within bounded memory, the two readings of YAML
//! (values from `serde_yaml`, positions from `saphyr-parser`) and their agreement, and the position of a character of a
//! value in the file (block scalars, escapes, folding). Does not own: what the keys mean. Imports only `diagnostic` and
//! `limits`; `runbook` and the readers of parameter files use it.
//!
//! The stages: `text` decodes the bytes; `yaml` or `json` records the position of every node in an `outline` and
//! refuses hostile input before anything allocates values; `walk` lets `serde_yaml` or `serde_json` read the text once
//! more and joins each value with its position.

mod json;
mod node;
mod outline;
mod text;
mod walk;
mod within;
mod yaml;

#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::diagnostic::{Code, Diagnostic, Source, Span};

pub use node::{Key, MapEntry, Node, NodeKind, Style};
pub use text::read_bounded;
pub use within::span_within;

use outline::Problems;

/// A document: a tree whose root is a map, and its text.
#[derive(Debug, Clone)]
pub struct Document {
    /// The text, without a byte order mark.
    pub source: Source,
    /// The root; always a [`NodeKind::Mapping`].
    pub root: Node,
    /// The format.
    pub format: Format,
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// YAML, block or flow.
    Yaml,
    /// Strict JSON.
    Json,
}

/// A text that cannot be read as a document, with every problem found.
#[derive(Debug, Clone)]
pub struct UnreadableDocument {
    /// The text that the problems refer to. Bytes that are not UTF-8 are replaced; it is empty when the text was too
    /// large to be kept.
    pub source: Source,
    /// The problems; never empty.
    pub problems: Vec<Diagnostic>,
}

impl std::fmt::Display for UnreadableDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} cannot be read", self.source.name())?;
        match self.problems.first() {
            Some(first) => write!(f, ": {}", first.message),
            None => Ok(()),
        }
    }
}

impl std::error::Error for UnreadableDocument {}

/// Reads a document, YAML or JSON by content.
///
/// A text whose first character is `{` is strict JSON, or else YAML in flow style; every other text is YAML.
/// `name` is the name of the text in messages: a path, or `<stdin>`.
///
/// # Errors
///
/// [`UnreadableDocument`] holds all problems found. Memory is bounded by [`DOCUMENT_BYTES`] whatever the bytes are: a
/// runbook takes about ten times its size while it is read, and the worst text (half a million one-digit numbers in
/// one list) about three hundred times.
///
/// [`DOCUMENT_BYTES`]: crate::limits::DOCUMENT_BYTES
pub fn read(name: &str, bytes: &[u8]) -> Result<Document, UnreadableDocument> {
    let source = text::decode(name, bytes)?;
    let (result, format) = read_text(source.text());
    match result {
        Ok(root) => Ok(Document { source, root, format }),
        Err(problems) => Err(UnreadableDocument { source, problems: problems.into_sorted() }),
    }
}

impl Document {
    /// The range in the file of some bytes of a text node's decoded text, exact under quotes, escapes, indentation and
    /// folding; the range of the whole node when it is not a text or does not contain the bytes.
    ///
    /// Parses the node's characters again, so it is for making a diagnostic, not for each node.
    pub fn span_within(&self, node: &Node, range: Range<usize>) -> Span {
        span_within(&self.source, node, range)
    }
}

fn read_text(text: &str) -> (Result<Node, Problems>, Format) {
    if !text.trim_start().starts_with('{') {
        return (yaml::read(text), Format::Yaml);
    }
    let json_problems = match json::read(text) {
        Ok(root) => return (Ok(root), Format::Json),
        Err(json::Refusal::Final(problems)) => return (Err(problems), Format::Json),
        Err(json::Refusal::NotJson(problems)) => problems,
    };
    match yaml::read(text) {
        // `{"a": 1 "b": 2}` is one key in YAML, whose value is the text `1 "b": 2`; here it is broken JSON.
        Ok(root) if has_stray_quotes(&root, text) => (Err(json_problems), Format::Json),
        Ok(root) => (Ok(root), Format::Yaml),
        Err(problems) if problems.has(Code::Syntax) || problems.has(Code::TabIndentation) => {
            (Err(json_problems), Format::Json)
        }
        Err(problems) => (Err(problems), Format::Yaml),
    }
}

/// Whether a key or a text without quotes contains a quote.
fn has_stray_quotes(node: &Node, source: &str) -> bool {
    let plain = |span: Span| source.get(span.range()).is_some_and(|written| !written.starts_with(['"', '\'']));
    match &node.kind {
        NodeKind::String { text, style: Style::Plain } => text.contains('"'),
        NodeKind::Sequence(items) => items.iter().any(|item| has_stray_quotes(item, source)),
        NodeKind::Mapping(entries) => entries.iter().any(|MapEntry { key, value }| {
            key.text.contains('"') && plain(key.span) || has_stray_quotes(value, source)
        }),
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String { .. } => false,
    }
}

/// Checks the rule of every format for its root.
fn check_root(root: Node, problems: &mut Problems) -> Option<Node> {
    match root.kind {
        NodeKind::Mapping(_) => return Some(root),
        NodeKind::Null => problems.push(
            Diagnostic::new(Code::EmptyDocument, root.span, "the document is empty")
                .help("a runbook starts with `schemaVersion: \"0.3\"`"),
        ),
        NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String { .. } | NodeKind::Sequence(_) => problems.push(
            Diagnostic::new(
                Code::RootNotMap,
                root.span,
                format!("the document is {}; a map is needed", root.described()),
            )
            .help("write `key: value` pairs at the left margin"),
        ),
    }
    None
}
