//! Inputs that the command line names, and lines that are typed. Each is read up to a bound.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;

use super::error::CliError;
use crate::automation::{AutomationError, read_bounded};
use crate::event::{DocumentIdentity, sha256};
use crate::limits::TYPED_LINE_BYTES;

/// How much of a file shows what it is.
const BEGINNING_BYTES: usize = 4096;

/// The name of standard input on the command line.
pub(super) const STDIN: &str = "-";

/// The bytes of a file, or of standard input for `-`, and the name to show. At most one byte more than `limit` is
/// read, so that whoever uses them can refuse what is too large.
pub(super) fn bytes(file: &str, limit: usize) -> Result<(String, Vec<u8>), CliError> {
    open(file, |reader| read_bounded(reader, limit))
}

/// The same of what can only be a map of JSON, and may be very large: what begins otherwise is not read to its end.
pub(super) fn json_map(file: &str, limit: usize) -> Result<(String, Vec<u8>), CliError> {
    open(file, |reader| {
        let begin = read_bounded(&mut *reader, BEGINNING_BYTES)?;
        if begin.trim_ascii_start().first().is_some_and(|first| *first != b'{') {
            return Ok(begin);
        }
        let rest = read_bounded(reader, limit.saturating_sub(begin.len()))?;
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
        Err(source) => Err(AutomationError::FileUnreadable { file: file.to_owned(), source }.into()),
    }
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

/// Which runbook this is: its name without folder and ending, and the hash of its text.
pub(super) fn identity(file: &str, text: &str) -> DocumentIdentity {
    let name = match Path::new(file).file_stem() {
        Some(stem) if file != STDIN => stem.to_string_lossy().into_owned(),
        Some(_) | None => "stdin".to_owned(),
    };
    DocumentIdentity { name, sha256: sha256(text) }
}
