//! The pipeline that runs this command, where one does, and the commands that it reads from a log.
//!
//! GitHub Actions takes a line for a command that begins with `::` after white space, and any line with `##[`; Azure
//! Pipelines takes any line with `##vso[`, and lays lines with `##[` out. Both read standard output and standard error.
//! So every text is defused before it is written ([`Pipeline::defuse`], [`Pipeline::is_command`] for JSON), and only a
//! [`LogCommand`], whose parts are escaped by the rules of its service, is written as it is.

use std::borrow::Cow;
use std::path::PathBuf;

use crate::untrusted::{escape_json, has_unsafe, safe_text};

/// Who runs this command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Pipeline {
    /// GitHub Actions, with the file that takes the outputs of a step.
    GitHub(Option<PathBuf>),
    /// Azure Pipelines.
    Azure,
    /// Somebody else.
    #[default]
    Elsewhere,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Error,
    Warning,
}

impl Level {
    const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// What makes a command of a line wherever it stands in it.
const MARKERS: [&str; 2] = ["##[", "##vso["];

/// What makes a command of a line that begins with it.
const LINE_MARKER: &str = "::";

impl Pipeline {
    /// Looks at the variables that each service sets.
    pub(super) fn here() -> Self {
        Self::from_variables(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        // Both services write `true`. Somebody who sets anything else but a refusal wants what the services get.
        let is_refusal = |value: &str| ["false", "0", "no", "off"].iter().any(|no| value.eq_ignore_ascii_case(no));
        let is_set = |name| variable(name).is_some_and(|value| !value.is_empty() && !is_refusal(&value));
        if is_set("GITHUB_ACTIONS") {
            Self::GitHub(variable("GITHUB_OUTPUT").map(PathBuf::from))
        } else if is_set("TF_BUILD") {
            Self::Azure
        } else {
            Self::Elsewhere
        }
    }

    /// Whether a service reads what this command writes.
    pub(super) fn reads_log(&self) -> bool {
        match self {
            Self::GitHub(_) | Self::Azure => true,
            Self::Elsewhere => false,
        }
    }

    /// The command that shows a problem where people look for it.
    pub(super) fn issue(&self, level: Level, title: &str, message: &str) -> Option<LogCommand> {
        let word = level.word();
        let line = match self {
            Self::GitHub(_) => format!("::{word} title={}::{}\n", github_property(title), github(&shown(message))),
            Self::Azure => {
                format!("##vso[task.logissue type={word}]{}\n", azure(&shown(&format!("{title}: {message}"))))
            }
            Self::Elsewhere => return None,
        };
        Some(LogCommand { line, has_secret: false })
    }

    /// Text without commands: each of them gets a blank within.
    pub(super) fn defuse<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !self.reads_log() || !has_command(text) {
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

    /// Whether a command begins with this text, wherever it stands in its line. No line of JSON begins with anything
    /// else than a bracket, a quote or a digit.
    pub(super) fn is_command(&self, text: &str) -> bool {
        self.reads_log() && MARKERS.iter().any(|marker| text.starts_with(marker))
    }

    /// Whether the end of one text and the beginning of the next one, on the same line, are a command together.
    pub(super) fn continues_command(&self, before: &str, text: &str) -> bool {
        let is_split = |marker: &&str| {
            (1..marker.len()).any(|at| {
                let (first, second) = marker.split_at(at);
                before.ends_with(first) && text.starts_with(second)
            })
        };
        self.reads_log() && MARKERS.iter().chain([&LINE_MARKER]).any(is_split)
    }
}

fn without_markers(text: &str) -> String {
    text.replace("##[", "## [").replace("##vso[", "## vso[")
}

fn has_command(text: &str) -> bool {
    MARKERS.iter().any(|marker| text.contains(marker))
        || text.lines().any(|line| line.get(line_text(line)..).is_some_and(|text| text.starts_with(LINE_MARKER)))
}

/// Where the text of a line begins: behind white space and styles. No service looks behind styles; a log that they were
/// taken out of may be read again.
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
/// by the rules of its service, so that none ends its own place and begins another command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LogCommand {
    line: String,
    has_secret: bool,
}

/// Where in a file a problem is: lines and columns from 1, the end exclusive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) file: &'a str,
    pub(super) start: (usize, usize),
    pub(super) end: (usize, usize),
}

impl LogCommand {
    /// The line with its end.
    pub(super) fn line(&self) -> &str {
        &self.line
    }

    /// Whether it hands a secret on as a secret: then its line is not masked.
    pub(super) fn has_secret(&self) -> bool {
        self.has_secret
    }

    /// An annotation of a GitHub workflow at a place in a file.
    pub(super) fn annotation(level: Level, place: Place<'_>, title: &str, message: &str) -> Self {
        let Place { file, start, end } = place;
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

    /// Keeps a value out of the logs of GitHub Actions from now on. The service takes the line out of its log, and looks
    /// for the value exactly as it is given here.
    pub(super) fn github_mask(value: &str) -> Self {
        Self { line: format!("::add-mask::{}\n", github(value)), has_secret: true }
    }

    /// Sets a variable of an Azure pipeline, for later steps, jobs and stages. A value with unsafe characters becomes a
    /// JSON string, unless it is a secret: that one the service looks for exactly as it is given here.
    pub(super) fn azure_variable(name: &str, value: &str, is_secret: bool) -> Self {
        let secret = if is_secret { ";issecret=true" } else { "" };
        // Line ends and tabs are no harm: the service's own escapes carry them.
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
pub(super) fn github_output(name: &str, value: &str, delimiter: &str) -> String {
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
