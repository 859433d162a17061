//! Why a script has no interpreter.

use std::fmt;
use std::path::PathBuf;

use super::environment::EnvironmentError;
use super::version::BOTO3_MINOR;
use crate::files::ForeignAccess;
use crate::runbook::inputs::execute_script::ScriptRuntime;

/// Why a script has no interpreter.
#[derive(Debug, thiserror::Error)]
pub enum InterpreterError {
    /// No Python is on PATH.
    #[error(
        "the runtime {runtime} needs Python 3, and none on PATH can be used; install it, or name it: --python PATH"
    )]
    PythonMissing {
        /// The declared runtime.
        runtime: ScriptRuntime,
    },
    /// No PowerShell is on PATH.
    #[error(
        "the runtime {runtime} needs PowerShell 7, and no `pwsh` on PATH can be used; install it, or name it: --pwsh PATH"
    )]
    PowerShellMissing {
        /// The declared runtime.
        runtime: ScriptRuntime,
    },
    /// A program is refused: one that a setting names, or the `pwsh` on PATH.
    #[error("{} cannot run scripts of {runtime}: {problem}", program.display())]
    Program {
        /// The declared runtime.
        runtime: ScriptRuntime,
        /// The program.
        program: PathBuf,
        /// Why.
        problem: ProgramProblem,
    },
    /// The declared version is not there, and no other one may replace it (spec aws-actions A11).
    #[error("--strict-runtime: {runtime} is not installed{}; install it, or leave out --strict-runtime", with_boto3(*needs_boto3))]
    OtherVersion {
        /// The declared runtime.
        runtime: ScriptRuntime,
        /// Whether it needs boto3.
        needs_boto3: bool,
    },
    /// No Python has boto3, and this run may not make the environment.
    #[error(
        "a script of {runtime} imports boto3, and no Python here has it; make an environment with it: \
         `runwright python install`, or install boto3"
    )]
    Boto3Missing {
        /// The declared runtime.
        runtime: ScriptRuntime,
    },
    /// No Python is new enough for boto3.
    #[error(
        "boto3 needs Python 3.{BOTO3_MINOR} or newer, and none can be used; install one, or name it: --python PATH"
    )]
    PythonTooOld,
    /// The private environment cannot be made.
    #[error("cannot make the Python environment with boto3: {0}")]
    Environment(#[from] EnvironmentError),
}

/// Why a program is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProgramProblem {
    /// There is no executable file.
    Missing,
    /// It does not say its version.
    NoAnswer,
    /// Other users can change it.
    Foreign(ForeignAccess),
    /// Its version is too old.
    Version(String),
}

impl fmt::Display for ProgramProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("there is no executable file"),
            Self::NoAnswer => f.write_str("it does not answer with its version"),
            Self::Foreign(access) => write!(f, "other users can change it: {access}"),
            Self::Version(version) => write!(f, "its version is {version}"),
        }
    }
}

const fn with_boto3(needs_boto3: bool) -> &'static str {
    if needs_boto3 { " with boto3" } else { "" }
}
