//! Where attachments are searched for.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A place of attachments: a folder, or the objects below a prefix in S3.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AttachmentLocation {
    /// A folder.
    Folder(PathBuf),
    /// `s3://BUCKET/PREFIX`
    Bucket {
        /// The bucket.
        bucket: String,
        /// The start of the keys, without a slash at its end; empty for the whole bucket.
        prefix: String,
    },
}

/// A text that is no place of attachments.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no place of attachments: write a folder, or s3://BUCKET/PREFIX")]
pub struct InvalidLocation(String);

impl FromStr for AttachmentLocation {
    type Err = InvalidLocation;

    fn from_str(text: &str) -> Result<Self, InvalidLocation> {
        let invalid = || InvalidLocation(text.to_owned());
        let Some((scheme, rest)) = text.split_once("://") else {
            return if text.is_empty() { Err(invalid()) } else { Ok(Self::Folder(PathBuf::from(text))) };
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if scheme != "s3" || bucket.is_empty() {
            return Err(invalid());
        }
        Ok(Self::Bucket { bucket: bucket.to_owned(), prefix: prefix.trim_end_matches('/').to_owned() })
    }
}

impl AttachmentLocation {
    /// The attachment of this name there, as messages name it.
    pub(super) fn address(&self, name: &str) -> String {
        match self {
            Self::Folder(folder) => folder.join(name).display().to_string(),
            Self::Bucket { bucket, prefix } => format!("s3://{bucket}/{}", object_key(prefix, name)),
        }
    }
}

impl fmt::Display for AttachmentLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => folder.display().fmt(f),
            Self::Bucket { bucket, prefix } if prefix.is_empty() => write!(f, "s3://{bucket}"),
            Self::Bucket { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}

/// The key of an object below a prefix.
pub(super) fn object_key(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") }
}
