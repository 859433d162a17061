//! Why a file cannot be read or written.

use std::io;
use std::path::PathBuf;

use super::access::ForeignAccess;
use super::location::LocationError;

/// The operation on a file that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileOperation {
    /// It was checked that an output can be written.
    Prepare,
    /// The output was written.
    Write,
}

/// Why a file cannot be read or written. The caller adds advice.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// An input cannot be read.
    #[error("{name}: {}", read_problem(source))]
    Read {
        /// The file, as it was named.
        name: String,
        /// Its folder, where that is missing.
        missing_folder: Option<PathBuf>,
        /// Why.
        source: io::Error,
    },
    /// An input is not read, because other users can change it.
    #[error("{name}: other users can change it: {access}")]
    Foreign {
        /// The file, as it was named.
        name: String,
        /// How they can.
        access: ForeignAccess,
    },
    /// An output cannot be written.
    #[error("{name}: {}", write_problem(source))]
    Write {
        /// The file, as it was named.
        name: String,
        /// What failed.
        operation: FileOperation,
        /// Why.
        source: LocationError,
    },
}

impl FileError {
    /// The error of an input.
    pub fn of_input(name: &str, source: io::Error) -> Self {
        let folder = std::path::Path::new(name).parent();
        let missing_folder = folder
            .filter(|folder| source.kind() == io::ErrorKind::NotFound && !folder.as_os_str().is_empty())
            .filter(|folder| !folder.is_dir())
            .map(ToOwned::to_owned);
        Self::Read { name: name.to_owned(), missing_folder, source }
    }
}

fn read_problem(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "it may not be read".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => format!("it cannot be read: {error}"),
    }
}

fn write_problem(error: &LocationError) -> String {
    match error {
        LocationError::ForeignLink { .. } | LocationError::ForeignFile { .. } => error.to_string(),
        LocationError::System(error) => match error.kind() {
            io::ErrorKind::NotFound => "there is no such folder".to_owned(),
            io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
            io::ErrorKind::PermissionDenied => "it may not be written".to_owned(),
            _ => format!("it cannot be written: {error}"),
        },
    }
}
