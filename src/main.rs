//! The command `runwright`.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A local function waits for its supervisor: it starts before anything else is set up.
    if let Some(code) = runwright::supervisor::main(std::env::args_os()) {
        return code;
    }
    runwright::cli::main(std::env::args_os())
}
