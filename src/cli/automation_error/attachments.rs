//! Errors about the attachments of scripts.

use crate::cli::exit::Exit;
use crate::cli::file_error;
use crate::scripts::AttachmentError;

pub(super) const fn exit_code(error: &AttachmentError) -> Exit {
    match error {
        AttachmentError::Missing { .. }
        | AttachmentError::File { .. }
        | AttachmentError::Object { .. }
        | AttachmentError::Write { .. } => Exit::Usage,
        AttachmentError::Name { .. }
        | AttachmentError::TooLarge { .. }
        | AttachmentError::WrongSum { .. }
        | AttachmentError::Changed { .. }
        | AttachmentError::Archive { .. } => Exit::Invalid,
    }
}

pub(super) fn advice(error: &AttachmentError) -> Option<String> {
    match error {
        AttachmentError::Missing { .. } => {
            Some("put it beside the runbook, or name its folder: --attachments FOLDER".to_owned())
        }
        AttachmentError::File { source, .. } => file_error::advice(source),
        AttachmentError::Object { source, .. } => source.cause.remedy.clone(),
        AttachmentError::WrongSum { .. } => {
            Some("use the file that the runbook was written for, or change `sha256` in `files`".to_owned())
        }
        AttachmentError::Changed { .. } => {
            Some("restore the file, or start a new execution with `runwright redrive`".to_owned())
        }
        AttachmentError::Name { .. }
        | AttachmentError::TooLarge { .. }
        | AttachmentError::Archive { .. }
        | AttachmentError::Write { .. } => None,
    }
}
