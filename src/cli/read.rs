//! Inputs that the command line names: a file, or standard input as `-`. How much of them is read: `files`.

use std::io::{self, Read};
use std::path::Path;

use super::error::CliError;
use crate::files::{FileError, read_bounded, read_file, read_json_map};

pub(super) use crate::files::read_line as typed_line;

/// The name of standard input on the command line.
pub(super) const STDIN: &str = "-";

/// The bytes of a file, or of standard input for `-`, and the name to show. At most one byte more than `limit` is
/// read, so that the caller can refuse an input that is too large.
pub(super) fn bytes(file: &str, limit: usize) -> Result<(String, Vec<u8>), CliError> {
    read(file, |reader| read_bounded(reader, limit))
}

/// The same for an input that must be a map of JSON, and may be very large: one that begins otherwise is not read to its
/// end.
pub(super) fn json_map(file: &str, limit: usize) -> Result<(String, Vec<u8>), CliError> {
    read(file, |reader| read_json_map(reader, limit))
}

fn read(file: &str, read: impl FnOnce(&mut dyn Read) -> io::Result<Vec<u8>>) -> Result<(String, Vec<u8>), CliError> {
    if file == STDIN {
        let bytes = read(&mut io::stdin().lock()).map_err(|error| FileError::of_input(STDIN, error))?;
        return Ok(("<stdin>".to_owned(), bytes));
    }
    Ok((file.to_owned(), read_file(Path::new(file), read)?))
}
