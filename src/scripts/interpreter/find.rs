//! Chooses the interpreter of a runtime.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::path::Path;

use super::Interpreter;
use super::choice::{FoundInterpreter, InterpreterSource};
use super::environment::{InstalledEnvironment, PrivateEnvironment};
use super::error::{InterpreterError, ProgramProblem};
use super::notice::InterpreterNotice;
use super::powershell;
use super::probe::{Probe, Python};
use super::search::Search;
use super::settings::InterpreterSettings;
use super::version::BOTO3_MINOR;
use crate::files::find_access_by_others;
use crate::path_search::is_executable;
use crate::runbook::inputs::execute_script::ScriptRuntime;
use crate::scripts::bootstrap::CompiledBootstrap;

/// The runtime for which `runwright python install` makes the environment: the newest that the service has.
const NEWEST_RUNTIME: u16 = 11;

type Variables = BTreeMap<String, OsString>;

/// Finds interpreters, each once.
#[derive(Debug)]
pub struct Interpreters {
    settings: InterpreterSettings,
    probe: Probe,
    environment: PrivateEnvironment,
    state: tokio::sync::Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    found: HashMap<(ScriptRuntime, bool), FoundInterpreter>,
    notices: Vec<InterpreterNotice>,
}

impl Interpreters {
    /// Nothing is searched or asked yet.
    pub fn new(settings: InterpreterSettings) -> Self {
        let probe = Probe::new(settings.program_variables(), settings.folder.clone());
        Self { environment: PrivateEnvironment::new(&settings), probe, settings, state: tokio::sync::Mutex::default() }
    }

    /// The interpreter of a runtime. `needs_boto3`: whether the script imports boto3, or may do
    /// so, as the modules of an attachment. Each notice is in one answer only. Makes the private environment where that is
    /// needed and permitted; dropping the future stops that. An error is not remembered.
    pub async fn find(&self, runtime: &ScriptRuntime, needs_boto3: bool) -> Result<FoundInterpreter, InterpreterError> {
        // Others wait: two searches would ask and make the same.
        let mut state = self.state.lock().await;
        let key = (runtime.clone(), needs_boto3);
        if let Some(found) = state.found.get(&key) {
            return Ok(found.clone());
        }
        let mut found = match runtime {
            ScriptRuntime::Python { minor } => self.find_python(runtime, *minor, needs_boto3).await?,
            ScriptRuntime::PowerShell { .. } => powershell::find(&self.settings, runtime).await?,
        };
        if let Interpreter::Python { program, .. } = &found.interpreter {
            found.bootstrap = self.probe.bootstrap(program).await;
        }
        found.notices.retain(|notice| !state.notices.contains(notice));
        state.notices.extend(found.notices.iter().cloned());
        state.found.insert(key, FoundInterpreter { notices: Vec::new(), ..found.clone() });
        Ok(found)
    }

    /// Makes the private environment with the configured Python, or else the best one on PATH; it may be there already.
    pub async fn install(&self) -> Result<InstalledEnvironment, InterpreterError> {
        let runtime = ScriptRuntime::Python { minor: NEWEST_RUNTIME };
        let base = if let Some(program) = &self.settings.python {
            Some(self.configured(&runtime, program).await?)
        } else {
            best_for_boto3(&mut Search::new(&self.probe, self.settings.path(), NEWEST_RUNTIME)).await
        };
        self.install_on(base).await
    }

    async fn install_on(&self, base: Option<Python>) -> Result<InstalledEnvironment, InterpreterError> {
        let base = base.filter(|base| base.minor >= BOTO3_MINOR).ok_or(InterpreterError::PythonTooOld)?;
        Ok(self.environment.install(&self.settings, &base).await?)
    }

    async fn find_python(
        &self,
        runtime: &ScriptRuntime,
        declared: u16,
        needs_boto3: bool,
    ) -> Result<FoundInterpreter, InterpreterError> {
        if let Some(program) = &self.settings.python {
            let python = self.configured(runtime, program).await?;
            return self.find_with_configured(runtime, python, needs_boto3).await;
        }
        let mut search = Search::new(&self.probe, self.settings.path(), declared);
        let found = if needs_boto3 {
            self.find_with_boto3(runtime, declared, &mut search).await
        } else {
            let python = search.next().await;
            let missing = || InterpreterError::PythonMissing { runtime: runtime.clone() };
            python
                .ok_or_else(missing)
                .and_then(|python| self.found(runtime, python, InterpreterSource::Path, Variables::new(), false))
        };
        let mut found = found?;
        found.notices.splice(0..0, search.notices);
        Ok(found)
    }

