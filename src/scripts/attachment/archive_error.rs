//! Why a `.zip` attachment is refused.

use crate::limits::{ATTACHMENT_ENTRIES, ATTACHMENT_NAME_BYTES, ATTACHMENT_RATIO, ATTACHMENT_UNPACKED_BYTES};

/// Why an archive is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttachedArchiveError {
    /// It is no archive, or it is damaged.
    #[error("it is not a valid .zip archive: {0}")]
    Damaged(String),
    /// It has too many files.
    #[error("it has {entries} files, and the limit is {ATTACHMENT_ENTRIES}")]
    Entries {
        /// How many.
        entries: usize,
    },
    /// It unpacks to too much.
    #[error("it unpacks to more than {} MB", ATTACHMENT_UNPACKED_BYTES / 1024 / 1024)]
    Unpacked,
    /// It unpacks to much more than its own size.
    #[error("it unpacks to more than {ATTACHMENT_RATIO} times its size")]
    Ratio,
    /// A file in it has a path that must not be written.
    #[error("the path {entry:?} in it {reason}")]
    Path {
        /// The path.
        entry: String,
        /// Why not.
        reason: UnsafeEntryPath,
    },
    /// A file in it is a symbolic link, a device or similar.
    #[error("{entry:?} in it is neither a file nor a folder, but a link or a device")]
    Special {
        /// Its path.
        entry: String,
    },
    /// A file in it is encrypted.
    #[error("{entry:?} in it is encrypted; pack it without a password")]
    Encrypted {
        /// Its path.
        entry: String,
    },
    /// A file in it is compressed by another method than deflate.
    #[error("{entry:?} in it is compressed with {method}; pack it with deflate, as `zip` does")]
    Compression {
        /// Its path.
        entry: String,
        /// The method.
        method: String,
    },
    /// Two files in it have one path.
    #[error("it has {entry:?} twice")]
    Duplicate {
        /// The path.
        entry: String,
    },
}

/// Why a path of an archive must not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnsafeEntryPath {
    /// It has no name in it.
    #[error("is empty")]
    Empty,
    /// It is absolute.
    #[error("is absolute")]
    Absolute,
    /// It leaves the folder.
    #[error("leads out of its folder")]
    Parent,
    /// It has a drive letter.
    #[error("has a drive letter")]
    Drive,
    /// It has a backslash, which some systems take for a separator.
    #[error("has a backslash; pack it on a system that separates folders by slashes")]
    Backslash,
    /// It has a control character such as NUL.
    #[error("has a control character")]
    Control,
    /// It is too long.
    #[error("has more than {ATTACHMENT_NAME_BYTES} bytes")]
    Long,
    /// It is not UTF-8.
    #[error("is not text")]
    Encoding,
}
