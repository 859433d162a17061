//! Output files: written completely or not at all, and never left over from an earlier call.
//!
//! [`locate`] alone decides where each of them is, and whether it may be written there: nothing is written where
//! another user's link in a shared folder points to.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags, fstat, openat, renameat, unlinkat};

use super::error::{FileError, FileOperation};
use super::location::{Existing, Location, LocationError, locate};
use crate::clock;

/// A file for a result. The result of an earlier call is removed as soon as this exists, so that a call that fails, or is
/// killed, cannot be mistaken for one that succeeded.
#[derive(Debug)]
pub struct OutputFile {
    /// As the user named it.
    name: String,
    destination: Destination,
}

#[derive(Debug)]
enum Destination {
    /// A file: written beside it, then renamed.
    File { place: OsString, written: Written },
    /// A device or a pipe, which has no other content.
    Device(Location),
}

/// A file under a temporary name; removed when dropped unless it is renamed.
#[derive(Debug)]
struct Written {
    folder: OwnedFd,
    name: Option<OsString>,
    file: File,
}

/// The mode of a new file that others may read, subject to the umask of the process.
const ORDINARY: Mode = Mode::from_raw_mode(0o666);

/// The mode of a new file that only its owner may read.
const PRIVATE: Mode = Mode::from_raw_mode(0o600);

impl OutputFile {
    /// Ensures that the file can be written, and removes an existing one.
    pub fn prepare(name: &str) -> Result<Self, FileError> {
        Self::with_mode(name, ORDINARY)
    }

    /// Likewise for a result that others must not read: only its owner may read a new file.
    pub fn prepare_private(name: &str) -> Result<Self, FileError> {
        Self::with_mode(name, PRIVATE)
    }

    fn with_mode(name: &str, mode: Mode) -> Result<Self, FileError> {
        let destination = destination(name, mode).map_err(|error| unwritable(name, error, FileOperation::Prepare))?;
        Ok(Self { name: name.to_owned(), destination })
    }

    /// Writes the whole content.
    pub fn write(self, content: &[u8]) -> Result<(), FileError> {
        let failed = |error: LocationError| unwritable(&self.name, error, FileOperation::Write);
        match self.destination {
            Destination::File { place, mut written } => {
                written
                    .file
                    .write_all(content)
                    .and_then(|()| written.file.sync_all())
                    .map_err(|it| failed(it.into()))?;
                written.rename(&place).map_err(|error| failed(error.into()))
            }
            Destination::Device(location) => {
                let written = location.open(OFlags::WRONLY).and_then(|mut device| Ok(device.write_all(content)?));
                written.map_err(failed)
            }
        }
    }
}

impl Written {
    fn beside(folder: OwnedFd, mode: Mode) -> Result<Self, rustix::io::Errno> {
        let name = OsString::from(format!(".runwright-{}", clock::random_id()));
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&folder, &name, flags, mode)?;
        Ok(Self { folder, name: Some(name), file: file.into() })
    }

    fn rename(&mut self, place: &OsStr) -> Result<(), rustix::io::Errno> {
        if let Some(name) = &self.name {
            renameat(&self.folder, name, &self.folder, place)?;
        }
        self.name = None;
        Ok(())
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            // Nothing more can be done about a file that cannot be removed.
            let _ = unlinkat(&self.folder, name, AtFlags::empty());
        }
    }
}

fn destination(name: &str, mode: Mode) -> Result<Destination, LocationError> {
    let location = locate(Path::new(name))?;
    let mode = match location.existing {
        Existing::Other(_) => return Ok(Destination::Device(location)),
        // A file of another user may be readable by everyone.
        Existing::File(found) => found.own_mode().unwrap_or(mode),
        Existing::Nothing => mode,
    };
    let written = Written::beside(location.folder, mode)?;
    if matches!(location.existing, Existing::File(_)) {
        match unlinkat(&written.folder, &location.name, AtFlags::empty()) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Destination::File { place: location.name, written })
}

/// A file that others write too, and that a result is appended to.
#[derive(Debug)]
pub struct AppendedFile {
    name: String,
    file: File,
}

impl AppendedFile {
    /// Ensures that the file can be appended to. Its content stays.
    pub fn prepare(path: &Path) -> Result<Self, FileError> {
        let name = path.display().to_string();
        let file = open_to_append(path, ORDINARY).map_err(|error| unwritable(&name, error, FileOperation::Prepare))?;
        Ok(Self { name, file })
    }

    /// Appends the text.
    pub fn append(mut self, text: &str) -> Result<(), FileError> {
        let appended = self.file.write_all(text.as_bytes());
        appended.map_err(|error| unwritable(&self.name, error.into(), FileOperation::Write))
    }
}

/// Opens a log that only this user may read, for appending.
pub fn open_log(path: &Path) -> Result<File, LocationError> {
    open_to_append(path, PRIVATE)
}

fn open_to_append(path: &Path, mode: Mode) -> Result<File, LocationError> {
    let location = locate(path)?;
    match location.existing {
        Existing::Nothing => {
            let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let file = openat(&location.folder, &location.name, flags, mode)?;
            // Another process may have created it meanwhile, or another user may have put a file there.
            location.refuse_foreign_file(&fstat(&file)?)?;
            Ok(file.into())
        }
        Existing::File(_) | Existing::Other(_) => location.open(OFlags::WRONLY | OFlags::APPEND),
    }
}

fn unwritable(name: &str, source: LocationError, operation: FileOperation) -> FileError {
    FileError::Write { name: name.to_owned(), operation, source }
}
