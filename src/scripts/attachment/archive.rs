//! `.zip` archives: checked as a whole before anything of them is written.

use std::collections::HashSet;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Cursor, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::archive_error::{AttachedArchiveError, UnsafeEntryPath};
use super::entry_path::read_entry_path;
use crate::limits::{ATTACHMENT_ENTRIES, ATTACHMENT_RATIO, ATTACHMENT_RATIO_FREE_BYTES, ATTACHMENT_UNPACKED_BYTES};
use crate::scripts::interpreter::imports_boto3;

/// The bits of a Unix mode that say what an entry is.
const FILE_TYPE: u32 = 0o170_000;
const REGULAR_FILE: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;

/// An archive all of whose entries can be written.
pub(super) struct CheckedArchive<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    entries: Vec<(usize, PathBuf, EntryKind)>,
    /// How many bytes it may unpack to.
    most_bytes: MostBytes,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum EntryKind {
    File,
    Folder,
}

/// Why an archive was not unpacked.
pub(super) enum UnpackError {
    /// It is refused.
    Archive(AttachedArchiveError),
    /// A file cannot be written.
    Write { path: PathBuf, source: io::Error },
}

impl From<AttachedArchiveError> for UnpackError {
    fn from(error: AttachedArchiveError) -> Self {
        Self::Archive(error)
    }
}

/// The limit of what an archive unpacks to, and the error for more.
#[derive(Clone, Copy)]
struct MostBytes {
    limit: u64,
    is_ratio: bool,
}

impl MostBytes {
    fn of(archive_bytes: usize) -> Self {
        let size = u64::try_from(archive_bytes).unwrap_or(u64::MAX);
        let by_ratio = size.saturating_mul(ATTACHMENT_RATIO).max(ATTACHMENT_RATIO_FREE_BYTES);
        Self { limit: by_ratio.min(ATTACHMENT_UNPACKED_BYTES), is_ratio: by_ratio < ATTACHMENT_UNPACKED_BYTES }
    }

    const fn error(self) -> AttachedArchiveError {
        if self.is_ratio { AttachedArchiveError::Ratio } else { AttachedArchiveError::Unpacked }
    }
}

impl<'a> CheckedArchive<'a> {
    /// Reads the list of files, and refuses an archive with one that must not be written.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, AttachedArchiveError> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
        if archive.len() > ATTACHMENT_ENTRIES {
            return Err(AttachedArchiveError::Entries { entries: archive.len() });
        }
        let most_bytes = MostBytes::of(bytes.len());
        let (mut entries, mut seen, mut declared) = (Vec::new(), HashSet::new(), 0_u64);
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index).map_err(|error| damaged(&error))?;
            let raw = String::from_utf8_lossy(entry.name_raw()).into_owned();
            let refused = |reason| AttachedArchiveError::Path { entry: raw.clone(), reason };
            let name = entry.name().map_err(|_| refused(UnsafeEntryPath::Encoding))?;
            let path = read_entry_path(&name).map_err(refused)?;
            let kind = match entry.unix_mode().map(|mode| mode & FILE_TYPE) {
                Some(FOLDER) => EntryKind::Folder,
                _ if entry.is_dir() => EntryKind::Folder,
                None | Some(0 | REGULAR_FILE) => EntryKind::File,
                Some(_) => return Err(AttachedArchiveError::Special { entry: raw }),
            };
            if entry.encrypted() {
                return Err(AttachedArchiveError::Encrypted { entry: raw });
            }
            if !matches!(entry.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
                return Err(AttachedArchiveError::Compression { entry: raw, method: entry.compression().to_string() });
            }
            if !seen.insert(path.clone()) {
                return Err(AttachedArchiveError::Duplicate { entry: raw });
            }
            declared = declared.saturating_add(entry.size());
            entries.push((index, path, kind));
        }
        // The reader joins entries of one name, of which other programs take the other one.
        if archive.has_duplicate_names() {
            return Err(AttachedArchiveError::Damaged("two files in it have the same name".to_owned()));
        }
        if declared > most_bytes.limit {
            return Err(most_bytes.error());
        }
        Ok(Self { archive, entries, most_bytes })
    }

    /// Whether a Python file in it imports boto3, and no folder of it is boto3 itself. What cannot be read is left out.
    pub(super) fn needs_boto3(mut self) -> bool {
        let mut left = self.most_bytes.limit;
        let mut is_imported = false;
        for (index, path, kind) in &self.entries {
            if path.starts_with("boto3") {
                return false;
            }
            if is_imported || *kind == EntryKind::Folder || path.extension().is_none_or(|extension| extension != "py") {
                continue;
            }
            let Ok(entry) = self.archive.by_index(*index) else { continue };
            let mut content = Vec::new();
            let read = entry.take(left).read_to_end(&mut content);
            left = left.saturating_sub(content.len() as u64);
            is_imported = read.is_ok() && imports_boto3(&String::from_utf8_lossy(&content));
        }
        is_imported
    }

    /// Writes all files into a folder. The declared sizes are not trusted.
    pub(super) fn unpack(mut self, folder: &Path) -> Result<(), UnpackError> {
        let mut left = self.most_bytes.limit;
        for (index, path, kind) in &self.entries {
            let path = folder.join(path);
            if *kind == EntryKind::Folder {
                create_folder(&path)?;
                continue;
            }
            if let Some(parent) = path.parent() {
                create_folder(parent)?;
            }
            let entry = self.archive.by_index(*index).map_err(|error| damaged(&error))?;
            let mut entry = entry.take(left.saturating_add(1));
            let written = write_file(&path, &mut entry)?;
            left = left.checked_sub(written).ok_or_else(|| self.most_bytes.error())?;
        }
        Ok(())
    }
}

fn damaged(error: &ZipError) -> AttachedArchiveError {
    AttachedArchiveError::Damaged(error.to_string())
}

/// Creates a folder and those above it.
pub(super) fn create_folder(path: &Path) -> Result<(), UnpackError> {
    let created = DirBuilder::new().recursive(true).mode(0o700).create(path);
    created.map_err(|source| UnpackError::Write { path: path.to_owned(), source })
}

/// Writes a new file: no file is replaced, and no link followed. Returns how many bytes it has.
pub(super) fn write_file(path: &Path, content: &mut impl Read) -> Result<u64, UnpackError> {
    let failed = |source| UnpackError::Write { path: path.to_owned(), source };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    let mut written = 0;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = content.read(&mut buffer).map_err(|error| AttachedArchiveError::Damaged(error.to_string()))?;
        let Some(part @ [_, ..]) = buffer.get(..read) else { return Ok(written) };
        file.write_all(part).map_err(failed)?;
        written += part.len() as u64;
    }
}
