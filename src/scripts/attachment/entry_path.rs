//! The paths of files in archives, which come from outside.

use std::path::PathBuf;

use super::archive_error::UnsafeEntryPath;
use crate::limits::ATTACHMENT_NAME_BYTES;

/// The path below the folder of the script; it names nothing outside of it on any system. `.` and repeated slashes are
/// left out.
pub(super) fn read_entry_path(text: &str) -> Result<PathBuf, UnsafeEntryPath> {
    if text.len() > ATTACHMENT_NAME_BYTES {
        return Err(UnsafeEntryPath::Long);
    }
    if text.chars().any(char::is_control) {
        return Err(UnsafeEntryPath::Control);
    }
    if text.contains('\\') {
        return Err(UnsafeEntryPath::Backslash);
    }
    if text.starts_with('/') {
        return Err(UnsafeEntryPath::Absolute);
    }
    let mut path = PathBuf::new();
    for part in text.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            return Err(UnsafeEntryPath::Parent);
        }
        if matches!(part.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic()) {
            return Err(UnsafeEntryPath::Drive);
        }
        path.push(part);
    }
    if path.as_os_str().is_empty() { Err(UnsafeEntryPath::Empty) } else { Ok(path) }
}
