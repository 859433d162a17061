//! The private folder of one script: where it is placed, what its temporary files are in, and its removal.
//!
//! Its name is that of the service: `<uuid>-<yyyy-mm-dd-hh-mm-ss>`. While the engine runs, it holds a lock on a file in the
//! folder. A folder whose lock is free was left by an engine that was killed, and is removed before the first one of the next
//! engine is made.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::limits::{SCRIPT_FOLDER_SECONDS, SCRIPT_FOLDERS_EXAMINED};

/// The file whose lock shows that the engine of the folder runs.
const LOCK: &str = ".runwright-lock";

/// The beginning of the name of a folder that is being made.
const UNFINISHED: &str = ".runwright-";

/// A folder that only this user can read. It is removed when dropped.
#[derive(Debug)]
pub(super) struct ScriptFolder {
    path: PathBuf,
    /// Held while the engine runs; `None` when the folder is kept.
    lock: Option<File>,
}

impl ScriptFolder {
    /// Makes the folder in `parent`, under this id.
    pub(super) fn create(parent: &Path, id: &str, now: Timestamp, is_kept: bool) -> io::Result<Self> {
        let time = now.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d-%H-%M-%S");
        let path = parent.join(format!("{id}-{time}"));
        if is_kept {
            private_folder(&path)?;
            return Ok(Self { path, lock: None });
        }
        // Nobody may find it under its name before it is locked.
        let unfinished = parent.join(format!("{UNFINISHED}{id}"));
        private_folder(&unfinished)?;
        let lock = File::create_new(unfinished.join(LOCK)).and_then(|lock| {
            lock.lock()?;
            std::fs::rename(&unfinished, &path)?;
            Ok(lock)
        });
        match lock {
            Ok(lock) => Ok(Self { path, lock: Some(lock) }),
            Err(error) => {
                let _ = std::fs::remove_dir_all(&unfinished);
                Err(error)
            }
        }
    }

    /// Its path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file that only this user can read.
    pub(super) fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.path.join(name))?;
        file.write_all(text.as_bytes())
    }
}

impl Drop for ScriptFolder {
    fn drop(&mut self) {
        if self.lock.is_some()
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            tracing::debug!(%error, folder = %self.path.display(), "the folder of a script was not removed");
        }
    }
}

fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Removes the folders of this user in `parent` whose engine has ended. What cannot be removed is left.
pub(super) fn remove_abandoned(parent: &Path, now: Timestamp) {
    let Ok(entries) = std::fs::read_dir(parent) else { return };
    let own = rustix::process::getuid().as_raw();
    for entry in entries.take(SCRIPT_FOLDERS_EXAMINED).flatten() {
        let name = entry.file_name();
        let is_unfinished = name.to_str().is_some_and(is_unfinished_folder);
        if !is_unfinished && !name.to_str().is_some_and(is_script_folder) {
            continue;
        }
        let Ok(metadata) = entry.metadata() else { continue };
        let is_own = metadata.is_dir() && metadata.uid() == own;
        let is_free = |lock: File| lock.try_lock().is_ok();
        let is_abandoned = || {
            let lock = lock_of(&entry.path());
            if is_unfinished {
                // It has no lock at first.
                let oldest = now.as_second().saturating_sub(SCRIPT_FOLDER_SECONDS);
                metadata.mtime() < oldest && lock.is_none_or(is_free)
            } else {
                lock.is_some_and(is_free)
            }
        };
        if is_own && is_abandoned() {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn lock_of(folder: &Path) -> Option<File> {
    OpenOptions::new().read(true).custom_flags(nofollow()).open(folder.join(LOCK)).ok()
}

fn nofollow() -> i32 {
    i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or_default()
}

/// Whether a name is that of a folder of a script: a UUID of 36 characters, and a time of 19.
fn is_script_folder(name: &str) -> bool {
    name.split_at_checked(36).is_some_and(|(id, time)| has_shape(id, UUID) && has_shape(time, "-dddd-dd-dd-dd-dd-dd"))
}

/// Whether a name is that of a folder that is being made.
fn is_unfinished_folder(name: &str) -> bool {
    name.strip_prefix(UNFINISHED).is_some_and(|id| has_shape(id, UUID))
}

const UUID: &str = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

/// Whether a text has hexadecimal digits at each `x`, decimal ones at each `d`, and is the pattern otherwise.
fn has_shape(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.chars().zip(pattern.chars()).all(|(c, place)| match place {
            'x' => c.is_ascii_hexdigit(),
            'd' => c.is_ascii_digit(),
            other => c == other,
        })
}

#[cfg(test)]
mod tests;
