//! Interpreters: the programs that run scripts, and the private Python environment with boto3.
//!
//! [`Interpreters::find`] chooses the interpreter of a runtime. For Python, in this order:
//!
//! | a script without boto3 | a script that imports boto3 |
//! |---|---|
//! | the configured one | the configured one if it has boto3, else an environment of its version |
//! | the declared version on PATH | the declared version on PATH if it has boto3 |
//! | | the private environment, if it exists |
//! | the nearest newer one on PATH | the nearest one on PATH that has boto3 |
//! | any other Python 3 | the private environment, which is made now where this is permitted |
//!
//! Owns: the search, the answers of interpreters (`probe`), the environment (`environment`). Does not own: processes of
//! scripts.

mod answers;
mod choice;
mod environment;
mod error;
mod find;
mod imports;
mod notice;
mod powershell;
mod probe;
mod search;
mod settings;
mod version;

use std::path::PathBuf;

pub use choice::{FoundInterpreter, InterpreterSource};
pub use environment::{EnvironmentError, Installation, InstalledEnvironment, PackageSource};
pub use error::{InterpreterError, ProgramProblem};
pub use find::Interpreters;
pub(in crate::scripts) use imports::imports_boto3;
pub use imports::{ScriptText, needs_boto3};
pub use notice::InterpreterNotice;
pub use settings::{Announce, InterpreterSettings};

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
