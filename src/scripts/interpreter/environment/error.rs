//! Why a private environment cannot be made.

use std::io;
use std::path::PathBuf;

use crate::files::ForeignAccess;

/// Why a private environment cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// There is no folder for it.
    #[error("there is no folder for it: neither XDG_STATE_HOME nor HOME is set; use --state-dir FOLDER")]
    NoFolder,
    /// The folder with the wheels is not there.
    #[error("{}: there is no such folder with wheels", folder.display())]
    NoWheels {
        /// The folder.
        folder: PathBuf,
    },
    /// Other users can change what it is made from, or its folder.
    #[error("{} is not used: other users can change it: {access}", path.display())]
    Foreign {
        /// The folder.
        path: PathBuf,
        /// How they can.
        access: ForeignAccess,
    },
    /// A file or a folder cannot be written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The Python has no pip.
    #[error(
        "{} has neither pip nor ensurepip; install one: `apt-get install python3-pip` on Debian and Ubuntu, \
         `dnf install python3-pip` on Fedora and Amazon Linux, `apk add py3-pip` on Alpine; or use another: --python PATH",
        python.display()
    )]
    NoPip {
        /// The Python.
        python: PathBuf,
    },
    /// A program could not be run.
    #[error("{} cannot be started: {source}", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A program failed.
    #[error("{task} failed: {output}")]
    Failed {
        /// What it did.
        task: &'static str,
        /// The end of its output.
        output: String,
    },
    /// A program took too long, and was killed.
    #[error("{task} took longer than {minutes} minutes")]
    TimedOut {
        /// What it did.
        task: &'static str,
        /// The limit, in minutes.
        minutes: u64,
    },
    /// It was made, but cannot be used.
    #[error("{} has no Python that can be used", folder.display())]
    Unusable {
        /// Its folder.
        folder: PathBuf,
    },
}
