//! `runwright python install`

use std::sync::Arc;

use clap::Args;

use crate::cli::Exit;
use crate::cli::error::CliError;
use crate::cli::interpreter_args::InterpreterArgs;
use crate::cli::notices::NoticeObserver;
use crate::cli::output::{give, tell};
use crate::cli::runtime::wait;
use crate::cli::screen::Screen;
use crate::cli::state::StateArgs;
use crate::report::one_line;

const AFTER_HELP: &str = "\
Examples:
  runwright python install                            downloads boto3 from the package index of pip
  runwright python install --wheels /media/wheels     without a network
  runwright python install --python /opt/python3.12/bin/python3

Scripts that import boto3 use the environment if their Python has no boto3. It is in the folder of the journal, and is made \
from pinned packages whose hashes are checked. Standard output gets the path of its Python.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct InstallArgs {
    #[command(flatten)]
    interpreters: InterpreterArgs,
    #[command(flatten)]
    state: StateArgs,
}

/// Makes the environment.
pub(super) fn install(args: &InstallArgs, screen: Screen) -> Result<Exit, CliError> {
    let options = args.interpreters.for_installation(&args.state)?;
    let installed = wait(options.install_environment(Arc::new(NoticeObserver { screen })))?;
    let state = if installed.is_new { "made" } else { "exists" };
    let folder = installed.folder.display().to_string();
    tell(&format!("the Python environment with boto3 {} {state}: {}\n", installed.boto3, one_line(&folder)));
    give(&format!("{}\n", one_line(&installed.program.display().to_string())))?;
    Ok(Exit::Success)
}