    /// The Python that a setting names.
    async fn configured(&self, runtime: &ScriptRuntime, program: &Path) -> Result<Python, InterpreterError> {
        let refused =
            |problem| InterpreterError::Program { runtime: runtime.clone(), program: program.to_owned(), problem };
        if !is_executable(program) {
            return Err(refused(ProgramProblem::Missing));
        }
        if let Some(access) = find_access_by_others(program) {
            return Err(refused(ProgramProblem::Foreign(access)));
        }
        // Programs are started in other folders than this one.
        let program = std::path::absolute(program).unwrap_or_else(|_| program.to_owned());
        let python = self.probe.identify(&program).await.ok_or_else(|| refused(ProgramProblem::NoAnswer))?;
        match find_access_by_others(&python.program) {
            Some(access) => Err(refused(ProgramProblem::Foreign(access))),
            None => Ok(python),
        }
    }

    async fn find_with_configured(
        &self,
        runtime: &ScriptRuntime,
        python: Python,
        needs_boto3: bool,
    ) -> Result<FoundInterpreter, InterpreterError> {
        if !needs_boto3 {
            return self.found(runtime, python, InterpreterSource::Configured, Variables::new(), false);
        }
        if let Some(variables) = self.boto3_variables(&python).await {
            return self.found(runtime, python, InterpreterSource::Configured, variables, true);
        }
        let installed = self.environment.existing(python.minor);
        let python = match installed {
            Some(installed) => installed,
            None => self.make(runtime, Some(python)).await?,
        };
        self.found(runtime, python, InterpreterSource::PrivateEnvironment, Variables::new(), true)
    }

    async fn find_with_boto3(
        &self,
        runtime: &ScriptRuntime,
        declared: u16,
        search: &mut Search<'_>,
    ) -> Result<FoundInterpreter, InterpreterError> {
        let mut others = Vec::new();
        while let Some(python) = search.next_declared().await {
            if let Some(variables) = self.boto3_variables(&python).await {
                return self.found(runtime, python, InterpreterSource::Path, variables, true);
            }
            others.push(python);
        }
        let is_strict = self.settings.strict_runtime;
        let installed =
            if is_strict { self.environment.existing(declared) } else { self.environment.nearest(declared) };
        if let Some(python) = installed {
            return self.found(runtime, python, InterpreterSource::PrivateEnvironment, Variables::new(), true);
        }
        while !is_strict && let Some(python) = search.next().await {
            if let Some(variables) = self.boto3_variables(&python).await {
                return self.found(runtime, python, InterpreterSource::Path, variables, true);
            }
            others.push(python);
        }
        if is_strict && (others.is_empty() || declared < BOTO3_MINOR) {
            return Err(InterpreterError::OtherVersion { runtime: runtime.clone(), needs_boto3: true });
        }
        if others.is_empty() {
            return Err(InterpreterError::PythonMissing { runtime: runtime.clone() });
        }
        let base = others.into_iter().find(|python| python.minor >= BOTO3_MINOR);
        let python = self.make(runtime, base).await?;
        self.found(runtime, python, InterpreterSource::PrivateEnvironment, Variables::new(), true)
    }

    /// Makes the private environment, where this run may do so.
    async fn make(&self, runtime: &ScriptRuntime, base: Option<Python>) -> Result<Python, InterpreterError> {
        if !self.settings.may_install {
            return Err(InterpreterError::Boto3Missing { runtime: runtime.clone() });
        }
        let InstalledEnvironment { program, minor, .. } = self.install_on(base).await?;
        Ok(Python { program, minor })
    }

    /// The variables with which a Python imports boto3; `None` when it cannot.
    async fn boto3_variables(&self, python: &Python) -> Option<Variables> {
        let packages = self.probe.packages(&python.program).await.filter(|packages| packages.has_boto3)?;
        Some(packages.user_base.map(|base| ("PYTHONUSERBASE".to_owned(), base.into_os_string())).into_iter().collect())
    }

    /// The choice, with a notice when it is not the declared version.
    fn found(
        &self,
        runtime: &ScriptRuntime,
        python: Python,
        source: InterpreterSource,
        variables: Variables,
        needs_boto3: bool,
    ) -> Result<FoundInterpreter, InterpreterError> {
        let Python { program, minor } = python;
        let is_declared = *runtime == ScriptRuntime::Python { minor };
        if !is_declared && self.settings.strict_runtime {
            return Err(InterpreterError::OtherVersion { runtime: runtime.clone(), needs_boto3 });
        }
        let notice = InterpreterNotice::OtherVersion {
            runtime: runtime.clone(),
            version: format!("3.{minor}"),
            program: program.clone(),
        };
        let notices = if is_declared { Vec::new() } else { vec![notice] };
        let (interpreter, bootstrap) = (Interpreter::Python { program, minor }, CompiledBootstrap::default());
        Ok(FoundInterpreter { interpreter, source, variables, notices, bootstrap })
    }
}

/// The best Python that boto3 runs on.
async fn best_for_boto3(search: &mut Search<'_>) -> Option<Python> {
    loop {
        let python = search.next().await?;
        if python.minor >= BOTO3_MINOR {
            return Some(python);
        }
    }
}

#[cfg(test)]
mod tests;
