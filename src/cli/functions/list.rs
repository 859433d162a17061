//! `runwright functions list`

use clap::{Args, ValueEnum};

use crate::cli::error::CliError;
use crate::cli::output::{give, give_json};
use crate::cli::screen::Screen;
use crate::cli::shared_args::LocalArgs;
use crate::cli::{Exit, local_functions};
use crate::presentation::{ListedFunction, render_functions};

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    local: LocalArgs,
    /// Output format
    #[arg(long, value_name = "FORM", value_enum, default_value_t = ListOutput::Text)]
    output: ListOutput,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ListOutput {
    /// Table
    Text,
    /// JSON document
    Json,
}

/// Lists the functions of a template, in its order.
pub(super) fn list(args: &ListArgs, screen: Screen) -> Result<Exit, CliError> {
    let functions = local_functions::from_args(&args.local, screen)?;
    let listed: Vec<ListedFunction<'_>> = functions.iter().map(|function| ListedFunction::from(&**function)).collect();
    match args.output {
        ListOutput::Json => give_json(&listed)?,
        ListOutput::Text => give(&render_functions(&listed, screen.results))?,
    }
    Ok(Exit::Success)
}
