//! Converts nodes of the tree to the types of a case, and collects each problem with its position.

use std::time::Duration;

use jiff::{Span as TimeSpan, SpanRelativeTo, Timestamp};

use super::keys::Key;
use crate::diagnostic::{Code, Diagnostic, suggestion};
use crate::document::{MapEntry, Node, NodeKind};
use crate::event::Status;
use crate::runbook::Runbook;

/// The problems found.
#[derive(Debug, Default)]
pub(super) struct Problems {
    pub(super) found: Vec<Diagnostic>,
}

impl Problems {
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    fn wrong_type(&mut self, node: &Node, what: &str, wanted: &str) {
        self.report(
            Diagnostic::new(
                Code::WrongType,
                node.span,
                format!("{what} must be {wanted}, and this is {}", node.described()),
            )
            .label(format!("expected {wanted}")),
        );
    }

    pub(super) fn invalid(&mut self, node: &Node, message: impl Into<String>, help: &str) {
        self.report(Diagnostic::new(Code::InvalidValue, node.span, message).help(help));
    }

    pub(super) fn map<'d>(&mut self, node: &'d Node, what: &str) -> Option<&'d [MapEntry]> {
        if let NodeKind::Mapping(entries) = &node.kind {
            return Some(entries);
        }
        self.wrong_type(node, what, "a map");
        None
    }

    pub(super) fn list<'d>(&mut self, node: &'d Node, what: &str) -> Option<&'d [Node]> {
        if let NodeKind::Sequence(items) = &node.kind {
            return Some(items);
        }
        self.wrong_type(node, what, "a list");
        None
    }

    pub(super) fn text<'d>(&mut self, node: &'d Node, what: &str) -> Option<&'d str> {
        let text = node.as_text();
        if text.is_none() {
            self.wrong_type(node, what, "a text");
        }
        text
    }

    pub(super) fn boolean(&mut self, node: &Node, what: &str) -> Option<bool> {
        if let NodeKind::Bool(value) = node.kind {
            return Some(value);
        }
        self.wrong_type(node, what, "true or false");
        None
    }

    /// A whole number between `least` and `most`.
    pub(super) fn count(&mut self, node: &Node, what: &str, least: u64, most: u64) -> Option<u64> {
        let number = match &node.kind {
            NodeKind::Number(number) => number.as_u64(),
            _ => None,
        };
        match number {
            Some(number) if (least..=most).contains(&number) => Some(number),
            Some(number) => {
                self.invalid(node, format!("{what} is {number}"), &format!("write a number from {least} to {most}"));
                None
            }
            None => {
                self.wrong_type(node, what, "a whole number");
                None
            }
        }
    }

    pub(super) fn unknown_keys(&mut self, entries: &[MapEntry], known: &[Key], what: &str) {
        let known: Vec<&'static str> = known.iter().map(|(key, _)| *key).collect();
        for entry in entries.iter().filter(|entry| !known.contains(&entry.key.text.as_str())) {
            let message = format!("{what} has no key `{}`", entry.key.text);
            let diagnostic = Diagnostic::new(Code::UnknownCaseKey, entry.key.span, message);
            self.report(match suggestion(&entry.key.text, known.iter().copied()) {
                Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
                None => diagnostic.help(format!("known are {}", quoted(&known))),
            });
        }
    }

    /// `90s`, `5m`, `7d`, `1h30m`, `500ms`, or ISO 8601 (`PT5M`). A bare number has no unit and is refused.
    pub(super) fn duration(&mut self, node: &Node, what: &str) -> Option<Duration> {
        const HELP: &str = "write a duration such as `500ms`, `30s`, `5m`, `1h 30m` or `7d`";
        if let NodeKind::Number(number) = &node.kind {
            if number.as_u64() == Some(0) {
                return Some(Duration::ZERO);
            }
            self.invalid(node, format!("{what} has no unit"), &format!("write `{number}s` for seconds"));
            return None;
        }
        let text = self.text(node, what)?;
        let parsed: Option<TimeSpan> = text.trim().parse().ok();
        let duration = parsed.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
        let duration = duration.and_then(|duration| Duration::try_from(duration).ok());
        if duration.is_none() {
            self.invalid(node, format!("{what} is `{text}`, which is not a duration"), HELP);
        }
        duration
    }

    pub(super) fn moment(&mut self, node: &Node, what: &str) -> Option<Timestamp> {
        let text = self.text(node, what)?;
        let moment = text.parse().ok();
        if moment.is_none() {
            self.invalid(
                node,
                format!("{what} is `{text}`, which is not a time"),
                "write it as `2026-01-31T09:00:00Z`",
            );
        }
        moment
    }

    /// One of several words, case-insensitive.
    pub(super) fn word<T: Copy>(&mut self, node: &Node, what: &str, words: &[(&'static str, T)]) -> Option<T> {
        let text = self.text(node, what)?;
        let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
        if found.is_none() {
            let known: Vec<&'static str> = words.iter().map(|(word, _)| *word).collect();
            let help = match suggestion(text, known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("known are {}", quoted(&known)),
            };
            self.invalid(node, format!("{what} is `{text}`"), &help);
        }
        found.map(|(_, value)| *value)
    }

    pub(super) fn status(&mut self, node: &Node, what: &str, words: &[Status]) -> Option<Status> {
        let words: Vec<(&'static str, Status)> = words.iter().map(|status| (status.as_str(), *status)).collect();
        self.word(node, what, &words)
    }

    /// The name of a step of the runbook.
    pub(super) fn step(&mut self, name: &str, at: crate::diagnostic::Span, runbook: &Runbook) -> bool {
        if super::steps(runbook).any(|step| step.name.as_str() == name) {
            return true;
        }
        let diagnostic = Diagnostic::new(Code::UnknownCaseStep, at, format!("the runbook has no step `{name}`"));
        let names = super::steps(runbook).map(|step| step.name.as_str());
        self.report(match suggestion(name, names) {
            Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
            None => diagnostic,
        });
        false
    }
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
