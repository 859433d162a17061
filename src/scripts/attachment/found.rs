//! An attachment that was found, with its content.

use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::archive::{CheckedArchive, UnpackError, write_file};
use super::error::AttachmentError;
use crate::runbook::Sha256Sum;
use crate::scripts::interpreter::imports_boto3;

/// An attachment that was found, with its content: what becomes of its file does not matter any more.
#[derive(Debug, Clone)]
pub struct Attachment {
    name: String,
    address: String,
    sha256: Sha256Sum,
    content: Arc<[u8]>,
}

impl Attachment {
    /// An attachment with this content, read at `address`. An archive that must not be unpacked is refused.
    pub(super) fn read(name: &str, address: String, content: Vec<u8>) -> Result<Self, AttachmentError> {
        let sha256 = sha256_sum(&content);
        let found = Self { name: name.to_owned(), address, sha256, content: content.into() };
        if found.is_archive() {
            CheckedArchive::read(&found.content).map_err(|error| found.failed(UnpackError::Archive(error)))?;
        }
        Ok(found)
    }

    /// Its name, by which the runbook refers to it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file or the object that it was read from, as messages name it.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The SHA-256 sum of its content.
    pub const fn sha256(&self) -> &Sha256Sum {
        &self.sha256
    }

    /// Whether it is unpacked.
    pub fn is_archive(&self) -> bool {
        let extension = Path::new(&self.name).extension();
        extension.is_some_and(|extension| extension.eq_ignore_ascii_case("zip"))
    }

    /// The module that a handler without a module is in: the name of its file.
    pub fn module(&self) -> &str {
        Path::new(&self.name).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
    }

    /// Whether one of its Python files imports boto3, and it does not bring boto3 along.
    pub fn needs_boto3(&self) -> bool {
        if !self.is_archive() {
            return imports_boto3(&String::from_utf8_lossy(&self.content));
        }
        CheckedArchive::read(&self.content).is_ok_and(CheckedArchive::needs_boto3)
    }

    /// Places it in the folder of a script, which must be private: an archive is unpacked there, every other file copied
    /// under its name. No file is replaced: one that exists is an error, and what was written before it stays.
    pub fn place(&self, folder: &Path) -> Result<(), AttachmentError> {
        let placed = if self.is_archive() {
            CheckedArchive::read(&self.content).map_err(UnpackError::Archive).and_then(|archive| archive.unpack(folder))
        } else {
            write_file(&folder.join(&self.name), &mut &*self.content).map(|_| ())
        };
        placed.map_err(|error| self.failed(error))
    }

    fn failed(&self, error: UnpackError) -> AttachmentError {
        let name = self.name.clone();
        match error {
            UnpackError::Archive(source) => AttachmentError::Archive { name, address: self.address.clone(), source },
            UnpackError::Write { path, source } => AttachmentError::Write { name, path, source },
        }
    }
}

fn sha256_sum(content: &[u8]) -> Sha256Sum {
    Sha256Sum::of_digest(Sha256::digest(content).into())
}
