//! The interpreters of scripts: how the process that runs an execution finds them, and the private Python environment.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use super::error::AutomationError;
use super::observer::{Notice, Observer};
use crate::runbook::inputs::execute_script::ScriptRuntime;
use crate::runbook::{Action, Runbook, Step};
use crate::scripts::{
    FoundInterpreter, InstalledEnvironment, InterpreterError, InterpreterNotice, InterpreterSettings, Interpreters,
    ScriptText, needs_boto3,
};
use crate::supervisor::Supervisor;

/// The folder of the private environments, beside the journal.
const FOLDER: &str = "python";

/// The runtimes that the service offers (spec aws-actions 4.1).
const OFFERED: [&str; 3] = ["python3.10", "python3.11", "PowerShell 7.4"];

/// The user's choices about interpreters. They belong to the process that runs an execution, not to the execution: another
/// machine has other programs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InterpreterOptions {
    /// The Python to use for every Python runtime.
    pub python: Option<PathBuf>,
    /// The PowerShell to use.
    pub pwsh: Option<PathBuf>,
    /// A folder with the wheels of the private environment.
    pub wheels: Option<PathBuf>,
    /// Refuses another version than the declared one.
    pub strict_runtime: bool,
    /// The folder of the journal; without it there is no private environment.
    pub state_folder: Option<PathBuf>,
    /// Whether a script that needs it may make the private environment: a person is there to read about it.
    pub may_install: bool,
}

/// The interpreter of a runtime, for scripts of one kind.
#[derive(Debug)]
pub struct RuntimeChoice {
    /// The runtime.
    pub runtime: ScriptRuntime,
    /// Whether the scripts import boto3.
    pub needs_boto3: bool,
    /// The interpreter, or why there is none.
    pub found: Result<FoundInterpreter, InterpreterError>,
}

impl InterpreterOptions {
    /// The interpreters of this machine, by the environment of this process. The observer gets a notice before the private
    /// environment is made.
    pub fn interpreters(&self, observer: Arc<dyn Observer>) -> Interpreters {
        let text = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value));
        Interpreters::new(InterpreterSettings {
            python: self.python.clone(),
            pwsh: self.pwsh.clone(),
            variables: std::env::vars_os().filter_map(text).collect(),
            folder: self.state_folder.as_ref().map(|folder| folder.join(FOLDER)),
            may_install: self.may_install,
            wheels: self.wheels.clone(),
            strict_runtime: self.strict_runtime,
            supervisor: Supervisor::of_this_program(),
            announce: Some(Arc::new(move |installation| {
                observer.notice(&Notice::MakingPythonEnvironment(installation.clone()));
            })),
        })
    }

    /// Makes the private Python environment, unless it is there.
    pub async fn install_environment(
        &self,
        observer: Arc<dyn Observer>,
    ) -> Result<InstalledEnvironment, AutomationError> {
        Ok(self.interpreters(observer).install().await?)
    }

    /// The interpreter of each runtime, for scripts with and without boto3. Makes no environment.
    pub async fn choices(&self, runtimes: &[(ScriptRuntime, bool)], observer: Arc<dyn Observer>) -> Vec<RuntimeChoice> {
        let interpreters = Self { may_install: false, ..self.clone() }.interpreters(observer);
        let mut choices = Vec::new();
        for (runtime, needs_boto3) in runtimes {
            let (runtime, needs_boto3) = (runtime.clone(), *needs_boto3);
            let found = interpreters.find(&runtime, needs_boto3).await;
            choices.push(RuntimeChoice { runtime, needs_boto3, found });
        }
        choices
    }
}

/// The runtimes that the service offers; of Python for scripts with and without boto3.
pub fn offered_runtimes() -> Vec<(ScriptRuntime, bool)> {
    let runtimes = OFFERED.into_iter().filter_map(|text| text.parse::<ScriptRuntime>().ok());
    runtimes
        .flat_map(|runtime| match runtime {
            ScriptRuntime::Python { .. } => vec![(runtime.clone(), false), (runtime, true)],
            ScriptRuntime::PowerShell { .. } => vec![(runtime, false)],
        })
        .collect()
}

/// The runtimes of a runbook's scripts, each once, and whether the scripts import boto3. A runtime that is not constant is
/// left out. An attachment may import boto3.
pub fn script_runtimes(runbook: &Runbook) -> Vec<(ScriptRuntime, bool)> {
    runtimes_of(runbook, true)
}

/// Finds an interpreter for each runtime of a runbook's scripts, as far as it is known before they run.
pub(super) async fn ensure_interpreters(
    runbook: &Runbook,
    interpreters: &Interpreters,
) -> Result<Vec<InterpreterNotice>, InterpreterError> {
    // A runbook over targets runs the scripts of the runbook that it runs.
    let runbook = runbook.target_runbook().unwrap_or(runbook);
    let mut notices = Vec::new();
    // Attachments are looked into when they are placed.
    for (runtime, needs_boto3) in runtimes_of(runbook, false) {
        notices.extend(interpreters.find(&runtime, needs_boto3).await?.notices);
    }
    Ok(notices)
}

/// Checks that the scripts of a runbook have interpreters on this machine. Makes no environment.
pub async fn check_interpreters(
    runbook: &Runbook,
    options: &InterpreterOptions,
    observer: Arc<dyn Observer>,
) -> Result<(), AutomationError> {
    let interpreters = InterpreterOptions { may_install: false, ..options.clone() }.interpreters(Arc::clone(&observer));
    match ensure_interpreters(runbook, &interpreters).await {
        Ok(notices) => notices.into_iter().for_each(|notice| observer.notice(&Notice::Interpreter(notice))),
        // The run makes the environment, or says how.
        Err(InterpreterError::Boto3Missing { .. }) if options.may_install => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Whether a script of a runbook imports boto3, or may.
pub(super) fn may_call_aws(runbook: &Runbook) -> bool {
    let runbook = runbook.target_runbook().unwrap_or(runbook);
    script_runtimes(runbook).iter().any(|(_, needs_boto3)| *needs_boto3)
}

fn runtimes_of(runbook: &Runbook, by_attachment: bool) -> Vec<(ScriptRuntime, bool)> {
    let mut runtimes = Vec::new();
    for step in runbook.all_steps().filter(|step| step.inputs.action() == Action::EXECUTE_SCRIPT) {
        let Some(runtime) = constant(step, "Runtime").and_then(|text| text.parse::<ScriptRuntime>().ok()) else {
            continue;
        };
        let trees = step.inputs.trees();
        let text = || constant(step, "Script").map_or(ScriptText::Computed, ScriptText::Known);
        let script = trees.contains_key("Script").then(text);
        let needs_boto3 = needs_boto3(&runtime, script, by_attachment && trees.contains_key("Attachment"));
        if !runtimes.contains(&(runtime.clone(), needs_boto3)) {
            runtimes.push((runtime, needs_boto3));
        }
    }
    runtimes
}

fn constant<'a>(step: &'a Step, input: &str) -> Option<&'a str> {
    step.inputs.trees().get(input)?.as_literal()?.as_str()
}
