//! `runwright completions SHELL`

use clap::{Args, Command};
use clap_complete::Shell;

use super::Exit;
use super::error::CliError;
use super::output::give;

/// Which shell.
#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// Shell
    shell: Shell,
}

/// Prints the script that completes `runwright` in a shell.
pub(super) fn completions(args: &CompletionsArgs, command: &mut Command) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, command, "runwright", &mut script);
    give(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Success)
}
