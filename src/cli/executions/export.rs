//! `runwright executions export ID [FILE]`

use clap::{Args, ValueHint};

use crate::cli::Exit;
use crate::cli::error::CliError;
use crate::cli::foreground::automation_of;
use crate::cli::outfile::OutFile;
use crate::cli::output::{Format, tell};
use crate::cli::read::STDIN;
use crate::cli::runtime::wait;
use crate::cli::state::StateArgs;
use crate::report::one_line;

const AFTER_HELP: &str = "\
Examples:
  runwright executions export last
  runwright executions export 4105a4fc incident-7.json
  runwright executions export 4105a4fc - | ssh other runwright executions import -

The file contains the runbook's text, every event, the log and a checksum. Values that were redacted during the run are \
redacted in it. It contains all other inputs and outputs of functions, so only you can read a new file.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct ExportArgs {
    /// Execution ID, a unique prefix of one, or `last`
    id: String,
    /// File to write; `-` writes to standard output [default: ID.json]
    #[arg(value_hint = ValueHint::FilePath)]
    file: Option<String>,
    #[command(flatten)]
    state: StateArgs,
}

/// Writes an execution to one file.
pub(super) fn export(args: &ExportArgs) -> Result<Exit, CliError> {
    let (journal, entry) = args.state.find(&args.id)?;
    let text = wait(automation_of(&journal).export(&entry.id))?;
    let name = args.file.clone().unwrap_or_else(|| format!("{}.json", entry.id));
    OutFile::private(&name)?.write(Format::Json, text.as_bytes())?;
    if name != STDIN {
        tell(&format!("exported execution {} to {}\n", entry.id, one_line(&name)));
    }
    Ok(Exit::Success)
}
