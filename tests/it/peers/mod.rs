//! The built program against Lambda servers that nobody here wrote.
//!
//! They are installed by the tests themselves, pinned, below the target folder. Where Python or the registry is
//! missing the tests say aloud that they are left out; with `RUNWRIGHT_REQUIRE_PEERS=1` (as in `.ci/run`) they fail.

mod ministack;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex};

/// The folder of the virtual environment, or why there is none.
static PYTHON: LazyLock<Result<PathBuf, String>> = LazyLock::new(install);

/// One installation at a time, whatever runs in this process.
static INSTALLING: Mutex<()> = Mutex::new(());

/// The virtual environment with the peers; none when it cannot be had here, after saying so.
fn python() -> Option<&'static Path> {
    match &*PYTHON {
        Ok(path) => Some(path),
        Err(why) => {
            assert!(std::env::var_os("RUNWRIGHT_REQUIRE_PEERS").is_none(), "the peers are required: {why}");
            println!("LEFT OUT: tests against other Lambda servers, because {why}");
            None
        }
    }
}

fn install() -> Result<PathBuf, String> {
    let _one = INSTALLING.lock().map_err(|_| "an earlier installation panicked".to_owned())?;
    let requirements = include_str!("requirements.txt");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers");
    let done = folder.join("installed.txt");
    if fs::read_to_string(&done).is_ok_and(|installed| installed == requirements) {
        return Ok(folder);
    }
    // A half-made environment is of no use.
    let _ = fs::remove_dir_all(&folder);
    let run = |what: &str, command: &mut Command| {
        let output = command.output().map_err(|error| format!("{what} could not be started: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!("{what} failed: {}", String::from_utf8_lossy(&output.stderr)))
    };
    run("python3 -m venv", Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    let list = folder.join("requirements.txt");
    fs::write(&list, requirements).map_err(|error| error.to_string())?;
    let mut pip = Command::new(folder.join("bin/pip"));
    run("pip install", pip.args(["install", "--quiet", "--no-deps", "--requirement"]).arg(&list))?;
    fs::write(&done, requirements).map_err(|error| error.to_string())?;
    Ok(folder)
}
