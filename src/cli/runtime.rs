//! The event loop of a command.

use super::Exit;
use super::error::CliError;

/// A runtime of one thread, for what waits on functions and does little itself.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::new(Exit::Internal, format!("cannot start the event loop: {error}")))
}
