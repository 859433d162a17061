//! The files that a user names: reads inputs up to a bound, and writes output files without following other users' links.
//!
//! Owns: bounded reading, atomic replacement of output files, the check of where a path leads, and of who else may change a
//! file. Does not own: standard input and output (`cli`), the journal (`store`), and advice on errors. Imports `clock` for
//! random names.

mod access;
mod error;
mod location;
mod read;
mod write;

pub use access::{ForeignAccess, find_access_by_others};
pub use error::{FileError, FileOperation};
pub use location::LocationError;
pub use read::{
    read_bounded, read_file, read_guarded_file, read_guarded_regular_file, read_json_map, read_line, read_regular_file,
};
pub use write::{AppendedFile, OutputFile, open_log};

#[cfg(test)]
mod tests;
