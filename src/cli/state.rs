//! `--state-dir`: where the journal is.

mod access;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueHint};

use super::error::CliError;
use super::{Exit, panic};
use crate::clock::SystemClock;
use crate::store::{Entry, FindError, Journal, StoreError};

/// Where executions are kept.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Journal")]
pub(super) struct StateArgs {
    /// The folder of the journal [default: $XDG_STATE_HOME/runwright, else ~/.local/state/runwright]
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(super) state_dir: Option<String>,
}

impl StateArgs {
    /// The folder, whether it is there or not.
    pub(super) fn folder(&self) -> Result<PathBuf, CliError> {
        if let Some(folder) = &self.state_dir {
            if folder.is_empty() {
                return Err(CliError::usage("--state-dir names no folder"));
            }
            return Ok(PathBuf::from(folder));
        }
        // As the XDG Base Directory Specification says: a relative path there is no path.
        let xdg = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || std::env::var_os("HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let state = xdg.or_else(|| home().map(|home| home.join(".local/state")));
        state.map(|state| state.join("runwright")).ok_or_else(|| {
            CliError::usage("there is no folder for the journal: neither XDG_STATE_HOME nor HOME is set")
                .help("name one with --state-dir FOLDER, or keep nothing with --ephemeral")
        })
    }

    /// The journal; it is made when there is none.
    pub(super) fn journal(&self) -> Result<Arc<Journal>, CliError> {
        let folder = self.folder()?;
        let journal = Journal::create(&folder, Arc::new(SystemClock)).map_err(|error| store_error(&error))?;
        access::warn_of_others(&folder);
        let journal = Arc::new(journal);
        panic::leave_executions_of(&journal);
        Ok(journal)
    }

    /// The journal, when there is one.
    pub(super) fn existing(&self) -> Result<Option<Arc<Journal>>, CliError> {
        let folder = self.folder()?;
        let journal = Journal::existing(&folder, Arc::new(SystemClock)).map_err(|error| store_error(&error))?;
        if journal.is_some() {
            access::warn_of_others(&folder);
        }
        Ok(journal.map(Arc::new))
    }

    /// The journal and the execution that was named in it.
    pub(super) fn find(&self, given: &str) -> Result<(Arc<Journal>, Entry), CliError> {
        let Some(journal) = self.existing()? else {
            let folder = self.folder()?;
            return Err(CliError::usage(format!("there are no executions in {}", folder.display()))
                .help("`runwright run FILE` starts one; --state-dir names another folder"));
        };
        let entry = journal.find(given).map_err(|error| not_found(error, journal.folder()))?;
        Ok((journal, entry))
    }
}

/// An execution that could not be found.
pub(super) fn not_found(error: FindError, folder: &Path) -> CliError {
    match error {
        FindError::Store(error) => store_error(&error),
        other => {
            let told = CliError::usage(format!("{other} in {}", folder.display()));
            match other.help() {
                Some(help) => told.help(help),
                None => told,
            }
        }
    }
}

/// A journal that cannot be used.
pub(super) fn store_error(error: &StoreError) -> CliError {
    let told = CliError::new(Exit::Journal, error.to_string());
    match error.help() {
        Some(help) => told.help(help),
        None => told,
    }
}
