//! Why a case file or its runbook cannot be found or used.

use std::path::{Path, PathBuf};

/// Why a case file or its runbook cannot be found or used.
#[derive(Debug, thiserror::Error)]
pub enum CaseFileError {
    /// There is no case file in a folder or below it.
    #[error("there is no case file in {}", if folder == Path::new(".") { "this folder".to_owned() } else { folder.display().to_string() })]
    NoneInFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// A runbook has no case file beside it.
    #[error("{} has no cases: there is no {}", runbook.display(), expected.display())]
    NoneForRunbook {
        /// The runbook.
        runbook: PathBuf,
        /// The case file that it would have.
        expected: PathBuf,
    },
    /// A case file names no runbook, and its own name shows none.
    #[error("{} does not say which runbook it is for", file.display())]
    RunbookUnnamed {
        /// The case file.
        file: PathBuf,
    },
    /// There is no runbook beside a case file.
    #[error("{} has no runbook: there is no {}", file.display(), expected.display())]
    RunbookMissing {
        /// The case file.
        file: PathBuf,
        /// The runbook that it would test.
        expected: PathBuf,
    },
    /// The runbook of a case file is not valid.
    #[error("{file} cannot be checked: {runbook}, its runbook, has errors")]
    InvalidRunbook {
        /// The case file.
        file: String,
        /// The runbook.
        runbook: String,
    },
}
