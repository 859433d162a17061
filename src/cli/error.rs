//! What stops a command, and how it is told.

use std::io::Write;
use std::panic::PanicHookInfo;

use super::Exit;
use super::screen::Screen;
use crate::report::escape_json;

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
}

impl CliError {
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), help: None }
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

    /// Tells it on standard error.
    pub(super) fn tell(&self, screen: Screen) -> Exit {
        if !self.message.is_empty() {
            let palette = screen.errors;
            let mut text = format!("{} {}\n", palette.strong(&palette.bad("error:")), self.message);
            if let Some(help) = &self.help {
                text.push_str(&format!("{} {help}\n", palette.strong("help:")));
            }
            tell(&text);
        }
        self.exit
    }
}

/// Writes to standard error, without secrets. When nobody reads it, there is nobody to tell.
pub(super) fn tell(text: &str) {
    let _ = std::io::stderr().write_all(super::secrets::masked(text).as_bytes());
}

/// The same for a command to a pipeline that hands a secret on as a secret: the only text that is not masked.
pub(super) fn tell_secret(command: &str) {
    let _ = std::io::stderr().write_all(command.as_bytes());
}

/// Writes a result to standard output. A reader that has gone away has read all it wanted: no error.
pub(super) fn give(text: &str) -> Result<(), CliError> {
    give_bytes(text.as_bytes())
}

/// The same for what may be no text.
pub(super) fn give_bytes(bytes: &[u8]) -> Result<(), CliError> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(CliError::new(Exit::Internal, format!("standard output cannot be written: {error}")))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// A value as JSON, for standard output.
pub(super) fn give_json(value: &impl serde::Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| CliError::new(Exit::Internal, format!("the result has no JSON form: {error}")))?;
    give(&format!("{}\n", escape_json(&text)))
}

/// A panic in words for the user; with `RUST_BACKTRACE` set, with its backtrace.
pub(super) fn tell_panic(info: &PanicHookInfo<'_>) {
    let what = info
        .payload()
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| info.payload().downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "of an unknown kind".to_owned());
    let place = info.location().map(|place| format!(" at {place}")).unwrap_or_default();
    let mut text = format!(
        "error: internal error{place}: {what}\nhelp: this is a fault of runwright {}; please report it with this message\n",
        env!("CARGO_PKG_VERSION")
    );
    let backtrace = std::backtrace::Backtrace::capture();
    if backtrace.status() == std::backtrace::BacktraceStatus::Captured {
        text.push_str(&format!("{backtrace}\n"));
    }
    tell(&text);
}
