//! What is said before a private environment is made.

use std::fmt;
use std::path::PathBuf;

/// The wheels, in megabytes.
const DOWNLOAD_MEGABYTES: u32 = 17;

/// The environment on disk, in megabytes.
const DISK_MEGABYTES: u32 = 37;

/// An environment that is about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// The version of boto3.
    pub boto3: String,
    /// The Python that it is made of.
    pub python: PathBuf,
    /// Its folder.
    pub folder: PathBuf,
    /// Where the packages come from.
    pub source: PackageSource,
}

/// Where packages come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageSource {
    /// The package index in pip's configuration.
    Index,
    /// A folder with wheels.
    Wheels(PathBuf),
}

impl fmt::Display for Installation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { boto3, python, folder, source } = self;
        write!(f, "making a Python environment with boto3 {boto3} for scripts, once: {}", folder.display())?;
        write!(f, " ({DISK_MEGABYTES} MB, of {}; {source})", python.display())
    }
}

impl fmt::Display for PackageSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index => write!(f, "downloads {DOWNLOAD_MEGABYTES} MB with pip"),
            Self::Wheels(folder) => write!(f, "from the wheels in {}", folder.display()),
        }
    }
}
