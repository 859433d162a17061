//! Errors about files: documents, case files, and exported executions.

use std::io;
use std::path::Path;

use crate::automation::{CaseFileError, ImportError, RecordCaseError};
use crate::aws::ModelError;
use crate::cli::exit::Exit;
use crate::store::ArchiveError;

pub(super) const fn record_case_exit(error: &RecordCaseError) -> Exit {
    match error {
        RecordCaseError::OverTargets { .. } | RecordCaseError::Unrecordable(_) | RecordCaseError::NameTaken { .. } => {
            Exit::Usage
        }
        RecordCaseError::NotAppendable { .. } => Exit::Invalid,
    }
}

pub(super) const fn import_exit(error: &ImportError) -> Exit {
    match error {
        ImportError::Archive(ArchiveError::UnknownEvent { .. }) => Exit::Journal,
        ImportError::TooLarge | ImportError::NotUtf8 | ImportError::Archive(_) | ImportError::NoEvents => Exit::Invalid,
        ImportError::OtherHistory { .. } => Exit::Conflict,
    }
}

pub(super) fn unreadable_advice(file: &str, error: &io::Error) -> Option<String> {
    match error.kind() {
        io::ErrorKind::NotFound => {
            let folder = Path::new(file).parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir());
            Some(match folder {
                Some(folder) => format!("folder {} does not exist", folder.display()),
                None => "check the path; `-` reads standard input".to_owned(),
            })
        }
        io::ErrorKind::PermissionDenied => Some(format!("allow reading with `chmod u+r {file}`, or run as its owner")),
        io::ErrorKind::IsADirectory => Some("write the path of a file in it".to_owned()),
        _ => None,
    }
}

pub(super) fn case_file_advice(error: &CaseFileError) -> String {
    match error {
        CaseFileError::NoneInFolder { .. } => {
            "write cases into NAME.test.yaml beside NAME.yaml; `runwright test --record last` records one".to_owned()
        }
        CaseFileError::NoneForRunbook { .. } => {
            "write them there; `runwright test --record last` records one from an execution".to_owned()
        }
        CaseFileError::RunbookUnnamed { .. } => {
            "add `runbook: FILE`, or rename the case file to NAME.test.yaml".to_owned()
        }
        CaseFileError::RunbookMissing { .. } => {
            "put the case file beside its runbook, or add `runbook: FILE`".to_owned()
        }
        CaseFileError::InvalidRunbook { runbook, .. } => format!("to see them: `runwright validate {runbook}`"),
    }
}

pub(super) fn record_case_advice(error: &RecordCaseError) -> String {
    match error {
        RecordCaseError::OverTargets { execution } => {
            format!("record one of its children; `runwright executions list --parent {}` lists them", execution.short())
        }
        RecordCaseError::Unrecordable(_) => "record an execution that ran from start to end".to_owned(),
        RecordCaseError::NameTaken { .. } => "choose another name: --case NAME".to_owned(),
        RecordCaseError::NotAppendable { .. } => "leave out --out, and insert the case by hand".to_owned(),
    }
}

pub(super) fn import_advice(error: &ImportError) -> Option<String> {
    let advice = match error {
        ImportError::TooLarge | ImportError::NotUtf8 | ImportError::NoEvents => return None,
        ImportError::OtherHistory { .. } => "to keep both, import into another folder: --state-dir FOLDER",
        ImportError::Archive(error) => match error {
            ArchiveError::Json(_) | ArchiveError::Foreign => {
                "import files are written by `runwright executions export`"
            }
            ArchiveError::Newer { .. } | ArchiveError::UnknownEvent { .. } => "use that version, or a newer one",
            ArchiveError::Tampered { .. } | ArchiveError::OtherDocument { .. } => {
                "export the execution again where it ran"
            }
            ArchiveError::Field { .. } | ArchiveError::InvalidHistory(_) => {
                "its checksum is correct, so the exporting program wrote it so; export the execution again where it ran"
            }
        },
    };
    Some(advice.to_owned())
}

pub(super) fn models_advice(error: &ModelError) -> Option<String> {
    match error {
        ModelError::Folder { .. } | ModelError::FolderTooLarge { .. } | ModelError::NoModels { .. } => {
            Some("--aws-models takes a folder like `data` of botocore, the Python SDK".to_owned())
        }
        ModelError::SameService { .. } => Some("remove one of them".to_owned()),
        ModelError::Form
        | ModelError::Damaged(_)
        | ModelError::Invalid(_)
        | ModelError::TooLarge
        | ModelError::Reference
        | ModelError::File { .. } => None,
    }
}
