//! Detects the CI service that runs this program.

use std::borrow::Cow;
use std::path::PathBuf;

use super::{AnnotationLevel, LogCommand, begins_command, continues_command, defuse_commands};

/// The service that runs this command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Pipeline {
    /// GitHub Actions, with the file that takes the outputs of a step.
    GitHub(Option<PathBuf>),
    /// Azure Pipelines.
    Azure,
    /// No known pipeline.
    #[default]
    Elsewhere,
}

impl Pipeline {
    /// Detects the service by the variables that each one sets.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        // Both services set `true`. Any other value but a negative one counts as set.
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

    /// Whether a service reads the output of this command.
    pub fn reads_log(&self) -> bool {
        match self {
            Self::GitHub(_) | Self::Azure => true,
            Self::Elsewhere => false,
        }
    }

    /// The command that shows a problem in the summary of the pipeline.
    pub fn issue(&self, level: AnnotationLevel, title: &str, message: &str) -> Option<LogCommand> {
        match self {
            Self::GitHub(_) => Some(LogCommand::github_issue(level, title, message)),
            Self::Azure => Some(LogCommand::azure_issue(level, title, message)),
            Self::Elsewhere => None,
        }
    }

    /// The text without commands, when a service reads it.
    pub fn defuse<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.reads_log() { defuse_commands(text) } else { Cow::Borrowed(text) }
    }

    /// Whether the service reads this beginning of a text as a command.
    pub fn is_command(&self, text: &str) -> bool {
        self.reads_log() && begins_command(text)
    }

    /// Whether the service reads the end of one text and the beginning of the next one as a command.
    pub fn continues_command(&self, before: &str, text: &str) -> bool {
        self.reads_log() && continues_command(before, text)
    }
}

#[cfg(test)]
mod tests;
