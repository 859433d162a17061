//! Finds `python3.x` and `node`, once for each runtime.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use super::function::Runtime;
use crate::limits;

/// Why a runtime has no interpreter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum InterpreterError {
    #[error("`{runtime}` has no interpreter")]
    NotInterpreted { runtime: String },
    #[error("the runtime `{runtime}` needs {what}, and {programs} is not on PATH; install it, or put it on PATH")]
    NotInstalled { runtime: String, what: String, programs: String },
}

/// Interpreters found so far.
#[derive(Debug)]
pub(super) struct Interpreters {
    path: OsString,
    found: tokio::sync::Mutex<HashMap<String, Result<PathBuf, InterpreterError>>>,
}

impl Interpreters {
    pub(super) fn new(path: OsString) -> Self {
        Self { path, found: tokio::sync::Mutex::default() }
    }

    /// The interpreter of a runtime, as a path that can be started as it is. The error says what to install.
    /// Warns once when only another version is installed.
    pub(super) async fn find(&self, runtime: &Runtime, warn: impl Fn(&str)) -> Result<PathBuf, InterpreterError> {
        let (names, print_path, what) = match runtime {
            Runtime::Python(version) => (
                vec![format!("python{version}"), "python3".to_owned()],
                ["-c", "import sys; print(sys.executable)"],
                format!("Python {version}"),
            ),
            Runtime::Node(version) => {
                let version = version.split('.').next().unwrap_or(version);
                (vec!["node".to_owned()], ["-p", "process.execPath"], format!("Node.js {version}"))
            }
            Runtime::Provided(identifier) | Runtime::Unsupported(identifier) => {
                return Err(InterpreterError::NotInterpreted { runtime: identifier.clone() });
            }
        };
        let mut found = self.found.lock().await;
        if let Some(result) = found.get(&runtime.to_string()) {
            return result.clone();
        }
        let mut result = Err(InterpreterError::NotInstalled {
            runtime: runtime.to_string(),
            what: what.clone(),
            programs: names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or "),
        });
        for (index, name) in names.iter().enumerate() {
            if let Some(program) = self.usable(name, &print_path).await {
                if index > 0 {
                    warn(&format!(
                        "{what} is not installed: `{}` is used for the runtime `{runtime}`",
                        program.display()
                    ));
                }
                result = Ok(program);
                break;
            }
        }
        found.insert(runtime.to_string(), result.clone());
        result
    }

    /// Version managers put small scripts on PATH, which are slow to start and may lead to no program. Such a script is
    /// run once to find the real program.
    async fn usable(&self, name: &str, print_path: &[&str; 2]) -> Option<PathBuf> {
        for program in candidates(name, &self.path) {
            if !is_script(&program) {
                return Some(program);
            }
            let asked = tokio::process::Command::new(&program)
                .args(print_path)
                .stdin(Stdio::null())
                .kill_on_drop(true)
                .output();
            let limit = Duration::from_secs(limits::INTERPRETER_LOOKUP_SECONDS);
            if let Ok(Ok(output)) = tokio::time::timeout(limit, asked).await
                && output.status.success()
            {
                let real = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
                if real.is_file() {
                    return Some(real);
                }
            }
        }
        None
    }
}

/// Every executable file of this name on PATH.
fn candidates<'a>(name: &'a str, path: &'a OsStr) -> impl Iterator<Item = PathBuf> + use<'a> {
    std::env::split_paths(path)
        .filter(|directory| directory.is_absolute())
        .map(move |directory| directory.join(name))
        .filter(|program| is_executable(program))
}

/// Whether an executable file exists there.
pub(super) fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

fn is_script(path: &Path) -> bool {
    let mut start = [0_u8; 2];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && &start == b"#!"
}
