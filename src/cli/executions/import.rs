//! `runwright executions import FILE`

use clap::{Args, ValueHint};

use crate::automation::{Automation, ImportRequest, Persistence};
use crate::cli::error::CliError;
use crate::cli::output::tell;
use crate::cli::runtime::runtime;
use crate::cli::state::StateArgs;
use crate::cli::{Exit, read};
use crate::limits::ARCHIVE_BYTES;
use crate::report::one_line;

const AFTER_HELP: &str = "\
Examples:
  runwright executions import incident-7.json
  ssh other runwright executions export last - | runwright executions import -

A file that was changed after it was exported is refused, and so is one that a newer version wrote. An execution that \
has not ended is `Interrupted` here and can be resumed; make sure that nobody carries it on elsewhere.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct ImportArgs {
    /// The file that `export` wrote; `-` is standard input
    #[arg(value_hint = ValueHint::FilePath)]
    file: String,
    #[command(flatten)]
    state: StateArgs,
}

/// Imports an execution.
pub(super) fn import(args: &ImportArgs) -> Result<Exit, CliError> {
    let (name, bytes) = read::json_map(&args.file, ARCHIVE_BYTES)?;
    let request = ImportRequest::read(&name, bytes)?;
    let journal = args.state.journal()?;
    let folder = one_line(&journal.folder().to_string_lossy()).into_owned();
    let automation = Automation::new(Persistence::Journal(journal));
    let imported = runtime()?.block_on(automation.import(request))?;
    if imported.was_present {
        tell(&format!("execution {} is here already, and the same\n", imported.id));
    } else {
        tell(&format!("execution {} is in {folder}\n", imported.id));
    }
    Ok(Exit::Success)
}
