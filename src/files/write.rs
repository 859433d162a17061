//! Files that a command writes: whole or not at all, and never left from an earlier call.
//!
//! Where each of them is, and whether it may be written there, is found out in one place ([`location::locate`]): nothing
//! is written where another user has pointed to in a folder that they share.

mod location;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags, fstat, openat, renameat, unlinkat};

use super::Exit;
use super::error::CliError;
use super::output::{Format, give_bytes};
use crate::clock;
pub(super) use location::LocationError;
use location::{Existing, Location, locate};

/// A place for a result. What an earlier call left there is gone as soon as this exists, so that a call that fails, or
/// is killed, cannot be mistaken for one that succeeded.
#[derive(Debug)]
pub(super) struct OutFile {
    /// As the command line names it.
    name: String,
    destination: Destination,
}

#[derive(Debug)]
enum Destination {
    /// A file: written beside it, then renamed.
    File { place: OsString, written: Written },
    /// A device or a pipe, which has no other content.
    Device(Location),
    /// Standard output.
    Stdout,
}

/// A file that has no name of its own yet; gone with this unless it gets one.
#[derive(Debug)]
struct Written {
    folder: OwnedFd,
    name: Option<OsString>,
    file: File,
}

/// The mode of a new file that others may read, as far as the mask of the process allows.
const ORDINARY: Mode = Mode::from_raw_mode(0o666);

/// The mode of a new file that is its owner's alone.
const PRIVATE: Mode = Mode::from_raw_mode(0o600);

impl OutFile {
    /// Makes sure that the file can be written, and removes what is there.
    pub(super) fn prepare(name: &str) -> Result<Self, CliError> {
        Self::with_mode(name, ORDINARY)
    }

    /// The same for what others are not to read: a new file is its owner's alone.
    pub(super) fn private(name: &str) -> Result<Self, CliError> {
        Self::with_mode(name, PRIVATE)
    }

    fn with_mode(name: &str, mode: Mode) -> Result<Self, CliError> {
        let destination = destination(name, mode).map_err(|error| unwritable(name, &error, Exit::Usage))?;
        Ok(Self { name: name.to_owned(), destination })
    }

    /// Writes the whole content. A file gets it as it is; standard output gets it as it is in its format.
    pub(super) fn write(self, format: Format, content: &[u8]) -> Result<(), CliError> {
        let failed = |error: LocationError| unwritable(&self.name, &error, Exit::Failed);
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
            Destination::Stdout => give_bytes(format, content),
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
    if matches!(name, "-" | "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1") {
        return Ok(Destination::Stdout);
    }
    let location = locate(Path::new(name))?;
    let mode = match location.existing {
        Existing::Other(_) => return Ok(Destination::Device(location)),
        // A file of somebody else may have been made so that everybody can read what is written into it.
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

/// A file that others write too, and that a result is added to.
#[derive(Debug)]
pub(super) struct AppendedFile {
    name: String,
    file: File,
}

impl AppendedFile {
    /// Makes sure that the file can be added to. What is in it stays.
    pub(super) fn prepare(path: &Path) -> Result<Self, CliError> {
        let name = path.display().to_string();
        let file = open_to_append(path, ORDINARY).map_err(|error| unwritable(&name, &error, Exit::Usage))?;
        Ok(Self { name, file })
    }

    /// Adds the text.
    pub(super) fn append(mut self, text: &str) -> Result<(), CliError> {
        let appended = self.file.write_all(text.as_bytes());
        appended.map_err(|error| unwritable(&self.name, &error.into(), Exit::Failed))
    }
}

/// A log of this user alone, to be added to.
pub(super) fn open_log(path: &Path) -> Result<File, LocationError> {
    open_to_append(path, PRIVATE)
}

fn open_to_append(path: &Path, mode: Mode) -> Result<File, LocationError> {
    let location = locate(path)?;
    match location.existing {
        Existing::Nothing => {
            let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let file = openat(&location.folder, &location.name, flags, mode)?;
            // Another process may have made it meanwhile, and a file of another user may have been put there.
            location.refuse_foreign_file(&fstat(&file)?)?;
            Ok(file.into())
        }
        Existing::File(_) | Existing::Other(_) => location.open(OFlags::WRONLY | OFlags::APPEND),
    }
}

fn unwritable(name: &str, error: &LocationError, exit: Exit) -> CliError {
    let told = |what: &str, help: &str| CliError::new(exit, format!("{name}: {what}")).help(help);
    match error {
        LocationError::ForeignLink { .. } | LocationError::ForeignFile { .. } => {
            told(&error.to_string(), "name a file in a folder that only you may write to")
        }
        LocationError::System(error) => match error.kind() {
            std::io::ErrorKind::NotFound => told("there is no such folder", "make the folder first"),
            std::io::ErrorKind::IsADirectory => told("it is a folder", "name a file in it"),
            std::io::ErrorKind::PermissionDenied => {
                told("it may not be written", "name a file in a folder that is yours")
            }
            _ => CliError::new(exit, format!("{name}: it cannot be written: {error}")),
        },
    }
}

#[cfg(test)]
mod tests;
