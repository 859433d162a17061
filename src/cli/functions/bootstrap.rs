//! `runwright functions bootstrap PROGRAM ARGS…`

use std::ffi::OsString;

use clap::Args;

use super::BootstrapCommand;
use crate::cli::Exit;
use crate::cli::output::tell;
use crate::cli::runtime::runtime;
use crate::local_lambda;

const AFTER_HELP: &str = "\
Put a file `bootstrap` into the function's package:

  #!/bin/sh
  exec \"${RUNWRIGHT:-runwright}\" functions bootstrap sh \"./$_HANDLER.sh\"

The program reads each event as JSON from standard input and writes its reply as JSON to standard output. Its standard \
error is the log. A non-zero exit status is a function error.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct BootstrapArgs {
    /// Program that handles each event, and its arguments
    #[arg(required = true, value_name = "PROGRAM", trailing_var_arg = true, allow_hyphen_values = true)]
    program: Vec<OsString>,
}

impl BootstrapArgs {
    pub(super) fn command(self) -> BootstrapCommand {
        self.program
    }
}

/// The program to run for each event, when the arguments are those of `functions bootstrap PROGRAM …`. A function's
/// start waits for this, so that the arguments are not taken through the definitions of all commands.
pub(in crate::cli) fn bootstrap_command(arguments: &[OsString]) -> Option<BootstrapCommand> {
    match arguments {
        [_, functions, bootstrap, program @ ..] if functions == "functions" && bootstrap == "bootstrap" => {
            let first = program.first()?;
            // An option is for clap to explain.
            if first.as_encoded_bytes().starts_with(b"-") { None } else { Some(program.to_vec()) }
        }
        _ => None,
    }
}

/// Asks for events until there are no more.
pub(in crate::cli) fn bootstrap(command: &BootstrapCommand) -> Exit {
    let Some((program, arguments)) = command.split_first() else { return Exit::Usage };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            tell(&format!("error: {error}\n"));
            return error.exit;
        }
    };
    match runtime.block_on(local_lambda::run_program(program, arguments)) {
        Ok(never) => match never {},
        Err(error) => {
            tell(&format!("error: {error}\n"));
            match error {
                local_lambda::BootstrapError::NoRuntimeApi => Exit::Usage,
                local_lambda::BootstrapError::RuntimeApi { .. } => Exit::Failed,
            }
        }
    }
}
