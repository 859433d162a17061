//! Programs on PATH, and the real programs behind the scripts that version managers put there.
//!
//! Owns: which files of a name PATH has, whether a file is a script, and questions to a program with a time limit. Does not
//! own: which program is wanted (`local_lambda`, `scripts`). Imports nothing.

use std::ffi::OsStr;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::limits::INTERPRETER_LOOKUP_SECONDS;

/// Every executable file of this name on PATH, in its order. Relative folders are left out: they change with the current
/// folder.
pub(crate) fn executables<'a>(name: &'a str, path: &'a OsStr) -> impl Iterator<Item = PathBuf> + use<'a> {
    std::env::split_paths(path)
        .filter(|directory| directory.is_absolute())
        .map(move |directory| directory.join(name))
        .filter(|program| is_executable(program))
}

/// Whether an executable file exists there.
pub(crate) fn is_executable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// Whether a file is a script. Version managers put small scripts on PATH, which are slow to start and may lead to no
/// program: such a script is asked once for the real program.
pub(crate) fn is_script(path: &Path) -> bool {
    let mut start = [0_u8; 2];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && &start == b"#!"
}

/// Runs a program that answers a question on its standard output. `None` when it fails, or takes too long: it is killed
/// then.
pub(crate) async fn ask(question: &mut Command) -> Option<String> {
    let asked = question.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(Duration::from_secs(INTERPRETER_LOOKUP_SECONDS), asked).await.ok()?.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
