//! Finds PowerShell 7 or newer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::Interpreter;
use super::choice::{FoundInterpreter, InterpreterSource};
use super::error::{InterpreterError, ProgramProblem};
use super::notice::InterpreterNotice;
use super::settings::InterpreterSettings;
use crate::files::find_access_by_others;
use crate::path_search::{ask, executables, is_executable};
use crate::runbook::inputs::execute_script::ScriptRuntime;
use crate::scripts::bootstrap::CompiledBootstrap;

/// Prints the version, without the profile of the user.
const VERSION: [&str; 4] = ["-NoLogo", "-NoProfile", "-Command", "$PSVersionTable.PSVersion.ToString()"];

/// The oldest version that runs scripts.
const OLDEST: u32 = 7;

/// Finds the PowerShell for a runtime.
pub(super) async fn find(
    settings: &InterpreterSettings,
    runtime: &ScriptRuntime,
) -> Result<FoundInterpreter, InterpreterError> {
    let (program, source) = match &settings.pwsh {
        Some(program) => (program.clone(), InterpreterSource::Configured),
        None => match executables("pwsh", settings.path()).next() {
            Some(program) => (program, InterpreterSource::Path),
            None => return Err(InterpreterError::PowerShellMissing { runtime: runtime.clone() }),
        },
    };
    let version = match usable(settings, &program).await {
        Ok(version) => version,
        Err(problem) => return Err(InterpreterError::Program { runtime: runtime.clone(), program, problem }),
    };
    let notices = other_version(settings, runtime, &version, &program)?.into_iter().collect();
    let interpreter = Interpreter::PowerShell { program };
    let (variables, bootstrap) = (BTreeMap::new(), CompiledBootstrap::default());
    Ok(FoundInterpreter { interpreter, source, variables, notices, bootstrap })
}

/// The version of a program that can run scripts.
async fn usable(settings: &InterpreterSettings, program: &Path) -> Result<String, ProgramProblem> {
    if !is_executable(program) {
        return Err(ProgramProblem::Missing);
    }
    if let Some(access) = find_access_by_others(program) {
        return Err(ProgramProblem::Foreign(access));
    }
    let mut question = Command::new(program);
    question.args(VERSION).env_clear().envs(settings.program_variables());
    question.envs([("POWERSHELL_TELEMETRY_OPTOUT", "1"), ("POWERSHELL_UPDATECHECK", "Off")]);
    let version = ask(&mut question).await.ok_or(ProgramProblem::NoAnswer)?;
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(OLDEST..) => Ok(version),
        Some(_) => Err(ProgramProblem::Version(version)),
        None => Err(ProgramProblem::NoAnswer),
    }
}

/// What to say of a version that is not the declared one.
fn other_version(
    settings: &InterpreterSettings,
    runtime: &ScriptRuntime,
    version: &str,
    program: &Path,
) -> Result<Option<InterpreterNotice>, InterpreterError> {
    let text = runtime.to_string();
    let declared = text.rsplit(' ').next().unwrap_or_default();
    if version == declared || version.strip_prefix(declared).is_some_and(|rest| rest.starts_with('.')) {
        return Ok(None);
    }
    if settings.strict_runtime {
        return Err(InterpreterError::OtherVersion { runtime: runtime.clone(), needs_boto3: false });
    }
    let (runtime, program, version) = (runtime.clone(), PathBuf::from(program), version.to_owned());
    Ok(Some(InterpreterNotice::OtherVersion { runtime, version, program }))
}
