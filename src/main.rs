//! The command `runwright`.

use std::process::ExitCode;

fn main() -> ExitCode {
    runwright::cli::main(std::env::args_os())
}
