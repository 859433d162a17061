//! `runwright attach ID`: watching an execution of any process.

use clap::Args;

use super::error::CliError;
use super::foreground::{self, Form, View, automation_of};
use super::runtime::runtime;
use super::screen::Screen;
use super::state::StateArgs;
use super::watch::{Watched, tell_abandoned, tell_detached, watch};
use super::{Exit, output};

const AFTER_HELP: &str = "\
Examples:
  runwright attach last
  runwright attach 3fa85f64 --events > history.jsonl

Following changes nothing: Ctrl-C ends this command, and the execution continues. `runwright stop` stops it.

Exit codes: that of the execution when it ends; 6 if it has not ended (Ctrl-C, or no process runs it)";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct AttachArgs {
    /// Execution ID, a unique prefix of one, or `last`
    #[arg(value_name = "ID")]
    id: String,
    /// Show the output of local functions
    #[arg(long)]
    show_logs: bool,
    /// Print only the result
    #[arg(short, long)]
    quiet: bool,
    /// Write every event as a line of JSON to standard output
    #[arg(long)]
    events: bool,
    #[command(flatten)]
    state: StateArgs,
}

/// Shows an execution from its start until it ends.
pub(super) fn attach(args: &AttachArgs, verbose: bool, screen: Screen) -> Result<Exit, CliError> {
    let (journal, entry) = args.state.find(&args.id)?;
    let form = if args.quiet { Form::Quiet } else { Form::Whole };
    let pipeline = output::pipeline().clone();
    let view = View { logs: args.show_logs, form, jsonl: args.events, verbose, pipeline, asked: None };
    let automation = automation_of(&journal);
    match runtime()?.block_on(watch(&automation, &entry.id, &view, screen))? {
        Watched::Ended(execution) => {
            if !args.events {
                foreground::give_outputs(&execution)?;
            }
            Ok(Exit::from(execution.status()))
        }
        Watched::Detached => {
            tell_detached(&entry.id);
            Ok(Exit::Unfinished)
        }
        Watched::Abandoned => {
            tell_abandoned(&entry.id);
            Ok(Exit::Unfinished)
        }
    }
}
