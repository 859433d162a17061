//! `runwright executions …`: shows, moves and removes stored executions.
//!
//! Owns: a file for each subcommand, and their common layout ([`history`]). Does not own: reading executions
//! (`automation`), rendering them (`report::history`), or storing them (`store`). Nothing here runs a step.

mod diff;
mod events;
mod export;
mod history;
mod import;
mod list;
mod logs;
mod prune;
mod show;

use clap::{Args, Subcommand};

use super::Exit;
use super::error::CliError;
use super::screen::Screen;

#[derive(Debug, Args)]
pub(super) struct ExecutionsArgs {
    #[command(subcommand)]
    command: ExecutionsCommand,
}

#[derive(Debug, Subcommand)]
enum ExecutionsCommand {
    /// List executions, newest first
    List(list::ListArgs),
    /// Show one execution: steps, attempts, inputs, outputs and errors
    Show(show::ShowArgs),
    /// Show what local functions and scripts of an execution wrote
    Logs(logs::LogsArgs),
    /// Show every event of an execution
    Events(events::EventsArgs),
    /// Export an execution to a file
    Export(export::ExportArgs),
    /// Import an exported execution
    Import(import::ImportArgs),
    /// Compare two executions
    Diff(diff::DiffArgs),
    /// Remove executions that ended a given time ago
    Prune(prune::PruneArgs),
}

/// Runs one of the commands.
pub(super) fn executions(args: &ExecutionsArgs, verbose: bool, screen: Screen) -> Result<Exit, CliError> {
    match &args.command {
        ExecutionsCommand::List(args) => list::list(args, screen),
        ExecutionsCommand::Show(args) => show::show(args, screen),
        ExecutionsCommand::Logs(args) => logs::logs(args, screen),
        ExecutionsCommand::Events(args) => events::events(args, verbose, screen),
        ExecutionsCommand::Export(args) => export::export(args),
        ExecutionsCommand::Import(args) => import::import(args),
        ExecutionsCommand::Diff(args) => diff::diff(args, screen),
        ExecutionsCommand::Prune(args) => prune::prune(args, screen),
    }
}
