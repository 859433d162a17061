//! The positions of a document's nodes, in the order written, recorded before any value is built.

use std::borrow::Cow;

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::limits::DOCUMENT_PROBLEMS;

use super::node::Style;

/// Every node in the order written.
#[derive(Debug, Default)]
pub(super) struct Outline<'text> {
    pub(super) marks: Vec<Mark<'text>>,
    /// Whether an alias makes some node be read more than once.
    pub(super) has_aliases: bool,
}

/// One node, or the end of a list or map.
#[derive(Debug)]
pub(super) struct Mark<'text> {
    pub(super) shape: Shape<'text>,
    pub(super) span: Span,
}

#[derive(Debug)]
pub(super) enum Shape<'text> {
    Scalar {
        text: Cow<'text, str>,
        style: Style,
        /// It ends where the text ends, without a line break after it.
        last: bool,
    },
    Sequence,
    Mapping,
    End,
    /// An alias of the earlier node with this index.
    Alias(usize),
}

/// The problems of a text, up to a bound.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<Diagnostic>);

impl Problems {
    pub(super) fn push(&mut self, problem: Diagnostic) {
        if self.0.len() < DOCUMENT_PROBLEMS {
            self.0.push(problem);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn has(&self, code: Code) -> bool {
        self.0.iter().any(|problem| problem.code == code)
    }

    pub(super) fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.0.sort_by_key(|problem| problem.span);
        self.0
    }
}

impl From<Diagnostic> for Problems {
    fn from(problem: Diagnostic) -> Self {
        Self(vec![problem])
    }
}

/// Reports each duplicate key of a map. `keys` are indices into `marks`, in the order written.
pub(super) fn check_duplicates(marks: &[Mark<'_>], keys: &mut [usize], problems: &mut Problems) {
    let text = |index: &usize| match marks.get(*index).map(|mark| &mark.shape) {
        Some(Shape::Scalar { text, .. }) => &**text,
        Some(Shape::Alias(target)) => match marks.get(*target).map(|mark| &mark.shape) {
            Some(Shape::Scalar { text, .. }) => &**text,
            _ => "",
        },
        _ => "",
    };
    // The sort is stable, so among equal keys the first is the one written first.
    keys.sort_by(|a, b| text(a).cmp(text(b)));
    for same in keys.chunk_by(|a, b| text(a) == text(b)) {
        let [first, again @ ..] = same else { continue };
        let Some(first) = marks.get(*first) else { continue };
        for mark in again.iter().filter_map(|index| marks.get(*index)) {
            let key = match same.first() {
                Some(index) => text(index),
                None => continue,
            };
            problems.push(
                Diagnostic::new(
                    Code::DuplicateKey,
                    mark.span,
                    format!("the key `{key}` appears twice in the same map"),
                )
                .label("again here")
                .related(first.span, "first here")
                .help("remove one of them, or rename it"),
            );
        }
    }
}
