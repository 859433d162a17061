//! What the search for interpreters depends on. Nothing is read from the process.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::environment::Installation;
use crate::supervisor::Supervisor;

/// Called before the private environment is made, with what, where and how big it is.
pub type Announce = Arc<dyn Fn(&Installation) + Send + Sync>;

/// What the search for interpreters depends on.
#[derive(Clone, Default)]
pub struct InterpreterSettings {
    /// The Python to use for every Python runtime.
    pub python: Option<PathBuf>,
    /// The PowerShell to use.
    pub pwsh: Option<PathBuf>,
    /// The environment of the programs that are asked and of pip. `PATH` in it is searched; version managers need more of
    /// it, and pip its proxy and its index.
    pub variables: BTreeMap<String, OsString>,
    /// The folder of the private environments and of remembered answers, created when needed. Without it there are none.
    pub folder: Option<PathBuf>,
    /// Whether a script that needs boto3 may make the private environment.
    pub may_install: bool,
    /// A folder with the wheels of the environment, used instead of a package index.
    pub wheels: Option<PathBuf>,
    /// Refuses another minor version of Python than the declared one.
    pub strict_runtime: bool,
    /// Ends the programs that make the environment with this process.
    pub supervisor: Option<Supervisor>,
    /// Called before the private environment is made.
    pub announce: Option<Announce>,
}

impl InterpreterSettings {
    /// `PATH`
    pub(super) fn path(&self) -> &OsStr {
        self.variables.get("PATH").map(OsString::as_os_str).unwrap_or_default()
    }

    /// The environment of programs, without variables that would change what Python imports: scripts do not have them.
    pub(super) fn program_variables(&self) -> BTreeMap<String, OsString> {
        let is_kept = |name: &str| !name.starts_with("PYTHON");
        let kept = self.variables.iter().filter(|(name, _)| is_kept(name));
        kept.map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

impl fmt::Debug for InterpreterSettings {
    /// Without the variables, which may have secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InterpreterSettings")
            .field("python", &self.python)
            .field("pwsh", &self.pwsh)
            .field("folder", &self.folder)
            .field("may_install", &self.may_install)
            .field("wheels", &self.wheels)
            .field("strict_runtime", &self.strict_runtime)
            .finish_non_exhaustive()
    }
}
