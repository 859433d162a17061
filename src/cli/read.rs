//! Inputs that the command line names, and lines that are typed. Each is read up to a bound, whatever the system says of
//! its size: a device has none, a pipe is as long as somebody writes, and a file grows.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;

use super::error::CliError;
use crate::event::{DocumentIdentity, sha256};
use crate::limits::TYPED_LINE_BYTES;

/// How much of a file shows what it is.
const BEGINNING_BYTES: usize = 4096;

/// The name of standard input on the command line.
pub(super) const STDIN: &str = "-";

/// The bytes of a file, or of standard input for `-`, and the name to show. At most one byte more than `limit` is
/// read, so that whoever uses them can refuse what is too large.
pub(super) fn bytes(file: &str, limit: usize) -> Result<(String, Vec<u8>), CliError> {
    open(file, |reader| bounded(reader, limit))
}

/// The same of what can only be a map of JSON, and may be very large: what begins otherwise is not read to its end.
pub(super) fn json_map(file: &str, limit: usize) -> Result<(String, Vec<u8>), CliError> {
    open(file, |reader| {
        let begin = bounded(&mut *reader, BEGINNING_BYTES)?;
        if begin.trim_ascii_start().first().is_some_and(|first| *first != b'{') {
            return Ok(begin);
        }
        let rest = bounded(reader, limit.saturating_sub(begin.len()))?;
        Ok([begin, rest].concat())
    })
}

fn open(file: &str, read: impl FnOnce(&mut dyn Read) -> io::Result<Vec<u8>>) -> Result<(String, Vec<u8>), CliError> {
    let (name, read) = if file == STDIN {
        ("<stdin>".to_owned(), read(&mut io::stdin().lock()))
    } else {
        (file.to_owned(), File::open(file).and_then(|mut opened| read(&mut opened)))
    };
    match read {
        Ok(bytes) => Ok((name, bytes)),
        Err(error) => Err(unreadable(file, &error)),
    }
}

fn bounded(reader: &mut dyn Read, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The next line of an input that somebody types at, without its end; none at the end of the input.
pub(super) fn typed_line(input: &mut impl BufRead) -> io::Result<Option<String>> {
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

fn unreadable(file: &str, error: &io::Error) -> CliError {
    let told = |what: &str| CliError::usage(format!("{file}: {what}"));
    match error.kind() {
        io::ErrorKind::NotFound => {
            let folder = Path::new(file).parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir());
            match folder {
                Some(folder) => told("there is no such file").help(format!("there is no folder {}", folder.display())),
                None => told("there is no such file").help("check the path; `-` reads standard input"),
            }
        }
        io::ErrorKind::PermissionDenied => {
            told("it may not be read").help(format!("allow it with `chmod u+r {file}`, or run as its owner"))
        }
        io::ErrorKind::IsADirectory => told("it is a folder").help("name a file in it"),
        _ => told(&format!("it cannot be read: {error}")),
    }
}

/// Which runbook this is: its name without folder and ending, and the hash of its text.
pub(super) fn identity(file: &str, text: &str) -> DocumentIdentity {
    let name = match Path::new(file).file_stem() {
        Some(stem) if file != STDIN => stem.to_string_lossy().into_owned(),
        Some(_) | None => "stdin".to_owned(),
    };
    DocumentIdentity { name, sha256: sha256(text) }
}
