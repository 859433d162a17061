//! `runwright executions show ID`

use clap::{Args, ValueEnum};

use super::history::{History, find, journal, view};
use crate::cli::Exit;
use crate::cli::error::{CliError, give, give_json};
use crate::cli::screen::Screen;
use crate::cli::state::StateArgs;
use crate::cli::targets;
use crate::diagnostic::suggestion;
use crate::report::history::{Detail, show as story, summary};
use crate::report::one_line;

const AFTER_HELP: &str = "\
Examples:
  runwright executions show last
  runwright executions show 4105a4fc --full
  runwright executions show 4105a4fc --step restart
  runwright executions show last --output json | jq .History.Attempts

Each bar stands for an attempt, on one axis from the start of the execution to its end.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct ShowArgs {
    /// The execution: its id, the beginning of it, or `last`
    id: String,
    /// Show inputs and outputs whole
    #[arg(long, conflicts_with = "step")]
    full: bool,
    /// Show one step alone, with its inputs and outputs whole
    #[arg(long, value_name = "NAME")]
    step: Option<String>,
    #[command(flatten)]
    state: StateArgs,
    /// The form: text, or JSON in the shape of GetAutomationExecution with a field History
    #[arg(long, value_name = "FORM", value_enum, default_value_t = ShowOutput::Text, help_heading = "Output")]
    output: ShowOutput,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ShowOutput {
    /// For people
    Text,
    /// One JSON document
    Json,
}

/// Shows one execution.
pub(super) fn show(args: &ShowArgs, screen: Screen) -> Result<Exit, CliError> {
    let journal = journal(&args.state)?;
    let entry = find(&journal, &args.id)?;
    // The process ends with this: to free a long history piece by piece would take a tenth of the time.
    let history = std::mem::ManuallyDrop::new(History::read(&journal, &entry)?);
    let execution = &history.execution;
    if let Some(step) = &args.step {
        known_step(&history, step)?;
    }
    match args.output {
        ShowOutput::Json => {
            if let Some(step) = &args.step {
                let mut all = execution.summary().step_executions;
                all.retain(|run| run.step_name == *step);
                give_json(&all)?;
            } else {
                let mut shape = summary(execution, &history.standing);
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
            give(&story(execution, &history.standing, history.last_event(), detail, &view(screen)))?;
            if args.step.is_none() {
                give(&targets::told(&journal, execution, screen)?)?;
            }
        }
    }
    Ok(Exit::Success)
}

/// Refuses a step that the runbook does not have; one that did not run has nothing to show.
pub(super) fn known_step(history: &History, step: &str) -> Result<(), CliError> {
    let steps = &history.execution.started().outline.steps;
    if steps.iter().any(|outline| outline.name == *step) {
        if history.execution.latest(step).is_none() {
            return Err(CliError::usage(format!("step {} did not run", one_line(step))));
        }
        return Ok(());
    }
    let error = CliError::usage(format!("the runbook has no step {}", one_line(step)));
    Err(match suggestion(step, steps.iter().map(|outline| outline.name.as_str())) {
        Some(meant) => error.help(format!("did you mean `{meant}`?")),
        None => error,
    })
}
