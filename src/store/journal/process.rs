//! Which process owns an execution, and whether that process is running.
//!
//! A process that runs executions holds a lock of the operating system on its own file until it ends. The kernel
//! releases the lock however the process ends, so a lock that can be acquired means that the process has ended, at once
//! and without guessing; a lock that is held means that it is running, however long its step takes and even while it is
//! stopped. Where locks do not work (another machine on a shared folder, a file system without locks) the heartbeat
//! decides.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use rusqlite::Connection;

use super::query_error::QueryError;
use super::{moment, nanoseconds};
use crate::clock::{self, Clock};
use crate::limits::{HEARTBEAT, LEASE};
use crate::store::lease::host;
use crate::store::{Owner, StoreError};

/// The subfolder of these files in the journal's folder.
const FOLDER: &str = "processes";

/// This process, as it is recorded for others.
#[derive(Debug)]
pub(super) struct Process {
    id: String,
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    held: OnceLock<Result<File, StoreError>>,
    functions: OnceLock<Option<File>>,
}

/// A process as the journal records it.
#[derive(Debug, Clone)]
pub(super) struct ProcessRecord {
    pub(super) owner: Owner,
    pub(super) heartbeat_at: Timestamp,
}

impl Process {
    pub(super) fn new(folder: &Path, clock: Arc<dyn Clock>) -> Self {
        Self {
            id: clock::random_id(),
            folder: folder.join(FOLDER),
            clock,
            held: OnceLock::new(),
            functions: OnceLock::new(),
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn is_registered(&self) -> bool {
        self.held.get().is_some()
    }

    /// Registers this process, with its lock held before any other process can check it. Returns its id.
    pub(super) fn register(&self, connection: &Connection) -> Result<&str, QueryError> {
        let held = self.held.get_or_init(|| self.hold());
        if let Err(error) = held {
            return Err(error.clone().into());
        }
        let now = nanoseconds(self.clock.now());
        let insert =
            "INSERT OR IGNORE INTO processes (id, pid, host, started_at, heartbeat_at) VALUES (?1, ?2, ?3, ?4, ?4)";
        let inserted = connection.prepare_cached(insert)?.execute((&self.id, std::process::id(), host(), now))?;
        if inserted > 0 {
            self.sweep(connection)?;
        } else {
            // It wrote no heartbeat while it owned nothing.
            let beat = "UPDATE processes SET heartbeat_at = ?2 WHERE id = ?1 AND heartbeat_at < ?3";
            let late = now.saturating_sub(i64::try_from(HEARTBEAT.as_nanos()).unwrap_or(i64::MAX));
            connection.prepare_cached(beat)?.execute((&self.id, now, late))?;
        }
        Ok(&self.id)
    }

    fn hold(&self) -> Result<File, StoreError> {
        let path = self.folder.join(&self.id);
        let failed = |error: &std::io::Error| match error.kind() {
            std::io::ErrorKind::PermissionDenied => StoreError::Permission { path: path.clone() },
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                StoreError::Full { file: path.clone() }
            }
            _ => StoreError::Other { file: path.clone(), why: error.to_string() },
        };
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder).map_err(|error| failed(&error))?;
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let file = file.map_err(|error| failed(&error))?;
        // Without locks the heartbeat decides.
        if let Err(error) = file.lock() {
            tracing::debug!(%error, "this file system has no locks: others rely on the heartbeat");
        }
        Ok(file)
    }

    /// A copy of the lock that is held while functions of this process run.
    pub(super) fn functions_lock(&self) -> Option<File> {
        // The process's own lock comes first: otherwise another process could take this one for that of a
        // process that has ended.
        let Ok(_) = self.held.get_or_init(|| self.hold()) else { return None };
        let functions = self.functions.get_or_init(|| {
            self.hold_functions().inspect_err(|error| tracing::debug!(%error, "no lock for functions")).ok()
        });
        functions.as_ref()?.try_clone().ok()
    }

    /// Writes the heartbeat.
    pub(super) fn beat(&self, connection: &Connection) -> rusqlite::Result<()> {
        let beat = "UPDATE processes SET heartbeat_at = ?2 WHERE id = ?1 \
                    AND EXISTS (SELECT 1 FROM executions WHERE owner = ?1)";
        connection.prepare_cached(beat)?.execute((&self.id, nanoseconds(self.clock.now()))).map(drop)
    }

    /// Deletes processes that are gone and own nothing. Leaves those of other machines to processes there: an idle one
    /// writes no heartbeat, and needs its file for its next execution.
    fn sweep(&self, connection: &Connection) -> rusqlite::Result<()> {
        let idle = "SELECT id, pid, host, started_at, heartbeat_at FROM processes \
                    WHERE host = ?1 AND id NOT IN (SELECT owner FROM executions WHERE owner IS NOT NULL)";
        let mut statement = connection.prepare_cached(idle)?;
        let idle = statement.query_map([host()], |row| {
            let owner = Owner { id: row.get(0)?, pid: row.get(1)?, host: row.get(2)?, since: moment(row.get(3)?) };
            Ok(ProcessRecord { owner, heartbeat_at: moment(row.get(4)?) })
        })?;
        for seen in idle.collect::<rusqlite::Result<Vec<_>>>()? {
            if !self.is_alive(&seen) && !self.has_functions(&seen.owner.id) {
                self.forget_functions(&seen.owner.id);
                connection.prepare_cached("DELETE FROM processes WHERE id = ?1")?.execute([&seen.owner.id])?;
                // It may be gone already.
                let _ = std::fs::remove_file(self.folder.join(&seen.owner.id));
            }
        }
        Ok(())
    }

    /// Whether a process has its lock, where locks work.
    pub(super) fn holds_lock(&self, process: &str) -> bool {
        File::open(self.folder.join(process))
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Whether a process is running.
    pub(super) fn is_alive(&self, seen: &ProcessRecord) -> bool {
        if seen.owner.id == self.id {
            return true;
        }
        let beats = || self.clock.now().duration_since(seen.heartbeat_at) <= LEASE.try_into().unwrap_or_default();
        let is_here = seen.owner.host == host();
        match File::open(self.folder.join(&seen.owner.id)) {
            // A shared lock, so that two checks at the same time do not take each other for the process.
            Ok(file) => match file.try_lock_shared() {
                Err(TryLockError::WouldBlock) => true,
                Ok(()) => !is_here && beats(),
                Err(TryLockError::Error(_)) => beats(),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => !is_here && beats(),
            Err(_) => beats(),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(Ok(_)) = self.held.get() {
            // The next process deletes its row.
            let _ = std::fs::remove_file(self.folder.join(&self.id));
        }
        if let Some(Some(file)) = self.functions.take() {
            // A lock that still exists is visible when this process no longer holds it.
            drop(file);
            self.forget_functions(&self.id);
        }
    }
}
