//! `runwright python …`: the interpreters of scripts.

mod install;
mod show;

use clap::{Args, Subcommand};

use super::Exit;
use super::error::CliError;
use super::screen::Screen;

#[derive(Debug, Args)]
pub(super) struct PythonArgs {
    #[command(subcommand)]
    command: PythonCommand,
}

#[derive(Debug, Subcommand)]
enum PythonCommand {
    /// Make the private Python environment with boto3, unless it exists
    Install(install::InstallArgs),
    /// Show which interpreter each runtime of scripts uses, and why
    Show(show::ShowArgs),
}

/// Runs one of the commands.
pub(super) fn python(args: &PythonArgs, screen: Screen) -> Result<Exit, CliError> {
    match &args.command {
        PythonCommand::Install(args) => install::install(args, screen),
        PythonCommand::Show(args) => show::show(args, screen),
    }
}
