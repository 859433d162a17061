//! `runwright schema`

use super::Exit;
use super::error::{CliError, give_json};

/// Prints the JSON Schema of a runbook.
pub(super) fn schema() -> Result<Exit, CliError> {
    give_json(&crate::runbook::json_schema())?;
    Ok(Exit::Success)
}
