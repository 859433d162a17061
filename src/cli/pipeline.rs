//! The pipeline that runs this command, where one does, and the commands that it reads from a log.
//!
//! Both services take any line that has their form for a command, also one that a function wrote. So what others wrote
//! goes through [`Pipeline::harmless`], and values are escaped by the rules of each service.

use std::borrow::Cow;
use std::io::Write;
use std::path::PathBuf;

/// Who runs this command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pipeline {
    /// GitHub Actions, with the file that takes the outputs of a step.
    GitHub(Option<PathBuf>),
    /// Azure Pipelines.
    Azure,
    /// Somebody else.
    Elsewhere,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Error,
    Warning,
}

impl Pipeline {
    /// Looks at the variables that each service sets.
    pub(super) fn here() -> Self {
        Self::from_variables(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name| variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        if is_set("GITHUB_ACTIONS") {
            Self::GitHub(variable("GITHUB_OUTPUT").map(PathBuf::from))
        } else if is_set("TF_BUILD") {
            Self::Azure
        } else {
            Self::Elsewhere
        }
    }

    /// The line that shows a problem where people look for it.
    pub(super) fn issue(&self, level: Level, title: &str, message: &str) -> Option<String> {
        let word = match level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        match self {
            Self::GitHub(_) => Some(format!("::{word} title={}::{}\n", github_property(title), github(message))),
            Self::Azure => Some(format!("##vso[task.logissue type={word}]{}\n", azure(&format!("{title}: {message}")))),
            Self::Elsewhere => None,
        }
    }

    /// Text that others wrote, so that no line of it is a command.
    pub(super) fn harmless<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let is_command = |line: &str| line.trim_start().starts_with("::");
        match self {
            Self::Elsewhere => Cow::Borrowed(text),
            Self::GitHub(_) | Self::Azure if !text.contains("##") && !text.lines().any(is_command) => {
                Cow::Borrowed(text)
            }
            Self::GitHub(_) | Self::Azure => {
                let lines = text.split_inclusive('\n').map(|line| {
                    let line = line.replace("##[", "## [").replace("##vso[", "## vso[");
                    if is_command(&line) { line.replacen("::", ": :", 1) } else { line }
                });
                Cow::Owned(lines.collect())
            }
        }
    }

    /// A writer that makes each text harmless. Texts come whole: reporters write lines, not parts of them.
    pub(super) fn guard(&self, writer: Box<dyn Write + Send>) -> Box<dyn Write + Send> {
        match self {
            Self::Elsewhere => writer,
            Self::GitHub(_) | Self::Azure => Box::new(Guard { pipeline: self.clone(), writer }),
        }
    }
}

struct Guard {
    pipeline: Pipeline,
    writer: Box<dyn Write + Send>,
}

impl Write for Guard {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.writer.write_all(self.pipeline.harmless(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.writer.flush()
    }
}

/// An entry of `$GITHUB_OUTPUT`. The delimiter is random, so that no value can end its own entry and begin another.
pub(super) fn github_output(name: &str, value: &str, delimiter: &str) -> String {
    format!("{name}<<{delimiter}\n{value}\n{delimiter}\n")
}

/// The line that keeps a value out of the logs of GitHub Actions from now on.
pub(super) fn github_mask(value: &str) -> String {
    format!("::add-mask::{}\n", github(value))
}

/// The line that sets a variable of an Azure pipeline, for later steps, jobs and stages.
pub(super) fn azure_variable(name: &str, value: &str, secret: bool) -> String {
    let secret = if secret { ";issecret=true" } else { "" };
    format!("##vso[task.setvariable variable={};isOutput=true{secret}]{}\n", azure_property(name), azure(value))
}

fn github(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn github_property(text: &str) -> String {
    github(text).replace(':', "%3A").replace(',', "%2C")
}

fn azure(text: &str) -> String {
    text.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A")
}

fn azure_property(text: &str) -> String {
    azure(text).replace(';', "%3B").replace(']', "%5D")
}

#[cfg(test)]
mod tests;
