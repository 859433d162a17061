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

Watching changes nothing: an interrupt (Ctrl-C) ends the watch, and the execution goes on. `runwright stop` stops it.

Exit codes: that of the execution when it ends; 6 when it has not ended and is not watched any more, or nobody carries it on";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct AttachArgs {
    /// The execution: an id, a unique beginning of one, or `last`
    #[arg(value_name = "ID")]
    id: String,
    /// Show what local functions print
    #[arg(long)]
    show_logs: bool,
    /// Show the result alone
    #[arg(short, long)]
    quiet: bool,
    /// Give every event as a line of JSON on standard output
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
