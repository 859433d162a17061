//! `runwright executions diff A B`

use clap::{Args, ValueEnum};

use super::history::view;
use crate::automation::StoredExecution;
use crate::cli::Exit;
use crate::cli::error::CliError;
use crate::cli::output::{give, give_json};
use crate::cli::runtime::wait;
use crate::cli::screen::Screen;
use crate::cli::state::{StateArgs, find};
use crate::presentation::display_state;
use crate::report::history::{DisplayState, HistoryComparison, Side};

const AFTER_HELP: &str = "\
Examples:
  runwright executions diff 4105a4fc last
  runwright executions diff 4105a4fc 9b2d7c1e --output json | jq .Path

Exit codes, as in diff(1): 0 if both have the same result, 1 if they differ, 2 if they could not be compared. Different \
durations are shown but are not a difference.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct DiffArgs {
    /// Execution ID, a unique prefix of one, or `last`
    a: String,
    /// Execution to compare it with
    b: String,
    #[command(flatten)]
    state: StateArgs,
    /// Output format
    #[arg(long, value_name = "FORM", value_enum, default_value_t = DiffOutput::Text, help_heading = "Output")]
    output: DiffOutput,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DiffOutput {
    /// Text
    Text,
    /// JSON document
    Json,
}

/// Compares two executions.
pub(super) fn diff(args: &DiffArgs, screen: Screen) -> Result<Exit, CliError> {
    let automation = args.state.automation()?;
    let read = |named: &str| {
        let entry = find(&automation, named)?;
        let (document, standing) = (wait(automation.document(&entry))?, display_state(&entry));
        Ok::<_, CliError>((wait(automation.get(entry))?, standing, document))
    };
    let (left, right) = (read(&args.a)?, read(&args.b)?);
    let comparison = HistoryComparison::of(side(&left), side(&right));
    match args.output {
        DiffOutput::Text => give(&comparison.text(&view(screen)))?,
        DiffOutput::Json => give_json(&comparison)?,
    }
    Ok(if comparison.same { Exit::Success } else { Exit::Failed })
}

fn side((stored, standing, document): &(StoredExecution, DisplayState, Option<String>)) -> Side<'_> {
    Side { execution: &stored.execution, standing, document: document.as_deref() }
}
