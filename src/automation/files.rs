//! Files that operations read, up to a bound.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::error::AutomationError;
use crate::limits::DOCUMENT_BYTES;

/// A text to read as a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentText<'a> {
    /// The name to show.
    pub name: String,
    /// The file it is in; none for a text that comes from elsewhere.
    pub file: Option<&'a Path>,
    /// The text: at most one byte more than a document may have.
    pub bytes: Vec<u8>,
}

impl<'a> DocumentText<'a> {
    /// Reads a file.
    pub fn read(file: &'a Path) -> Result<Self, AutomationError> {
        let name = file.display().to_string();
        let bytes = File::open(file).and_then(|mut opened| read_bounded(&mut opened, DOCUMENT_BYTES));
        match bytes {
            Ok(bytes) => Ok(Self { name, file: Some(file), bytes }),
            Err(source) => Err(AutomationError::FileUnreadable { file: name, source }),
        }
    }
}

/// Reads at most one byte more than the limit, so that the caller can refuse what is too large. The size that the system
/// reports means nothing: a device has none, a pipe is as long as its writer makes it, and a file grows.
pub fn read_bounded(reader: &mut dyn Read, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}
