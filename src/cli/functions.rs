//! `runwright functions …`: functions on this machine.

mod bootstrap;
mod invoke;
mod list;
mod serve;

use std::ffi::OsString;

use clap::{Args, Subcommand};

use super::Exit;
use super::error::CliError;
use super::screen::Screen;

pub(super) use bootstrap::{bootstrap, bootstrap_command};

#[derive(Debug, Args)]
pub(super) struct FunctionsArgs {
    #[command(subcommand)]
    command: FunctionsCommand,
}

#[derive(Debug, Subcommand)]
enum FunctionsCommand {
    /// List the functions of a template
    List(list::ListArgs),
    /// Serve the functions on a port to any AWS client
    Serve(serve::ServeArgs),
    /// Invoke one function
    Invoke(invoke::InvokeArgs),
    /// Act as a custom-runtime bootstrap for any program
    Bootstrap(bootstrap::BootstrapArgs),
}

/// Runs one of the commands.
pub(super) fn functions(args: FunctionsArgs, screen: Screen) -> Result<Exit, CliError> {
    match args.command {
        FunctionsCommand::List(args) => list::list(&args, screen),
        FunctionsCommand::Serve(args) => serve::serve(&args, screen),
        FunctionsCommand::Invoke(args) => invoke::invoke(&args, screen),
        FunctionsCommand::Bootstrap(args) => Ok(bootstrap(&args.command())),
    }
}

/// The command line of `functions bootstrap`, where it is the command.
pub(super) type BootstrapCommand = Vec<OsString>;
