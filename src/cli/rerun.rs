//! `runwright rerun ID`: a new execution like an old one.

use clap::Args;

use super::Exit;
use super::error::CliError;
use super::restart_args::RestartArgs;
use super::screen::Screen;

const AFTER_HELP: &str = "\
Examples:
  runwright rerun last
  runwright rerun 3fa85f64 -p Force=true
  runwright rerun 3fa85f64 --targets web-01,web-02

A rerun is a new execution from the beginning, with the same parameters. It uses the current runbook file; --original \
uses the stored runbook.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct RerunArgs {
    #[command(flatten)]
    restart: RestartArgs,
}

/// Starts a new execution like an old one.
pub(super) fn rerun(args: &RerunArgs, verbose: bool, screen: Screen) -> Result<Exit, CliError> {
    args.restart
        .run(verbose, screen, async |automation, restart, observer| automation.plan_rerun(restart, observer).await)
}
