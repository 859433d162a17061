//! Errors about files: exported executions.

use crate::automation::ImportError;
use crate::cli::exit::Exit;
use crate::store::ArchiveError;

pub(super) const fn import_exit(error: &ImportError) -> Exit {
    match error {
        ImportError::TooLarge | ImportError::NotUtf8 | ImportError::Archive(_) | ImportError::NoEvents => Exit::Invalid,
        ImportError::OtherHistory { .. } => Exit::Conflict,
    }
}

pub(super) fn import_advice(error: &ImportError) -> Option<String> {
    let advice = match error {
        ImportError::TooLarge | ImportError::NotUtf8 | ImportError::NoEvents => return None,
        ImportError::OtherHistory { .. } => "to have both, take it into another folder: --state-dir FOLDER",
        ImportError::Archive(error) => match error {
            ArchiveError::Json(_) | ArchiveError::Foreign => {
                "`runwright executions export` writes the files that can be taken in"
            }
            ArchiveError::Newer { .. } => "use that version, or a newer one",
            ArchiveError::Tampered { .. } | ArchiveError::OtherDocument { .. } => {
                "export the execution again where it ran"
            }
            ArchiveError::Field { .. } | ArchiveError::Disorder(_) => {
                "its hash is right, so a program wrote it so; export the execution again where it ran"
            }
        },
    };
    Some(advice.to_owned())
}
