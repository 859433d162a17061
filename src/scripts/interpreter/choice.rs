//! The interpreter that was chosen for a runtime.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

use super::Interpreter;
use super::notice::InterpreterNotice;
use crate::scripts::bootstrap::CompiledBootstrap;

/// The interpreter of a runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundInterpreter {
    /// The program.
    pub interpreter: Interpreter,
    /// Where it was found.
    pub source: InterpreterSource,
    /// Variables with which it finds its packages: `PYTHONUSERBASE` where boto3 may be among the packages of the user.
    /// A process without them, and with another `HOME`, does not find those.
    pub variables: BTreeMap<String, OsString>,
    /// What people have to know about the choice; only in the first answer for a runtime.
    pub notices: Vec<InterpreterNotice>,
    /// The program that calls scripts, as it has compiled it.
    pub(in crate::scripts) bootstrap: CompiledBootstrap,
}

/// Where an interpreter was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InterpreterSource {
    /// A setting names it.
    Configured,
    /// It is on PATH.
    Path,
    /// It is the one of the private environment.
    PrivateEnvironment,
}

impl fmt::Display for InterpreterSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Configured => "configured",
            Self::Path => "PATH",
            Self::PrivateEnvironment => "private environment",
        })
    }
}
