//! Bounded reading of input files. The bound holds whatever size the system reports: a device has none, a pipe is as
//! long as its writer makes it, and a file grows.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;

use rustix::fs::{Mode, OFlags};

use super::access::find_access_to_file;
use super::error::FileError;
use crate::limits::TYPED_LINE_BYTES;

/// How much of a file is read to detect its format.
const BEGINNING_BYTES: usize = 4096;

/// Reads a file with `read`.
pub fn read_file(path: &Path, read: impl FnOnce(&mut dyn Read) -> io::Result<Vec<u8>>) -> Result<Vec<u8>, FileError> {
    let bytes = File::open(path).and_then(|mut opened| read(&mut opened));
    bytes.map_err(|source| FileError::of_input(&path.to_string_lossy(), source))
}

/// Reads at most one byte more than `limit` of a regular file, for a folder in which the user has not named each file:
/// a pipe without a writer is refused instead of waited for.
pub fn read_regular_file(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    read_bounded(&mut open_regular_file(path)?, limit)
}

/// Reads likewise a file that decides what an execution does: one that other users can change is refused.
pub fn read_guarded_regular_file(path: &Path, limit: usize) -> Result<Vec<u8>, FileError> {
    let name = path.to_string_lossy();
    let failed = |source| FileError::of_input(&name, source);
    let mut opened = open_regular_file(path).map_err(failed)?;
    refuse_foreign_access(path, &opened)?;
    read_bounded(&mut opened, limit).map_err(failed)
}

fn open_regular_file(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if opened.metadata()?.is_file() {
        Ok(opened)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
    }
}

/// Reads with `read` a file that decides what an execution does: one that other users can change is refused.
pub fn read_guarded_file(
    path: &Path,
    read: impl FnOnce(&mut dyn Read) -> io::Result<Vec<u8>>,
) -> Result<Vec<u8>, FileError> {
    let failed = |source| FileError::of_input(&path.to_string_lossy(), source);
    let mut opened = File::open(path).map_err(failed)?;
    refuse_foreign_access(path, &opened)?;
    read(&mut opened).map_err(failed)
}

/// The file that is checked is the one that is read, whatever becomes of the path.
fn refuse_foreign_access(path: &Path, opened: &File) -> Result<(), FileError> {
    let name = path.to_string_lossy();
    let found = opened.metadata().map_err(|source| FileError::of_input(&name, source))?;
    match find_access_to_file(path, &found) {
        Some(access) => Err(FileError::Foreign { name: name.into_owned(), access }),
        None => Ok(()),
    }
}

/// Reads at most one byte more than `limit`, so that the caller can refuse an input that is too large.
pub fn read_bounded(reader: &mut dyn Read, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The same for an input that must be a map of JSON, and may be very large: one that begins otherwise is not read to its
/// end.
pub fn read_json_map(reader: &mut dyn Read, limit: usize) -> io::Result<Vec<u8>> {
    let begin = read_bounded(&mut *reader, BEGINNING_BYTES)?;
    if begin.trim_ascii_start().first().is_some_and(|first| *first != b'{') {
        return Ok(begin);
    }
    let rest = read_bounded(reader, limit.saturating_sub(begin.len()))?;
    Ok([begin, rest].concat())
}

/// Reads the next typed line, without its line break; `None` at the end of the input.
pub fn read_line(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    let most = u64::try_from(TYPED_LINE_BYTES).unwrap_or(u64::MAX);
    if input.take(most).read_line(&mut line)? == 0 {
        return Ok(None);
    }
    if line.len() >= TYPED_LINE_BYTES && !line.ends_with('\n') {
        let message = format!("a line has more than {TYPED_LINE_BYTES} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    line.truncate(line.trim_end_matches(['\n', '\r']).len());
    Ok(Some(line))
}
