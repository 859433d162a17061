//! `runwright schema`

use clap::Args;

use super::Exit;
use super::error::CliError;
use super::output::give_json;

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Print the schema of case files, which `runwright test` runs
    #[arg(long)]
    cases: bool,
}

/// Prints the JSON Schema of a runbook, or of case files.
pub(super) fn schema(args: &SchemaArgs) -> Result<Exit, CliError> {
    let schema = if args.cases { crate::testing::json_schema() } else { crate::runbook::json_schema() };
    give_json(&schema)?;
    Ok(Exit::Success)
}
