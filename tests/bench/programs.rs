//! Whole processes: Runwright and the yardsticks, from start to exit.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Failure;
use crate::harness::{Cost, measure};

/// The runwright binary of this build.
pub(crate) const RUNWRIGHT: &str = env!("CARGO_BIN_EXE_runwright");

/// Builds the yardstick programs and returns their folder.
pub(crate) fn build_yardsticks() -> Result<PathBuf, Failure> {
    let built = Path::new(RUNWRIGHT).parent().ok_or("the binary is in no folder")?;
    let target = built.parent().ok_or("the binary is in no target folder")?;
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--profile", "bench", "--examples", "--manifest-path"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target)
        .status()?;
    if !status.success() {
        return Err("the yardstick programs could not be built".into());
    }
    Ok(built.join("examples"))
}

/// A command without input and output.
pub(crate) fn quiet(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    with_credentials(&mut command);
    command
}

/// Sets static credentials for a command, and nothing else of the user's AWS settings.
pub(crate) fn with_credentials(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command
        .env("AWS_ACCESS_KEY_ID", "id")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
}

/// Runs it once; it must succeed. The CPU time is that of the parent and meaningless.
pub(crate) fn run(command: &mut Command) -> Cost {
    measure(|| match command.status() {
        Ok(status) if status.success() => {}
        outcome => panic!("{command:?} ended with {outcome:?}"),
    })
}

/// Runs it once and searches its output for a word.
pub(crate) fn expect_output(command: &mut Command, word: &str) -> Result<(), Failure> {
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output()?;
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() && text.contains(word) {
        Ok(())
    } else {
        Err(format!("{command:?} did not do what is to be measured:\n{text}").into())
    }
}
