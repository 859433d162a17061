//! `runwright graph FILE|ID`

use std::path::Path;

use super::error::CliError;
use super::outfile::OutFile;
use super::output::{Format, give_as};
use super::read::STDIN;
use super::runtime::wait;
use super::state::StateArgs;
use super::{Exit, documents};
use crate::automation::{OpenJournal, document_identity, load_models, read_executed_runbook, replay_history};
use crate::clock::{Clock, SystemClock};
use crate::graph::{Graph, dot, mermaid, svg};
use crate::presentation::graph_marks;
use crate::report::one_line;
use crate::store::Entry;
use clap::{Args, ValueEnum, ValueHint};

const AFTER_HELP: &str = "\
Examples:
  runwright graph restart.yaml                          Mermaid, for a README or a wiki
  runwright graph restart.yaml --format svg -o restart.svg
  runwright graph last --format svg -o last.svg         the newest execution
  runwright graph 4105a4fc --format dot | dot -Tpdf -o restart.pdf

A step without a failure edge stops the execution when it fails. The graph of an execution shows the runbook it was \
started with: each step with its status and duration, the path taken in bold, the rest faint.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct GraphArgs {
    /// Runbook (`-` reads standard input), or execution: its ID, a unique prefix of it, or `last`
    #[arg(value_name = "FILE|ID", value_hint = ValueHint::FilePath)]
    subject: String,
    /// Output format
    #[arg(long, value_name = "FORM", value_enum, default_value_t = GraphFormat::Mermaid, help_heading = "Output")]
    format: GraphFormat,
    /// Write the graph to this file instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    out: Option<String>,
    #[command(flatten)]
    state: StateArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GraphFormat {
    /// Flowchart that GitHub and GitLab render
    Mermaid,
    /// DOT, the language of Graphviz
    Dot,
    /// SVG image
    Svg,
}

/// Draws a runbook or an execution.
pub(super) fn graph(args: &GraphArgs) -> Result<Exit, CliError> {
    let graph = match &*args.subject {
        "" => {
            return Err(CliError::usage("the runbook or execution is an empty text")
                .help("write a file, an execution ID, or `last`"));
        }
        STDIN => of_file(STDIN)?,
        // A file has precedence: an execution can be named by its whole id.
        subject if Path::new(subject).exists() && !Path::new(subject).is_dir() => of_file(subject)?,
        subject => {
            let (journal, entry) = args.state.find(subject).map_err(|error| neither(subject, error))?;
            of_execution(&journal, &entry)?
        }
    };
    let (format, text) = match args.format {
        GraphFormat::Mermaid => (Format::Text, mermaid(&graph)),
        GraphFormat::Dot => (Format::Text, dot(&graph)),
        GraphFormat::Svg => (Format::Xml, svg(&graph)),
    };
    match &args.out {
        Some(out) => OutFile::prepare(out)?.write(format, text.as_bytes())?,
        None => give_as(format, &text)?,
    }
    Ok(Exit::Success)
}

fn of_file(file: &str) -> Result<Graph, CliError> {
    let (source, runbook) = documents::validate(file, None, &*load_models(None)?)?.usable()?;
    Ok(Graph::of_runbook(&document_identity(file, source.text()).name, &runbook))
}

fn of_execution(journal: &OpenJournal, entry: &Entry) -> Result<Graph, CliError> {
    let events = wait(async { Ok(journal.store().history(&entry.id).await?) })?;
    let execution = replay_history(&entry.id, &events)?;
    let runbook = wait(read_executed_runbook(journal.store(), &execution))?;
    let name = &execution.started().document.name;
    let marks = graph_marks(&entry.status, events.last().map(|last| last.at), SystemClock.now());
    Ok(Graph::of_runbook(name, &runbook).marked(&execution, &marks))
}

/// The error for a text that names neither a file nor an execution.
fn neither(subject: &str, error: CliError) -> CliError {
    if error.exit != Exit::Usage {
        return error;
    }
    let what = if Path::new(subject).is_dir() { "is a folder" } else { "no such file" };
    let told = CliError::usage(format!("{}: {what}, and {}", one_line(subject), error.message));
    match error.help {
        Some(help) => told.help(help),
        None => told,
    }
}
