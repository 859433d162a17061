//! `runwright executions import FILE`

use clap::{Args, ValueHint};

use crate::cli::error::{CliError, tell};
use crate::cli::state::{StateArgs, store_error};
use crate::cli::{Exit, functions, read};
use crate::limits::ARCHIVE_BYTES;
use crate::name::StepName;
use crate::report::one_line;
use crate::store::{Archive, ArchiveError, StoredLine};

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

/// Takes an execution in.
pub(super) fn import(args: &ImportArgs) -> Result<Exit, CliError> {
    let (name, bytes) = read::json_map(&args.file, ARCHIVE_BYTES)?;
    let name = one_line(&name);
    if bytes.len() > ARCHIVE_BYTES {
        return Err(CliError::new(Exit::Invalid, format!("{name}: it has more than {ARCHIVE_BYTES} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|_| {
        CliError::new(Exit::Invalid, format!("{name}: it is not UTF-8, so it is no exported execution"))
    })?;
    let archive = Archive::read(&text).map_err(|error| refused(&name, &error))?;
    drop(text);
    let Some(started) = archive.started() else {
        return Err(CliError::new(Exit::Invalid, format!("{name}: it has no events")));
    };
    let id = &started.execution;
    let journal = args.state.journal()?;
    let is_here = journal.entry(id).map_err(|error| store_error(&error))?.is_some();
    if is_here && journal.events(id, 0).map_err(|error| store_error(&error))? != archive.events {
        let told = format!("{name}: execution {id} is here already, with another history");
        return Err(
            CliError::new(Exit::Conflict, told).help("to have both, take it into another folder: --state-dir FOLDER")
        );
    }
    let lines = archive.log.iter().map(|line| StoredLine {
        at: line.at,
        step: StepName::from(line.step.as_str()),
        attempt: line.attempt,
        function: line.function.clone(),
        text: line.text.clone(),
    });
    let lines: Vec<(u64, StoredLine)> = (1..).zip(lines).collect();
    functions::runtime()?
        .block_on(async {
            if !is_here {
                journal.import(&archive.document, &archive.events).await?;
            }
            // Also for one that is here: an import that was broken off may have left its log behind.
            if lines.is_empty() { Ok(()) } else { journal.import_lines(id, lines).await }
        })
        .map_err(|error| store_error(&error))?;
    if is_here {
        tell(&format!("execution {id} is here already, and the same\n"));
        return Ok(Exit::Success);
    }
    tell(&format!("execution {id} is in {}\n", one_line(&journal.folder().to_string_lossy())));
    Ok(Exit::Success)
}

fn refused(name: &str, error: &ArchiveError) -> CliError {
    let exit = match error {
        ArchiveError::UnknownEvent { .. } => Exit::Journal,
        ArchiveError::Json(_)
        | ArchiveError::Foreign
        | ArchiveError::Newer { .. }
        | ArchiveError::Tampered { .. }
        | ArchiveError::Field { .. }
        | ArchiveError::Disorder(_)
        | ArchiveError::OtherDocument { .. } => Exit::Invalid,
    };
    let told = CliError::new(exit, format!("{name}: {}", one_line(&error.to_string())));
    match error {
        ArchiveError::Json(_) | ArchiveError::Foreign => {
            told.help("`runwright executions export` writes the files that can be taken in")
        }
        ArchiveError::Newer { .. } | ArchiveError::UnknownEvent { .. } => told.help("use that version, or a newer one"),
        ArchiveError::Tampered { .. } | ArchiveError::OtherDocument { .. } => {
            told.help("export the execution again where it ran")
        }
        ArchiveError::Field { .. } | ArchiveError::Disorder(_) => {
            told.help("its hash is right, so a program wrote it so; export the execution again where it ran")
        }
    }
}
