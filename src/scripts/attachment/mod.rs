//! Attachments: the files that scripts come from, or that they import (spec aws-actions 4.4).
//!
//! Owns: finding an attachment by its name in folders and in S3, reading it up to a bound, comparing its SHA-256 sum, and
//! placing it in the folder of a script; `.zip` archives are unpacked. Does not own: which files a runbook declares
//! (`runbook`), and the folder of the script.
//!
//! Invariants: what is found before an execution starts is what its scripts run, because the content is kept. Nothing is
//! read that other users can change. Nothing is written outside the folder of the script, whatever an archive says.

mod archive;
mod archive_error;
mod entry_path;
mod error;
mod found;
mod location;
mod source;
#[cfg(test)]
mod tests;

pub use archive_error::{AttachedArchiveError, UnsafeEntryPath};
pub use error::AttachmentError;
pub use found::Attachment;
pub use location::{AttachmentLocation, InvalidLocation};
pub use source::AttachmentSource;
