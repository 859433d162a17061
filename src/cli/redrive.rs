//! `runwright redrive ID`: a new execution from a step of an old one.

use clap::Args;

use super::Exit;
use super::error::CliError;
use super::restart_args::RestartArgs;
use super::screen::Screen;
use crate::automation::RedriveRequest;

const AFTER_HELP: &str = "\
Examples:
  runwright redrive last
  runwright redrive 3fa85f64 --from verify
  runwright redrive last -p Force=true
  runwright redrive last --document restart.yaml

A redrive is a new execution: the steps before the chosen one keep what they gave, and that one and what follows run. \
Without --from it is the first step that made the execution end as it did. The runbook is its file as it is now, so \
that a mended step is run as mended; when a step that is kept has changed, nothing runs until you say which runbook you \
mean: --document FILE, or --original for the one that the execution had.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct RedriveArgs {
    /// The first step that is run again
    #[arg(long, value_name = "STEP")]
    from: Option<String>,
    #[command(flatten)]
    restart: RestartArgs,
}

/// Starts a new execution from a step of an old one.
pub(super) fn redrive(args: &RedriveArgs, verbose: bool, screen: Screen) -> Result<Exit, CliError> {
    args.restart.run(verbose, screen, |automation, restart, observer| {
        automation.plan_redrive(RedriveRequest { from: args.from.clone(), restart }, observer)
    })
}
