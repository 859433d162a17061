//! `runwright python show`

use std::sync::Arc;

use clap::{Args, ValueEnum, ValueHint};

use crate::automation::{offered_runtimes, script_runtimes};
use crate::aws::Models;
use crate::cli::error::CliError;
use crate::cli::interpreter_args::InterpreterArgs;
use crate::cli::notices::NoticeObserver;
use crate::cli::output::{give, give_json};
use crate::cli::runtime::runtime;
use crate::cli::screen::Screen;
use crate::cli::state::StateArgs;
use crate::cli::{Exit, documents};
use crate::presentation::{ListedRuntime, render_runtimes};

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// Runbook whose runtimes are shown [default: the runtimes that AWS offers]
    #[arg(value_hint = ValueHint::FilePath)]
    file: Option<String>,
    #[command(flatten)]
    interpreters: InterpreterArgs,
    #[command(flatten)]
    state: StateArgs,
    /// Output format
    #[arg(long, value_name = "FORM", value_enum, default_value_t = ShowOutput::Text)]
    output: ShowOutput,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ShowOutput {
    /// Table
    Text,
    /// JSON document
    Json,
}

/// Shows the choice for each runtime; fails if one has no interpreter.
pub(super) fn show(args: &ShowArgs, screen: Screen) -> Result<Exit, CliError> {
    let runtimes = match &args.file {
        Some(file) => script_runtimes(&documents::validate(file, None, &Models::shared())?.usable()?.1),
        None => offered_runtimes(),
    };
    let options = args.interpreters.options(&args.state, screen);
    let choices = runtime()?.block_on(options.choices(&runtimes, Arc::new(NoticeObserver { screen })));
    let listed: Vec<ListedRuntime> = choices.iter().map(ListedRuntime::from).collect();
    match args.output {
        ShowOutput::Json => give_json(&listed)?,
        ShowOutput::Text => give(&render_runtimes(&listed, screen.results))?,
    }
    let is_missing = args.file.is_some() && choices.iter().any(|choice| choice.found.is_err());
    Ok(if is_missing { Exit::Failed } else { Exit::Success })
}
