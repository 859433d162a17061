//! `runwright functions …`: functions on this machine.

mod bootstrap;
mod invoke;
mod list;
mod serve;

use std::ffi::OsString;
use std::path::Path;

use clap::{Args, Subcommand};

use super::Exit;
use super::args::LocalArgs;
use super::error::CliError;
use super::foreground::NoticeObserver;
use super::screen::Screen;
use crate::automation::load_functions;
use crate::local_lambda::Functions;

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
    /// Serve the functions on a port, for any AWS client
    Serve(serve::ServeArgs),
    /// Invoke one function once
    Invoke(invoke::InvokeArgs),
    /// Be the bootstrap of a function whose handler is any program
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

/// The functions of the template that the arguments name.
fn given(local: &LocalArgs, screen: Screen) -> Result<Functions, CliError> {
    if let Some(template) = &local.functions {
        return load(template, None, screen);
    }
    let error = CliError::usage("no functions are given");
    Err(match nearby(Path::new("")) {
        Some(found) => error.help(format!("there is a template here: --functions {found}")),
        None => error.help("give a SAM or CloudFormation template: --functions template.yaml"),
    })
}

/// Reads a template, and reports what of it has no effect on this machine.
pub(super) fn load(template: &str, region: Option<&str>, screen: Screen) -> Result<Functions, CliError> {
    Ok(load_functions(template, region, &NoticeObserver { screen })?)
}

/// An error with the hint that functions can run on this machine, where the runbook has a template beside it. It is never
/// used without being named.
pub(super) fn hint_at_template(error: CliError, file: &str) -> CliError {
    let folder = Path::new(file).parent().unwrap_or(Path::new("."));
    match nearby(folder) {
        Some(template) if error.is_unconnected => {
            error.help(format!("to run the functions on this machine: --functions {template}"))
        }
        Some(_) | None => error,
    }
}

/// A template that stands in a folder, for suggestions only.
fn nearby(folder: &Path) -> Option<String> {
    let names = ["template.yaml", "template.yml", "functions/template.yaml", "functions/template.yml"];
    names.iter().map(|name| folder.join(name)).find(|file| file.is_file()).map(|file| file.display().to_string())
}

/// A runtime of one thread, for what waits on functions and does little itself.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::new(Exit::Internal, format!("no event loop could be made: {error}")))
}

/// The command line of `functions bootstrap`, where it is the command.
pub(super) type BootstrapCommand = Vec<OsString>;
