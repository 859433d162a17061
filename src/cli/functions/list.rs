//! `runwright functions list`

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::cli::Exit;
use crate::cli::error::CliError;
use crate::cli::local_functions;
use crate::cli::output::{give, give_json};
use crate::cli::screen::Screen;
use crate::cli::shared_args::LocalArgs;
use crate::local_lambda::Function;
use crate::report::one_line;

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    local: LocalArgs,
    /// The form of the list
    #[arg(long, value_name = "FORM", value_enum, default_value_t = ListOutput::Text)]
    output: ListOutput,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ListOutput {
    /// A table
    Text,
    /// One JSON document
    Json,
}

/// A function in the JSON form: stable, fields may be added. Names are those of the Lambda API where it has them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Listed<'a> {
    function_name: &'a str,
    logical_id: &'a str,
    description: &'a str,
    runtime: String,
    handler: &'a str,
    timeout: u64,
    memory_size: u32,
    /// Why it cannot be run here.
    #[serde(skip_serializing_if = "Option::is_none")]
    unavailable: Option<String>,
}

impl<'a> From<&'a Function> for Listed<'a> {
    fn from(function: &'a Function) -> Self {
        Self {
            function_name: &function.name,
            logical_id: &function.logical_id,
            description: &function.description,
            runtime: function.runtime.to_string(),
            handler: &function.handler,
            timeout: function.timeout.as_secs(),
            memory_size: function.memory_megabytes,
            unavailable: function.unavailable(),
        }
    }
}

/// Lists the functions of a template, in its order.
pub(super) fn list(args: &ListArgs, screen: Screen) -> Result<Exit, CliError> {
    let functions = local_functions::given(&args.local, screen)?;
    let listed: Vec<Listed<'_>> = functions.iter().map(|function| Listed::from(&**function)).collect();
    match args.output {
        ListOutput::Json => give_json(&listed)?,
        ListOutput::Text => give(&table(&listed, screen))?,
    }
    Ok(Exit::Success)
}

fn table(listed: &[Listed<'_>], screen: Screen) -> String {
    let palette = screen.results;
    let width =
        |of: &dyn Fn(&Listed<'_>) -> usize, least: usize| listed.iter().map(of).max().unwrap_or_default().max(least);
    let names = width(&|function| function.function_name.chars().count(), 4);
    let runtimes = width(&|function| function.runtime.chars().count(), 7);
    let head = format!("{:<names$}  {:<runtimes$}  {:>7}  {}", "NAME", "RUNTIME", "TIMEOUT", "DESCRIPTION");
    let mut text = format!("{}\n", palette.faint(&head));
    for function in listed {
        let timeout = format!("{}s", function.timeout);
        let name = palette.strong(&format!("{:<names$}", one_line(function.function_name)));
        let description = one_line(function.description);
        let line = format!("{name}  {:<runtimes$}  {timeout:>7}  {description}", one_line(&function.runtime));
        text.push_str(&format!("{}\n", line.trim_end()));
        if let Some(reason) = &function.unavailable {
            text.push_str(&format!("  {}\n", palette.error(&format!("cannot be run here: {}", one_line(reason)))));
        }
    }
    text
}
