//! Temporary files for processes: the runtime clients, and inline code.
//!
//! They are in a temporary folder that its owner removes. A program that was killed leaves its folder: the next program
//! that creates one finds its lock released and removes it. A folder without such a lock, of another user, or behind a
//! symbolic link is not removed.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{Mode, OFlags};

use super::function::{Function, FunctionCode, Runtime};
use crate::limits::{TEMPORARY_ENTRIES, WORK_FOLDERS_SWEPT};

/// The runtime clients, each file with its text.
const CLIENTS: [(&str, &str); 7] = [
    ("runtime.py", include_str!("runtime.py")),
    ("runtime_marshaller.py", include_str!("runtime_marshaller.py")),
    ("runtime.mjs", include_str!("runtime.mjs")),
    ("runtime_client.mjs", include_str!("runtime_client.mjs")),
    ("runtime_handler.mjs", include_str!("runtime_handler.mjs")),
    ("runtime_stream.mjs", include_str!("runtime_stream.mjs")),
    ("runtime_values.mjs", include_str!("runtime_values.mjs")),
];

/// The prefix of folder names.
const PREFIX: &str = "runwright-";

/// The file that the owner of a folder has locked.
const LOCK: &str = ".runwright-lock";

/// Only its owner may read a folder.
const FOLDER_MODE: u32 = 0o700;

/// A temporary folder, created on first use and removed when dropped.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    folder: Option<Folder>,
    inline: HashMap<String, PathBuf>,
}

#[derive(Debug)]
struct Folder {
    directory: tempfile::TempDir,
    /// Released by the system when this process ends, however it ends.
    _lock: File,
}

impl Workspace {
    /// The directory with `runtime.py` and `runtime.mjs`.
    pub(super) fn runtime_directory(&self) -> io::Result<PathBuf> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.root().map(|root| root.join("runtime"))
    }

    /// The directory with a function's code; inline code is written out first.
    pub(super) fn task_root(&self, function: &Function) -> io::Result<PathBuf> {
        let text = match &function.code {
            FunctionCode::Directory(path) => return Ok(path.clone()),
            FunctionCode::Unavailable(reason) => return Err(io::Error::other(reason.clone())),
            FunctionCode::Inline(text) => text,
        };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(path) = state.inline.get(&function.logical_id) {
            return Ok(path.clone());
        }
        // Not named after the function: this way it is inside the folder, whatever the template contains.
        let name = state.inline.len().to_string();
        let directory = state.root()?.join("inline").join(name);
        std::fs::create_dir_all(&directory)?;
        let file = match function.runtime {
            Runtime::Python(_) => "index.py",
            Runtime::Node(_) | Runtime::Provided(_) | Runtime::Unsupported(_) => "index.js",
        };
        std::fs::write(directory.join(file), text)?;
        state.inline.insert(function.logical_id.clone(), directory.clone());
        Ok(directory)
    }
}

impl State {
    fn root(&mut self) -> io::Result<&Path> {
        let folder = if let Some(folder) = self.folder.take() {
            folder
        } else {
            let folder = Folder::create(&std::env::temp_dir())?;
            // If this process ends meanwhile, the next one removes the rest.
            std::thread::Builder::new().spawn(|| sweep(&std::env::temp_dir()))?;
            folder
        };
        Ok(self.folder.insert(folder).directory.path())
    }
}

impl Folder {
    fn create(temporary: &Path) -> io::Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix(PREFIX)
            .permissions(std::fs::Permissions::from_mode(FOLDER_MODE))
            .tempdir_in(temporary)?;
        // Locked before it is renamed: no process can find it unlocked.
        let unnamed = directory.path().join("lock");
        let lock = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unnamed)?;
        if let Err(error) = lock.lock() {
            tracing::debug!(%error, "this file system has no locks: the folder remains if this process is killed");
        } else {
            std::fs::rename(&unnamed, directory.path().join(LOCK))?;
        }
        let runtime = directory.path().join("runtime");
        std::fs::create_dir(&runtime)?;
        for (name, text) in CLIENTS {
            std::fs::write(runtime.join(name), text)?;
        }
        Ok(Self { directory, _lock: lock })
    }
}

/// Removes folders of programs that were killed. Errors are those of files that the next sweep finds again.
fn sweep(temporary: &Path) {
    let Ok(entries) = std::fs::read_dir(temporary) else { return };
    let named = entries.take(TEMPORARY_ENTRIES).filter_map(|entry| {
        let entry = entry.ok()?;
        entry.file_name().to_str()?.starts_with(PREFIX).then(|| entry.path())
    });
    let abandoned = named.filter_map(|folder| Some((abandoned_lock(&folder)?, folder)));
    for (lock, folder) in abandoned.take(WORK_FOLDERS_SWEPT) {
        if let Err(error) = remove(&folder) {
            tracing::debug!(folder = %folder.display(), %error, "cannot remove the folder of a killed process");
        }
        drop(lock);
    }
}

/// Acquires the lock of an unused folder of this user.
fn abandoned_lock(folder: &Path) -> Option<File> {
    let is_own = |metadata: &std::fs::Metadata| metadata.uid() == rustix::process::geteuid().as_raw();
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = File::from(rustix::fs::open(folder, flags, Mode::empty()).ok()?);
    let metadata = opened.metadata().ok()?;
    if !is_own(&metadata) || metadata.permissions().mode() & 0o777 != FOLDER_MODE {
        return None;
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let lock = File::from(rustix::fs::openat(&opened, LOCK, flags, Mode::empty()).ok()?);
    let metadata = lock.metadata().ok()?;
    (metadata.is_file() && is_own(&metadata) && lock.try_lock().is_ok()).then_some(lock)
}

/// Removes a folder, its lock last: if this process is killed, the next sweep finds the rest.
fn remove(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            std::fs::remove_dir_all(entry.path())?;
        } else if entry.file_name() != LOCK {
            std::fs::remove_file(entry.path())?;
        }
    }
    std::fs::remove_file(folder.join(LOCK))?;
    std::fs::remove_dir(folder)
}

#[cfg(test)]
mod tests;
