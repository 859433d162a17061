//! Errors of files as exit codes, with what to do about them.

use std::io::ErrorKind;

use super::error::CliError;
use super::exit::Exit;
use crate::files::{FileError, FileOperation, ForeignAccess, LocationError};

impl From<FileError> for CliError {
    fn from(error: FileError) -> Self {
        let told = Self::new(exit_code(&error), error.to_string());
        match advice(&error) {
            Some(advice) => told.help(advice),
            None => told,
        }
    }
}

/// The exit code of an error.
pub(super) fn exit_code(error: &FileError) -> Exit {
    match error {
        FileError::Read { .. }
        | FileError::Foreign { .. }
        | FileError::Write { operation: FileOperation::Prepare, .. } => Exit::Usage,
        FileError::Write { operation: FileOperation::Write, .. } => Exit::Failed,
    }
}

/// What to do about an error, where there is something to be done.
pub(super) fn advice(error: &FileError) -> Option<String> {
    match error {
        FileError::Read { name, missing_folder, source } => match (source.kind(), missing_folder) {
            (ErrorKind::NotFound, Some(folder)) => Some(format!("folder {} does not exist", folder.display())),
            (ErrorKind::NotFound, None) => Some("check the path; `-` reads standard input".to_owned()),
            (ErrorKind::PermissionDenied, _) => {
                Some(format!("allow reading with `chmod u+r {name}`, or run as its owner"))
            }
            (ErrorKind::IsADirectory, _) => Some("write the path of a file in it".to_owned()),
            _ => None,
        },
        FileError::Foreign { access, .. } => Some(match access {
            ForeignAccess::Owner { .. } => "use a file of your own".to_owned(),
            ForeignAccess::Writable { path, mode, .. } => format!("`chmod {mode} {}`", path.display()),
        }),
        FileError::Write { source, .. } => match source {
            LocationError::ForeignLink { .. } | LocationError::ForeignFile { .. } => {
                Some("choose a file in a folder that only you can write to".to_owned())
            }
            LocationError::System(error) => match error.kind() {
                ErrorKind::NotFound => Some("create the folder first".to_owned()),
                ErrorKind::IsADirectory => Some("write the path of a file in it".to_owned()),
                ErrorKind::PermissionDenied => Some("choose a file in a folder of your own".to_owned()),
                _ => None,
            },
        },
    }
}
