//! The bootstrap client alone, as `runwright functions bootstrap PROGRAM ARGUMENTS...` runs it.

#![expect(clippy::print_stderr, reason = "what a function prints is its log")]

use std::ffi::OsString;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next().unwrap_or_default();
    let rest: Vec<OsString> = arguments.collect();
    let Err(error) = runwright::local_lambda::run_program(&program, &rest).await;
    eprintln!("{error}");
    ExitCode::FAILURE
}
