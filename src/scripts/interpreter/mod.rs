//! Interpreters: the programs that run scripts.

use std::path::PathBuf;

/// A program that runs scripts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Interpreter {
    /// Python.
    Python {
        /// The executable.
        program: PathBuf,
        /// Its minor version: 11 of Python 3.11.
        minor: u16,
    },
    /// PowerShell 7 or newer.
    PowerShell {
        /// The executable, `pwsh`.
        program: PathBuf,
    },
}
