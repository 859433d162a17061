//! Files that operations read, up to a bound.

use std::fs::File;
use std::path::Path;

use super::error::AutomationError;
use crate::event::{DocumentIdentity, sha256};
use crate::files::read_bounded;
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

/// Which runbook this is: its name without folder and ending (`stdin` for `-`), and the hash of its text.
pub fn document_identity(file: &str, text: &str) -> DocumentIdentity {
    let name = match Path::new(file).file_stem() {
        Some(stem) if file != "-" => stem.to_string_lossy().into_owned(),
        Some(_) | None => "stdin".to_owned(),
    };
    DocumentIdentity { name, sha256: sha256(text) }
}
