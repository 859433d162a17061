//! Logging commands of CI services: neutralizes them in untrusted text, and writes the program's own.
//!
//! GitHub Actions reads a line as a command that begins with `::` after white space, and any line with `##[`; Azure
//! Pipelines any line with `##vso[`, and it formats lines with `##[`. Both read standard output and standard error.
//! [`defuse_commands`] and [`begins_command`] keep untrusted text from being a command; a [`LogCommand`] is one, and
//! its parts are escaped by the rules of its service.

mod service;

use std::borrow::Cow;

use super::{escape_json, has_unsafe, safe_text};

pub use service::Pipeline;

/// The severity of an annotated problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnnotationLevel {
    /// It made the command fail.
    Error,
    /// It did not.
    Warning,
}

impl AnnotationLevel {
    const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// Text that makes a line a command at any position.
const MARKERS: [&str; 2] = ["##[", "##vso["];

/// Text that makes a line a command at its beginning.
const LINE_MARKER: &str = "::";

/// The text without commands: inserts a blank into each.
pub fn defuse_commands(text: &str) -> Cow<'_, str> {
    if !has_command(text) {
        return Cow::Borrowed(text);
    }
    let lines = text.split_inclusive('\n').map(|line| {
        let mut line = without_markers(line);
        let begins = line_text(&line);
        if line.get(begins..).is_some_and(|text| text.starts_with(LINE_MARKER)) {
            line.insert(begins + 1, ' ');
        }
        line
    });
    Cow::Owned(lines.collect())
}

/// Whether a command begins with this text, at any position in its line. A line of JSON begins only with a bracket, a
/// quote or a digit.
pub fn begins_command(text: &str) -> bool {
    MARKERS.iter().any(|marker| text.starts_with(marker))
}

/// Whether the end of one text and the beginning of the next one, on the same line, are a command together.
pub fn continues_command(before: &str, text: &str) -> bool {
    let is_split = |marker: &&str| {
        (1..marker.len()).any(|at| {
            let (first, second) = marker.split_at(at);
            before.ends_with(first) && text.starts_with(second)
        })
    };
    MARKERS.iter().chain([&LINE_MARKER]).any(is_split)
}

fn without_markers(text: &str) -> String {
    text.replace("##[", "## [").replace("##vso[", "## vso[")
}

fn has_command(text: &str) -> bool {
    MARKERS.iter().any(|marker| text.contains(marker))
        || text.lines().any(|line| line.get(line_text(line)..).is_some_and(|text| text.starts_with(LINE_MARKER)))
}

/// Where the text of a line begins: after white space and styles. No service skips styles, but a log may be read again
/// after they were removed.
fn line_text(line: &str) -> usize {
    let mut at = 0;
    loop {
        let rest = line.get(at..).unwrap_or_default();
        at += rest.len() - rest.trim_start().len();
        let rest = rest.trim_start();
        match rest.strip_prefix("\u{1b}[").and_then(|style| style.find('m')) {
            Some(end) if rest.get(2..2 + end).is_some_and(|codes| !codes.contains(char::is_alphabetic)) => {
                at += end + 3;
            }
            Some(_) | None => return at,
        }
    }
}

/// A line that a pipeline reads as a command: the only text that is written without being defused. Each part is escaped
/// by the rules of its service, so that it cannot begin another command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogCommand {
    line: String,
    has_secret: bool,
}

/// The range of a file that has a problem: lines and columns from 1, the end exclusive.
#[derive(Debug, Clone, Copy)]
pub struct AnnotationRange<'a> {
    /// The file.
    pub file: &'a str,
    /// Where it begins.
    pub start: (usize, usize),
    /// Where it ends.
    pub end: (usize, usize),
}

impl LogCommand {
    /// The line with its line break.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// Whether it registers a secret with the service: then its line is not masked.
    pub fn has_secret(&self) -> bool {
        self.has_secret
    }

    /// Shows a problem in the summary of a GitHub workflow.
    pub fn github_issue(level: AnnotationLevel, title: &str, message: &str) -> Self {
        let line = format!("::{} title={}::{}\n", level.word(), github_property(title), github(&shown(message)));
        Self { line, has_secret: false }
    }

    /// Shows a problem in the summary of an Azure pipeline.
    pub fn azure_issue(level: AnnotationLevel, title: &str, message: &str) -> Self {
        let message = azure(&shown(&format!("{title}: {message}")));
        Self { line: format!("##vso[task.logissue type={}]{message}\n", level.word()), has_secret: false }
    }

    /// An annotation of a GitHub workflow at a place in a file.
    pub fn annotation(level: AnnotationLevel, place: AnnotationRange<'_>, title: &str, message: &str) -> Self {
        let AnnotationRange { file, start, end } = place;
        let line = format!(
            "::{} file={},line={},col={},endLine={},endColumn={},title={}::{}\n",
            level.word(),
            github_property(file),
            start.0,
            start.1,
            end.0,
            end.1,
            github_property(title),
            github(&shown(message))
        );
        Self { line, has_secret: false }
    }

    /// Masks a value in the logs of GitHub Actions from now on. The service removes the line from its log, and searches
    /// for exactly this value.
    pub fn github_mask(value: &str) -> Self {
        Self { line: format!("::add-mask::{}\n", github(value)), has_secret: true }
    }

    /// Sets a variable of an Azure pipeline, for later steps, jobs and stages. A value with unsafe characters becomes a
    /// JSON string, unless it is a secret: the service searches for exactly this value.
    pub fn azure_variable(name: &str, value: &str, is_secret: bool) -> Self {
        let secret = if is_secret { ";issecret=true" } else { "" };
        // Line breaks and tabs are safe: the service's own escapes encode them.
        let value = if is_secret || !has_unsafe(&value.replace(['\n', '\r', '\t'], "")) {
            Cow::Borrowed(value)
        } else {
            Cow::Owned(escape_json(&serde_json::Value::from(value).to_string()).into_owned())
        };
        let name = azure_property(name);
        let line = format!("##vso[task.setvariable variable={name};isOutput=true{secret}]{}\n", azure(&value));
        Self { line, has_secret: true }
    }
}

/// An entry of `$GITHUB_OUTPUT`. The delimiter is random, so that no value can end its own entry and begin another.
pub fn github_output(name: &str, value: &str, delimiter: &str) -> String {
    format!("{name}<<{delimiter}\n{value}\n{delimiter}\n")
}

/// Text that people read in an annotation.
fn shown(text: &str) -> String {
    without_markers(&safe_text(text))
}

fn github(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn github_property(text: &str) -> String {
    github(&shown(text)).replace(':', "%3A").replace(',', "%2C")
}

fn azure(text: &str) -> String {
    text.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A")
}

fn azure_property(text: &str) -> String {
    azure(&shown(text)).replace(';', "%3B").replace(']', "%5D")
}

#[cfg(test)]
mod tests;
