//! Where the command line sends a result: an output file, or standard output.

use super::error::CliError;
use super::output::{Format, give_bytes};
use crate::files::OutputFile;

/// The destination of a result.
#[derive(Debug)]
pub(super) enum OutFile {
    /// A file or a device.
    File(Box<OutputFile>),
    /// Standard output.
    Stdout,
}

impl OutFile {
    /// Makes sure that the result can be written, and removes the one of an earlier call.
    pub(super) fn prepare(name: &str) -> Result<Self, CliError> {
        if is_stdout(name) { Ok(Self::Stdout) } else { Ok(Self::File(Box::new(OutputFile::prepare(name)?))) }
    }

    /// The same for a result that others must not read.
    pub(super) fn private(name: &str) -> Result<Self, CliError> {
        if is_stdout(name) { Ok(Self::Stdout) } else { Ok(Self::File(Box::new(OutputFile::prepare_private(name)?))) }
    }

    /// Writes the whole content. A file gets it as it is; standard output gets it as it is in its format.
    pub(super) fn write(self, format: Format, content: &[u8]) -> Result<(), CliError> {
        match self {
            Self::File(file) => Ok(file.write(content)?),
            Self::Stdout => give_bytes(format, content),
        }
    }
}

fn is_stdout(name: &str) -> bool {
    matches!(name, "-" | "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1")
}
