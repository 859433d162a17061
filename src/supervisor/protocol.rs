//! The protocol between the engine and a supervisor.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

/// The hidden command of a supervisor.
pub(super) const COMMAND: &str = "supervise";

/// The hidden command that becomes the supervised program: it sets the attributes that an `exec` keeps.
pub(super) const LAUNCH_COMMAND: &str = "supervise-launch";

/// The size of a report in bytes.
pub(super) const REPORT_BYTES: usize = 5;

/// The length that precedes an environment, in bytes.
pub(super) const LENGTH_BYTES: usize = 4;

/// The byte that asks for the end of the program.
pub(super) const TERMINATE: u8 = b'T';

/// A report of a supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    /// The program runs under this process id.
    Started(i32),
    /// The system refused to start the program, with this error number.
    Failed(i32),
    /// The program ended with this wait status, and no descendant is left.
    Ended(i32),
}

impl Report {
    pub(super) fn to_bytes(self) -> [u8; REPORT_BYTES] {
        let (kind, value) = match self {
            Self::Started(pid) => (b'S', pid),
            Self::Failed(number) => (b'F', number),
            Self::Ended(status) => (b'E', status),
        };
        let [a, b, c, d] = value.to_le_bytes();
        [kind, a, b, c, d]
    }

    pub(super) fn from_bytes(bytes: [u8; REPORT_BYTES]) -> io::Result<Self> {
        let [kind, a, b, c, d] = bytes;
        let value = i32::from_le_bytes([a, b, c, d]);
        match kind {
            b'S' => Ok(Self::Started(value)),
            b'F' => Ok(Self::Failed(value)),
            b'E' => Ok(Self::Ended(value)),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "the supervisor sent an unknown report")),
        }
    }
}

/// The length that precedes an environment.
pub(super) fn length_bytes(environment: &[u8]) -> io::Result<[u8; LENGTH_BYTES]> {
    u32::try_from(environment.len())
        .map(u32::to_le_bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "the environment is too large"))
}

/// An environment.
pub(super) fn environment_bytes(variables: &BTreeMap<String, OsString>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for (name, value) in variables {
        if value.as_bytes().contains(&0) || name.contains(['\0', '=']) || name.is_empty() {
            let message = format!("the environment variable {name:?} has a character that no variable may have");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        bytes.extend_from_slice(name.as_bytes());
        bytes.push(b'=');
        bytes.extend_from_slice(value.as_bytes());
        bytes.push(0);
    }
    Ok(bytes)
}

/// The variables of an environment.
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "there is no supervisor"))]
pub(super) fn environment(bytes: &[u8]) -> impl Iterator<Item = (OsString, OsString)> {
    bytes.split(|byte| *byte == 0).filter_map(|variable| {
        let equals = variable.iter().position(|byte| *byte == b'=')?;
        let (name, value) = variable.split_at_checked(equals)?;
        Some((OsString::from_vec(name.to_vec()), OsString::from_vec(value.get(1..)?.to_vec())))
    })
}

#[cfg(test)]
mod tests;
