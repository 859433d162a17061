//! `runwright executions export ID [FILE]`

use clap::{Args, ValueHint};

use super::history::{History, find, journal};
use crate::cli::Exit;
use crate::cli::error::{CliError, tell};
use crate::cli::outfile::OutFile;
use crate::cli::output::Format;
use crate::cli::read::STDIN;
use crate::cli::state::{StateArgs, store_error};
use crate::report::one_line;
use crate::store::{Archive, ArchivedLine};

const AFTER_HELP: &str = "\
Examples:
  runwright executions export last
  runwright executions export 4105a4fc incident-7.json
  runwright executions export 4105a4fc - | ssh other runwright executions import -

The file has the runbook's text, every event, the log and a hash over all of it. What was hidden while it ran is hidden \
in it; everything else that the functions got and gave stands in it, \
so a new file is readable by you alone.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct ExportArgs {
    /// The execution: its id, the beginning of it, or `last`
    id: String,
    /// The file; `-` is standard output [default: ID.json]
    #[arg(value_hint = ValueHint::FilePath)]
    file: Option<String>,
    #[command(flatten)]
    state: StateArgs,
}

/// Writes an execution to one file.
pub(super) fn export(args: &ExportArgs) -> Result<Exit, CliError> {
    let journal = journal(&args.state)?;
    let entry = find(&journal, &args.id)?;
    let history = History::read(&journal, &entry)?;
    let document = journal.document(&entry.document.sha256).map_err(|error| store_error(&error))?.ok_or_else(|| {
        CliError::new(Exit::Journal, format!("the text of the runbook of execution {} is not kept", entry.id))
    })?;
    let lines = journal.log_lines(&entry.id, 0).map_err(|error| store_error(&error))?;
    let archive = Archive {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        document,
        events: history.events,
        log: lines
            .into_iter()
            .map(|(_, line)| ArchivedLine {
                at: line.at,
                step: line.step.to_string(),
                attempt: line.attempt,
                function: line.function,
                text: line.text,
            })
            .collect(),
    };
    let text = archive
        .write()
        .map_err(|error| CliError::new(Exit::Internal, format!("the execution has no JSON form: {error}")))?;
    let name = args.file.clone().unwrap_or_else(|| format!("{}.json", entry.id));
    OutFile::private(&name)?.write(Format::Json, text.as_bytes())?;
    if name != STDIN {
        tell(&format!("execution {} is in {}\n", entry.id, one_line(&name)));
    }
    Ok(Exit::Success)
}
