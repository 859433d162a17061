//! `--state-dir`: where the journal is.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, ValueHint};

use super::error::CliError;
use super::output::tell;
use super::runtime::runtime;
use super::{Exit, panic};
use crate::automation::{Automation, AutomationError, OpenJournal, Persistence};
use crate::files::ForeignAccess;
use crate::report::one_line;
use crate::store::{Entry, FindError, StoreError, find_foreign_access};

/// Where executions are stored.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Journal")]
pub(super) struct StateArgs {
    /// Folder of the journal [default: $XDG_STATE_HOME/runwright, else ~/.local/state/runwright]
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(super) state_dir: Option<String>,
}

impl StateArgs {
    /// The folder, whether it is there or not.
    pub(super) fn folder(&self) -> Result<PathBuf, CliError> {
        if let Some(folder) = &self.state_dir {
            if folder.is_empty() {
                return Err(CliError::usage("--state-dir is empty"));
            }
            return Ok(PathBuf::from(folder));
        }
        // As the XDG Base Directory Specification says: a relative path there is no path.
        let xdg = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || std::env::var_os("HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let state = xdg.or_else(|| home().map(|home| home.join(".local/state")));
        state.map(|state| state.join("runwright")).ok_or_else(|| {
            CliError::usage("cannot choose a folder for the journal: neither XDG_STATE_HOME nor HOME is set")
                .help("use --state-dir FOLDER; to run without a journal: runwright run FILE --ephemeral")
        })
    }

    /// The journal; it is made when there is none.
    pub(super) fn journal(&self) -> Result<OpenJournal, CliError> {
        let folder = self.folder()?;
        let journal = OpenJournal::create(&folder).map_err(|error| store_error(&error))?;
        warn_of_others(&folder);
        panic::leave_executions_of(&journal);
        Ok(journal)
    }

    /// The journal, when there is one.
    pub(super) fn existing(&self) -> Result<Option<OpenJournal>, CliError> {
        let folder = self.folder()?;
        let journal = OpenJournal::open_existing(&folder).map_err(|error| store_error(&error))?;
        if journal.is_some() {
            warn_of_others(&folder);
        }
        Ok(journal)
    }

    /// The journal, which has to be there, for operations on its executions.
    pub(super) fn automation(&self) -> Result<Automation, CliError> {
        let journal = self.existing()?.ok_or(()).or_else(|()| {
            let folder = self.folder()?;
            Err::<_, CliError>(AutomationError::NoJournal { folder }.into())
        })?;
        Ok(Automation::new(Persistence::Journal(journal)))
    }

    /// The journal and the execution that was named in it.
    pub(super) fn find(&self, named: &str) -> Result<(OpenJournal, Entry), CliError> {
        let automation = self.automation()?;
        let entry = find(&automation, named)?;
        let journal = automation.persistence().journal().cloned();
        // It is there: the execution was found in it.
        journal.map(|journal| (journal, entry)).ok_or_else(|| CliError::new(Exit::Internal, "there is no journal"))
    }
}

/// The execution that was named in a journal: by its id, the beginning of it, or `last`.
pub(super) fn find(automation: &Automation, named: &str) -> Result<Entry, CliError> {
    let found = runtime()?.block_on(automation.find(named));
    found.map_err(|error| {
        let is_missing = matches!(&error, AutomationError::Find(missing) if !matches!(missing, FindError::Store(_)));
        let mut told = CliError::from(error);
        if let Some(journal) = automation.persistence().journal().filter(|_| is_missing) {
            told.message = format!("{} in {}", told.message, journal.folder().display());
        }
        told
    })
}

/// A journal that cannot be used.
pub(super) fn store_error(error: &StoreError) -> CliError {
    let told = CliError::new(Exit::Journal, error.to_string());
    match error.help() {
        Some(help) => told.help(help),
        None => told,
    }
}

/// Warns of a journal that others may change; once in a process.
fn warn_of_others(folder: &Path) {
    static IS_WARNED: AtomicBool = AtomicBool::new(false);
    let Some(found) = find_foreign_access(folder) else { return };
    let remedy = match &found {
        ForeignAccess::Owner { .. } => "use a folder of your own: --state-dir FOLDER".to_owned(),
        ForeignAccess::Writable { path, mode, .. } => format!("`chmod {mode} {}`", path.display()),
    };
    if !IS_WARNED.swap(true, Ordering::Relaxed) {
        let warning = format!("other users can change the journal, and so what it runs: {found}; {remedy}");
        tell(&format!("warning: {}\n", one_line(&warning)));
    }
}
