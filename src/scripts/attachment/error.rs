//! Why an attachment cannot be used.

use std::io;
use std::path::PathBuf;

use super::archive_error::AttachedArchiveError;
use crate::aws::CallError;
use crate::files::FileError;
use crate::limits::ATTACHMENT_BYTES;
use crate::runbook::Sha256Sum;

/// Why an attachment cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AttachmentError {
    /// Its name is a path.
    #[error("{name:?} is not the name of an attachment: it must be the name of a file, without a folder")]
    Name {
        /// The name.
        name: String,
    },
    /// It is nowhere.
    #[error("there is no attachment {name}: looked for {}", looked.join(", "))]
    Missing {
        /// Its name.
        name: String,
        /// Where it was searched for.
        looked: Vec<String>,
    },
    /// Its file cannot be read, or other users can change it.
    #[error("attachment {name}: {source}")]
    File {
        /// Its name.
        name: String,
        /// Why.
        source: FileError,
    },
    /// S3 does not give it.
    #[error("attachment {name}: {address} cannot be read: {source}")]
    Object {
        /// Its name.
        name: String,
        /// `s3://BUCKET/KEY`
        address: String,
        /// Why.
        source: CallError,
    },
    /// It is larger than an attachment may be.
    #[error("attachment {name}: {address} has more than {} MB", ATTACHMENT_BYTES / 1024 / 1024)]
    TooLarge {
        /// Its name.
        name: String,
        /// Its file or object.
        address: String,
    },
    /// Its content is not what the runbook declares.
    #[error("attachment {name}: {address} has the SHA-256 sum {found}, but the runbook declares {declared}")]
    WrongSum {
        /// Its name.
        name: String,
        /// Its file or object.
        address: String,
        /// The sum in the runbook.
        declared: Sha256Sum,
        /// The sum of the content.
        found: Sha256Sum,
    },
    /// Its content is not what it was when the execution started.
    #[error(
        "attachment {name}: {address} has changed since the execution started: its SHA-256 sum was {started}, and is {found}"
    )]
    Changed {
        /// Its name.
        name: String,
        /// Its file or object.
        address: String,
        /// The sum at the start.
        started: Sha256Sum,
        /// The sum of the content.
        found: Sha256Sum,
    },
    /// It is an archive that cannot be unpacked.
    #[error("attachment {name}: {address}: {source}")]
    Archive {
        /// Its name.
        name: String,
        /// Its file or object.
        address: String,
        /// Why.
        source: AttachedArchiveError,
    },
    /// It cannot be written into the folder of the script.
    #[error("attachment {name}: {} cannot be written: {source}", path.display())]
    Write {
        /// Its name.
        name: String,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}
