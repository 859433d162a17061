//! The event loop of a command.

use super::Exit;
use super::error::CliError;
use crate::automation::AutomationError;

/// A runtime of one thread, for what waits on functions and does little itself.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::new(Exit::Internal, format!("cannot start the event loop: {error}")))
}

/// Waits for an operation of the application that runs nothing.
pub(super) fn wait<T>(operation: impl Future<Output = Result<T, AutomationError>>) -> Result<T, CliError> {
    Ok(runtime()?.block_on(operation)?)
}
