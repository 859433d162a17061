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

The import refuses a file that was changed after its export, and one from a newer version. An execution that has not \
ended is `Interrupted` after the import and can be resumed; make sure that no other machine still runs it.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct ImportArgs {
    /// File that `export` wrote; `-` reads standard input
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
        tell(&format!("execution {} is already in the journal, unchanged\n", imported.id));
    } else {
        tell(&format!("imported execution {} into {folder}\n", imported.id));
    }
    Ok(Exit::Success)
}
