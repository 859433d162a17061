//! What people have to know about the choice of an interpreter.

use std::fmt;
use std::path::PathBuf;

use crate::files::ForeignAccess;
use crate::runbook::inputs::execute_script::ScriptRuntime;

/// What people have to know about the choice of an interpreter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InterpreterNotice {
    /// Another version than the declared one is used (spec aws-actions A11).
    OtherVersion {
        /// The declared runtime.
        runtime: ScriptRuntime,
        /// The version that is used: `3.11`.
        version: String,
        /// The program.
        program: PathBuf,
    },
    /// A program was left out, because other users can change it.
    UnsafeProgram {
        /// The program.
        program: PathBuf,
        /// How they can.
        access: ForeignAccess,
    },
}

impl fmt::Display for InterpreterNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherVersion { runtime, version, program } => write!(
                f,
                "scripts of {runtime} run on version {version} ({}); --strict-runtime refuses this",
                program.display()
            ),
            Self::UnsafeProgram { program, access } => {
                write!(f, "{} is not used: other users can change it: {access}", program.display())
            }
        }
    }
}
