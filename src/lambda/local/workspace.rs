//! The files that processes need and that are not the user's: the runtime clients, and inline code.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::function::{Code, Function, Runtime};

const PYTHON_CLIENT: &str = include_str!("runtime.py");
const NODE_CLIENT: &str = include_str!("runtime.mjs");

/// A temporary directory, made when it is first needed and gone with its owner.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    directory: Option<tempfile::TempDir>,
    inline: HashMap<String, PathBuf>,
}

impl Workspace {
    /// The directory with `runtime.py` and `runtime.mjs`.
    pub(super) fn runtime_directory(&self) -> std::io::Result<PathBuf> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.root().map(|root| root.join("runtime"))
    }

    /// The directory with a function's code; inline code is written out first.
    pub(super) fn task_root(&self, function: &Function) -> std::io::Result<PathBuf> {
        let text = match &function.code {
            Code::Directory(path) => return Ok(path.clone()),
            Code::Unavailable(reason) => return Err(std::io::Error::other(reason.clone())),
            Code::Inline(text) => text,
        };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(path) = state.inline.get(&function.logical_id) {
            return Ok(path.clone());
        }
        let directory = state.root()?.join("inline").join(&function.logical_id);
        std::fs::create_dir_all(&directory)?;
        let file = match function.runtime {
            Runtime::Python(_) => "index.py",
            Runtime::Node(_) | Runtime::Provided(_) | Runtime::Unsupported(_) => "index.js",
        };
        std::fs::write(directory.join(file), text)?;
        state.inline.insert(function.logical_id.clone(), directory.clone());
        Ok(directory)
    }
}

impl State {
    fn root(&mut self) -> std::io::Result<&Path> {
        let directory = if let Some(directory) = self.directory.take() {
            directory
        } else {
            let directory = tempfile::Builder::new().prefix("runwright-").tempdir()?;
            let runtime = directory.path().join("runtime");
            std::fs::create_dir(&runtime)?;
            std::fs::write(runtime.join("runtime.py"), PYTHON_CLIENT)?;
            std::fs::write(runtime.join("runtime.mjs"), NODE_CLIENT)?;
            directory
        };
        Ok(self.directory.insert(directory).path())
    }
}
