//! `runwright executions show ID`

use clap::{Args, ValueEnum};

use super::history::{last_event, view};
use crate::automation::ensure_step_ran;
use crate::cli::error::CliError;
use crate::cli::foreground::automation_of;
use crate::cli::output::{give, give_json};
use crate::cli::runtime::wait;
use crate::cli::screen::Screen;
use crate::cli::state::StateArgs;
use crate::cli::{Exit, targets};
use crate::presentation::{display_state, late_stops};
use crate::report::history::{Detail, show as story, summary};

const AFTER_HELP: &str = "\
Examples:
  runwright executions show last
  runwright executions show 4105a4fc --full
  runwright executions show 4105a4fc --step restart
  runwright executions show last --output json | jq .History.Attempts

Each bar is one attempt, on a time axis from the start of the execution to its end.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct ShowArgs {
    /// Execution ID, a unique prefix of one, or `last`
    id: String,
    /// Show full inputs and outputs
    #[arg(long, conflicts_with = "step")]
    full: bool,
    /// Show only this step, with full inputs and outputs
    #[arg(long, value_name = "NAME")]
    step: Option<String>,
    #[command(flatten)]
    state: StateArgs,
    /// Output format; JSON is in the shape of GetAutomationExecution, with a field History
    #[arg(long, value_name = "FORM", value_enum, default_value_t = ShowOutput::Text, help_heading = "Output")]
    output: ShowOutput,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ShowOutput {
    /// Text
    Text,
    /// JSON document
    Json,
}

/// Shows one execution.
pub(super) fn show(args: &ShowArgs, screen: Screen) -> Result<Exit, CliError> {
    let (journal, entry) = args.state.find(&args.id)?;
    let standing = display_state(&entry);
    // The process ends with this: to free a long history piece by piece would take a tenth of the time.
    let stored = std::mem::ManuallyDrop::new(wait(automation_of(&journal).get(entry))?);
    let execution = &stored.execution;
    if let Some(step) = &args.step {
        ensure_step_ran(execution, step)?;
    }
    let late_stops = late_stops(&stored.late_stops);
    match args.output {
        ShowOutput::Json => {
            if let Some(step) = &args.step {
                let mut all = execution.summary().step_executions;
                all.retain(|run| run.step_name == *step);
                give_json(&all)?;
            } else {
                let mut shape = summary(execution, &standing).with_late_stops(late_stops);
                targets::expand(&journal, execution, &mut shape.execution)?;
                give_json(&shape)?;
            }
        }
        ShowOutput::Text => {
            let detail = match (&args.step, args.full) {
                (Some(step), _) => Detail::Step(step),
                (None, true) => Detail::Full,
                (None, false) => Detail::Brief,
            };
            give(&story(execution, &standing, last_event(&stored), &late_stops, detail, &view(screen)))?;
            if args.step.is_none() {
                give(&targets::render(&journal, execution, screen)?)?;
            }
        }
    }
    Ok(Exit::Success)
}
