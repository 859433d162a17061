//! The flags of the interpreters of scripts.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use super::error::CliError;
use super::screen::Screen;
use super::state::StateArgs;
use crate::automation::{InterpreterOptions, absolute_path};

/// Which programs run scripts.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Scripts")]
pub(super) struct InterpreterArgs {
    /// Python that runs all Python scripts, instead of the best one on PATH
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    python: Option<String>,
    #[command(flatten)]
    powershell: PowerShellArgs,
    /// Folder with the wheels of the Python environment with boto3, instead of a package index
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    wheels: Option<String>,
    /// Refuse to run a script on another version than its runtime
    #[arg(long)]
    strict_runtime: bool,
}

/// Which program runs PowerShell scripts.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Scripts")]
pub(super) struct PowerShellArgs {
    /// PowerShell 7 that runs all PowerShell scripts, instead of `pwsh` on PATH
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pwsh: Option<String>,
}

impl PowerShellArgs {
    /// The choice, where nothing is made or recorded.
    pub(super) fn options(&self) -> InterpreterOptions {
        InterpreterOptions { pwsh: choice(self.pwsh.as_deref()), ..InterpreterOptions::default() }
    }
}

fn choice(path: Option<&str>) -> Option<PathBuf> {
    path.map(|path| absolute_path(Path::new(path)))
}

impl InterpreterArgs {
    /// The choices, for executions of this journal. The private Python environment is made only where a person reads about
    /// it.
    pub(super) fn options(&self, state: &StateArgs, screen: Screen) -> InterpreterOptions {
        InterpreterOptions { may_install: screen.live && !is_ci(), ..self.choices(state.folder().ok()) }
    }

    /// Likewise for a command that makes the environment.
    pub(super) fn for_installation(&self, state: &StateArgs) -> Result<InterpreterOptions, CliError> {
        let folder = state.folder()?;
        Ok(InterpreterOptions { may_install: true, ..self.choices(Some(folder)) })
    }

    fn choices(&self, state_folder: Option<PathBuf>) -> InterpreterOptions {
        InterpreterOptions {
            python: choice(self.python.as_deref()),
            pwsh: choice(self.powershell.pwsh.as_deref()),
            wheels: choice(self.wheels.as_deref()),
            strict_runtime: self.strict_runtime,
            state_folder: state_folder.map(|folder| absolute_path(&folder)),
            may_install: false,
        }
    }

    /// The flags, as environment variables of a process that runs executions.
    pub(super) fn variables(&self) -> Vec<(&'static str, String)> {
        let path = |name, text: &Option<String>| {
            Some((name, absolute_path(Path::new(text.as_deref()?)).display().to_string()))
        };
        [
            path("RUNWRIGHT_PYTHON", &self.python),
            path("RUNWRIGHT_PWSH", &self.powershell.pwsh),
            path("RUNWRIGHT_WHEELS", &self.wheels),
            Some(("RUNWRIGHT_STRICT_RUNTIME", self.strict_runtime.to_string())),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// Whether this is a machine of a CI service, even one with a terminal.
fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}
