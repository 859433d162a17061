//! Why a case cannot be made of an execution.

use crate::name::ExecutionId;
use crate::testing::RecordError;

/// Why a case cannot be made of an execution.
#[derive(Debug, thiserror::Error)]
pub enum RecordCaseError {
    /// The execution ran over targets: each target has its own execution.
    #[error("a run over targets cannot be recorded: each target ran as a separate execution")]
    OverTargets {
        /// The execution.
        execution: ExecutionId,
    },
    /// The execution does not have the form of a case.
    #[error(transparent)]
    Unrecordable(RecordError),
    /// The case file has a case of this name already.
    #[error("{file}: there is a case named `{name}` already")]
    NameTaken {
        /// The case file.
        file: String,
        /// The name.
        name: String,
    },
    /// The case cannot be added to the case file as text.
    #[error("{file}: {reason}")]
    NotAppendable {
        /// The case file.
        file: String,
        /// Why.
        reason: String,
    },
}
