//! Detects local functions that outlive their process: its executions are resumed only after they have ended.
//!
//! A process that runs local functions creates a second file beside that of its own lock, and locks it too. The
//! supervisor of its functions holds the same open file. When the process ends, its own lock is released at once and
//! its executions are interrupted; this lock is released once no process of a function is left.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use rusqlite::Connection;

use super::process::Process;
use crate::store::Claim;

/// The extension of the file; its name begins with the id of the process.
const ENDING: &str = ".functions";

/// The longest process id in decimal digits.
const PID_BYTES: u64 = 10;

impl Process {
    fn functions_file(&self, process: &str) -> PathBuf {
        self.folder().join(format!("{process}{ENDING}"))
    }

    /// Creates the file and locks it.
    pub(super) fn hold_functions(&self) -> std::io::Result<File> {
        let path = self.functions_file(self.id());
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        // Without locks no process waits.
        if let Err(error) = file.lock() {
            tracing::debug!(%error, "no locks on this file system: no process waits for functions of an ended process");
        }
        write!(file, "{}", std::process::id())?;
        Ok(file)
    }

    /// Whether functions of another process may still run.
    pub(super) fn has_functions(&self, process: &str) -> bool {
        process != self.id() && self.is_functions_lock_held(process)
    }

    fn is_functions_lock_held(&self, process: &str) -> bool {
        File::open(self.functions_file(process))
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Deletes the file of a process that has ended, unless its functions still run.
    pub(super) fn forget_functions(&self, process: &str) {
        if !self.is_functions_lock_held(process) {
            // Most processes have no such file.
            let _ = std::fs::remove_file(self.functions_file(process));
        }
    }

    /// The result of a claim of an interrupted execution while functions of its ended process run. A process that left
    /// an execution no longer owns it; then the functions of every process that is gone must have ended.
    pub(super) fn awaited(&self, connection: &Connection, number: i64) -> rusqlite::Result<Option<Claim>> {
        let owner = "SELECT owner FROM executions WHERE number = ?1";
        let owner: Option<String> = connection.prepare_cached(owner)?.query_row([number], |row| row.get(0))?;
        let owner = match owner {
            Some(owner) => self.has_functions(&owner).then_some(owner),
            None => self.ended_with_functions(),
        };
        Ok(owner.map(|owner| Claim::FunctionsRunning { pid: self.pid_of(&owner) }))
    }

    fn ended_with_functions(&self) -> Option<String> {
        let entries = std::fs::read_dir(self.folder()).ok()?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let processes = names.filter_map(|name| name.strip_suffix(ENDING).map(ToOwned::to_owned));
        let mut ended = processes.filter(|process| process != self.id() && !self.holds_lock(process));
        ended.find(|process| self.has_functions(process))
    }

    fn pid_of(&self, process: &str) -> u32 {
        let mut text = String::new();
        let read =
            File::open(self.functions_file(process)).and_then(|file| file.take(PID_BYTES).read_to_string(&mut text));
        read.ok().and_then(|_| text.parse().ok()).unwrap_or_default()
    }
}
