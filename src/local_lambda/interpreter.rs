//! Finds `python3.x` and `node`, once for each runtime.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;

use tokio::process::Command;

use super::function::Runtime;
use crate::path_search::{ask, executables, is_script};

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
        for program in executables(name, &self.path) {
            if !is_script(&program) {
                return Some(program);
            }
            let mut question = Command::new(&program);
            question.args(print_path);
            if let Some(real) = ask(&mut question).await.map(PathBuf::from)
                && real.is_file()
            {
                return Some(real);
            }
        }
        None
    }
}
