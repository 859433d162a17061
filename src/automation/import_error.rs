//! Why an exported execution cannot be imported.

use crate::limits::ARCHIVE_BYTES;
use crate::name::ExecutionId;
use crate::store::ArchiveError;

/// Why an exported execution cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file is too large.
    #[error("it has more than {ARCHIVE_BYTES} bytes")]
    TooLarge,
    /// The file is no text.
    #[error("it is not UTF-8, so it is no exported execution")]
    NotUtf8,
    /// The file is no valid archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The archive has no events.
    #[error("it has no events")]
    NoEvents,
    /// The journal has another history of the execution.
    #[error("execution {execution} is here already, with another history")]
    OtherHistory {
        /// The execution.
        execution: ExecutionId,
    },
}
