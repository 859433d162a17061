//! The resource limits of a program.

use std::fmt;
use std::str::FromStr;

use rustix::process::{Resource, Rlimit};

/// The resource limits of a program and of its descendants; `None` leaves a limit as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ResourceLimits {
    /// The address space of a process in bytes.
    pub(crate) address_space: Option<u64>,
    /// The size of a file that it writes, in bytes.
    pub(crate) file_size: Option<u64>,
    /// Open descriptors of a process.
    pub(crate) open_files: Option<u64>,
}

/// A text that is no limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("resource limits are three numbers, with `-` for none")]
pub(crate) struct InvalidLimits;

impl ResourceLimits {
    /// The limits that are set. One that the system already holds lower stays so: it cannot be raised.
    pub(super) fn set(self) -> impl Iterator<Item = (Resource, Rlimit)> {
        let limits = [
            (Resource::As, self.address_space),
            (Resource::Fsize, self.file_size),
            (Resource::Nofile, self.open_files),
        ];
        limits.into_iter().filter_map(|(resource, limit)| {
            let limit = limit?;
            let most = rustix::process::getrlimit(resource).maximum.map_or(limit, |most| most.min(limit));
            Some((resource, Rlimit { current: Some(most), maximum: Some(most) }))
        })
    }
}

/// As an argument of a supervisor: `536870912,-,1024`.
impl fmt::Display for ResourceLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |limit: Option<u64>| limit.map_or_else(|| "-".to_owned(), |limit| limit.to_string());
        write!(f, "{},{},{}", shown(self.address_space), shown(self.file_size), shown(self.open_files))
    }
}

impl FromStr for ResourceLimits {
    type Err = InvalidLimits;

    fn from_str(text: &str) -> Result<Self, InvalidLimits> {
        let limits = text.split(',').map(|limit| match limit {
            "-" => Ok(None),
            number => number.parse().map(Some).map_err(|_| InvalidLimits),
        });
        match *limits.collect::<Result<Vec<_>, _>>()? {
            [address_space, file_size, open_files] => Ok(Self { address_space, file_size, open_files }),
            _ => Err(InvalidLimits),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_round_trip_as_an_argument() {
        let limits = ResourceLimits { address_space: Some(1 << 29), file_size: None, open_files: Some(1_024) };
        assert_eq!((limits.to_string().as_str(), limits.to_string().parse()), ("536870912,-,1024", Ok(limits)));
        assert_eq!("1,2".parse::<ResourceLimits>(), Err(InvalidLimits));
    }
}
