//! What stops a command, and how it is told.

use super::Exit;
use super::screen::Screen;
use crate::untrusted::one_line;

pub(super) use super::output::{give, give_json, tell};

/// Why a command stops before its work is done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(super) struct CliError {
    /// The exit code.
    pub(super) exit: Exit,
    /// What happened; none when it has been told already.
    pub(super) message: String,
    /// What to do about it.
    pub(super) help: Option<String>,
    /// Lines that follow: several problems, or several things to choose from.
    pub(super) details: Vec<String>,
}

impl CliError {
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), help: None, details: Vec::new() }
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

    /// Tells it on standard error.
    pub(super) fn tell(&self, screen: Screen) -> Exit {
        if !self.message.is_empty() {
            let palette = screen.errors;
            // It may quote what others wrote: no part of it has a style or a line of its own.
            let mut text = format!("{} {}\n", palette.strong(&palette.bad("error:")), one_line(&self.message));
            if let Some(help) = &self.help {
                text.push_str(&format!("{} {}\n", palette.strong("help:"), one_line(help)));
            }
            for line in &self.details {
                text.push_str(&format!("{}\n", one_line(line)));
            }
            tell(&text);
        }
        self.exit
    }
}
