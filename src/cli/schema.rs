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
    /// Print the schema of events, as `--output jsonl` prints them
    #[arg(long, conflicts_with = "cases")]
    events: bool,
}

/// Prints the JSON Schema of a runbook, of case files, or of events.
pub(super) fn schema(args: &SchemaArgs) -> Result<Exit, CliError> {
    let schema = match (args.cases, args.events) {
        (true, _) => crate::testing::json_schema(),
        (false, true) => crate::event::json_schema(),
        (false, false) => crate::runbook::json_schema(),
    };
    give_json(&schema)?;
    Ok(Exit::Success)
}
