//! Why a command fails. How it is reported: `error_report`.

use super::Exit;
use crate::automation::RunbookChange;
use crate::diagnostic::{Diagnostic, Source};
use crate::runbook::binding::BindingProblem;

/// Why a command fails.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub(super) struct CliError {
    /// The exit code.
    pub(super) exit: Exit,
    /// What happened; empty when it has been reported already.
    pub(super) message: String,
    /// What to do about it.
    pub(super) help: Option<String>,
    /// Lines that follow: several problems, or several things to choose from.
    pub(super) details: Vec<String>,
    /// Whether the connection to AWS could not be set up.
    pub(super) is_unconnected: bool,
    /// Problems to report before the error.
    pub(super) problems: Problems,
}

/// Problems that are reported before the error itself.
#[derive(Debug, Clone, Default)]
pub(super) enum Problems {
    #[default]
    None,
    /// Problems of a text, with its lines.
    Text(Box<Source>, Vec<Diagnostic>),
    /// Problems of parameters.
    Parameters(Vec<BindingProblem>),
    /// How a runbook has changed.
    Difference(Box<RunbookChange>),
}

impl CliError {
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            help: None,
            details: Vec::new(),
            is_unconnected: false,
            problems: Problems::None,
        }
    }

    /// A wrong command line.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Adds what to do.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a line that follows.
    pub(super) fn detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }

    /// Marks it as an error in setting up the connection to AWS.
    pub(super) fn unconnected(mut self) -> Self {
        self.is_unconnected = true;
        self
    }

    /// Reports the problems of a text before the error.
    pub(super) fn diagnostics(mut self, source: Source, problems: Vec<Diagnostic>) -> Self {
        self.problems = Problems::Text(Box::new(source), problems);
        self
    }

    /// Reports the problems of parameters before the error.
    pub(super) fn parameters(mut self, problems: Vec<BindingProblem>) -> Self {
        self.problems = Problems::Parameters(problems);
        self
    }

    /// Reports the difference of two runbooks before the error.
    pub(super) fn difference(mut self, change: Box<RunbookChange>) -> Self {
        self.problems = Problems::Difference(change);
        self
    }
}
