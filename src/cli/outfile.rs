//! Files that a command writes: whole or not at all, and never left from an earlier call.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::Exit;
use super::error::CliError;
use super::output::{Format, give_bytes};

/// A place for a result. What an earlier call left there is gone as soon as this exists, so that a call that fails, or
/// is killed, cannot be mistaken for one that succeeded.
#[derive(Debug)]
pub(super) struct OutFile {
    name: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// A file: written beside it, then renamed.
    File { path: PathBuf, written: NamedTempFile },
    /// A device or a pipe, which has no other content.
    Device(PathBuf),
    /// Standard output.
    Stdout,
}

impl OutFile {
    /// Makes sure that the file can be written, and removes what stands there.
    pub(super) fn prepare(name: &str) -> Result<Self, CliError> {
        Self::with_mode(name, 0o666)
    }

    /// The same for what others are not to read: a new file is its owner's alone.
    pub(super) fn private(name: &str) -> Result<Self, CliError> {
        Self::with_mode(name, 0o600)
    }

    fn with_mode(name: &str, mode: u32) -> Result<Self, CliError> {
        let place = place(name, mode).map_err(|error| unwritable(name, &error, Exit::Usage))?;
        if let Place::File { path, .. } = &place {
            match fs::remove_file(path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(unwritable(name, &error, Exit::Usage));
                }
                Ok(()) | Err(_) => {}
            }
        }
        Ok(Self { name: name.to_owned(), place })
    }

    /// Writes the whole content. A file gets it as it is; standard output gets it as it is in its format.
    pub(super) fn write(self, format: Format, content: &[u8]) -> Result<(), CliError> {
        let failed = |error: std::io::Error| unwritable(&self.name, &error, Exit::Failed);
        match self.place {
            Place::File { path, mut written } => {
                written.write_all(content).and_then(|()| written.as_file().sync_all()).map_err(failed)?;
                written.persist(path).map_err(|error| failed(error.error))?;
                Ok(())
            }
            Place::Device(path) => {
                let open = fs::OpenOptions::new().write(true).open(path);
                open.and_then(|mut device| device.write_all(content)).map_err(failed)
            }
            Place::Stdout => give_bytes(format, content),
        }
    }
}

fn place(name: &str, mut mode: u32) -> std::io::Result<Place> {
    if matches!(name, "-" | "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1") {
        return Ok(Place::Stdout);
    }
    let mut path = PathBuf::from(name);
    if let Ok(found) = fs::metadata(&path) {
        if found.is_dir() {
            return Err(std::io::ErrorKind::IsADirectory.into());
        }
        // A descriptor of this process is written to, never replaced.
        if !found.is_file() || name.starts_with("/dev/") || name.starts_with("/proc/") {
            return Ok(Place::Device(path));
        }
        mode = found.permissions().mode() & 0o777;
        // The file is replaced, not a link to it.
        path = fs::canonicalize(path)?;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written =
        tempfile::Builder::new().prefix(".runwright-").permissions(Permissions::from_mode(mode)).tempfile_in(folder)?;
    Ok(Place::File { path, written })
}

/// Adds to a file that others write too.
pub(super) fn append(path: &Path, text: &str) -> Result<(), CliError> {
    let opened = fs::OpenOptions::new().append(true).create(true).open(path);
    opened
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| unwritable(&path.display().to_string(), &error, Exit::Failed))
}

fn unwritable(name: &str, error: &std::io::Error, exit: Exit) -> CliError {
    let (what, help) = match error.kind() {
        std::io::ErrorKind::NotFound => ("there is no such folder", "make the folder first"),
        std::io::ErrorKind::IsADirectory => ("it is a folder", "name a file in it"),
        std::io::ErrorKind::PermissionDenied => ("it may not be written", "name a file in a folder that is yours"),
        _ => return CliError::new(exit, format!("{name}: it cannot be written: {error}")),
    };
    CliError::new(exit, format!("{name}: {what}")).help(help)
}
