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

A redrive is a new execution: it reuses the results of the steps before the chosen one, and runs that step and all \
that follow. Without --from it starts at the first step that caused the execution's final status. It uses the current \
runbook file, so a fixed step runs as fixed. If a reused step has changed, choose the runbook: --document FILE, or \
--original for the stored one.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct RedriveArgs {
    /// First step to run again [default: the step that failed]
    #[arg(long, value_name = "STEP")]
    from: Option<String>,
    #[command(flatten)]
    restart: RestartArgs,
}

/// Starts a new execution from a step of an old one.
pub(super) fn redrive(args: &RedriveArgs, verbose: bool, screen: Screen) -> Result<Exit, CliError> {
    args.restart.run(verbose, screen, async |automation, restart, observer| {
        automation.plan_redrive(RedriveRequest { from: args.from.clone(), restart }, observer).await
    })
}
