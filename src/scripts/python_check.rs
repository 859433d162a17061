//! Checks Python scripts with an interpreter that only parses them: nothing of them runs.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;

use serde::{Deserialize, Serialize};

use crate::files::read_bounded;
use crate::limits::{SCRIPT_CHECK, SCRIPT_CHECK_BYTES};

/// The program that parses the scripts.
const PROGRAM: &str = include_str!("check.py");

/// A Python script to check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckedScript<'a> {
    /// Its text.
    pub text: &'a str,
    /// The function of it that is called; `None` when it is not known, or is in another file.
    pub handler: Option<&'a str>,
}

/// A problem with which a script can only fail.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "problem", rename_all = "lowercase")]
pub enum ScriptProblem {
    /// It is not valid Python.
    Syntax {
        /// What is wrong, in the words of Python.
        message: String,
        /// The line, from 1.
        line: Option<usize>,
        /// The character of the line, from 1.
        column: Option<usize>,
        /// The character behind the problem, when it ends on the same line.
        end: Option<usize>,
    },
    /// It does not define its handler.
    Missing,
    /// Its handler cannot be called with two arguments.
    Arguments {
        /// The line that defines the handler, from 1.
        line: usize,
    },
}

/// The results of a check.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CheckedScripts {
    /// The minor version of the interpreter: 11 of Python 3.11.
    pub minor: u16,
    /// The problem of each script, in their order.
    pub scripts: Vec<Option<ScriptProblem>>,
}

/// Why scripts cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum ScriptCheckError {
    /// There is no interpreter.
    #[error("there is no `python3` on PATH")]
    NoInterpreter,
    /// It cannot be started, or not be written to.
    #[error("{} cannot be run: {source}", program.display())]
    Process {
        /// The interpreter.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It takes too long.
    #[error("{} took more than {} s", program.display(), SCRIPT_CHECK.as_secs())]
    Late {
        /// The interpreter.
        program: PathBuf,
    },
    /// It does not answer as the program in it does.
    #[error("{} gave no result: {source}", program.display())]
    Result {
        /// The interpreter.
        program: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}

/// The interpreter that checks scripts: `python3` on PATH.
pub fn find_checking_interpreter() -> Result<PathBuf, ScriptCheckError> {
    use std::os::unix::fs::PermissionsExt as _;
    let is_executable = |program: &Path| {
        std::fs::metadata(program).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut programs = std::env::split_paths(&path).filter(|folder| folder.is_absolute()).map(|it| it.join("python3"));
    programs.find(|program| is_executable(program)).ok_or(ScriptCheckError::NoInterpreter)
}

/// Checks scripts in one process of an interpreter.
pub fn check_scripts(program: &Path, scripts: &[CheckedScript<'_>]) -> Result<CheckedScripts, ScriptCheckError> {
    let failed = |source| ScriptCheckError::Process { program: program.to_owned(), source };
    let unusable = |source| ScriptCheckError::Result { program: program.to_owned(), source };
    let input = serde_json::to_vec(scripts).map_err(unusable)?;
    // Isolated: neither the environment nor the current folder has modules for it.
    let started = Command::new(program)
        .args(["-I", "-S", "-c", PROGRAM])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = EndedOnDrop(started.map_err(failed)?);
    let (stdin, stdout) = (child.0.stdin.take(), child.0.stdout.take());
    let (sender, receiver) = mpsc::channel();
    // The threads end with the process, which closes its end of both pipes.
    thread::spawn(move || {
        if let Some(mut stdin) = stdin {
            // A process that does not read its input has no result, which is reported.
            let _ = stdin.write_all(&input);
        }
    });
    thread::spawn(move || {
        let output = stdout.map_or_else(|| Ok(Vec::new()), |mut stdout| read_bounded(&mut stdout, SCRIPT_CHECK_BYTES));
        let _ = sender.send(output);
    });
    let output = receiver.recv_timeout(SCRIPT_CHECK);
    let output = output.map_err(|_| ScriptCheckError::Late { program: program.to_owned() })?.map_err(failed)?;
    let checked: CheckedScripts = serde_json::from_slice(&output).map_err(unusable)?;
    if checked.scripts.len() == scripts.len() {
        Ok(checked)
    } else {
        Err(unusable(serde::de::Error::custom("it has another number of scripts")))
    }
}

/// A process that is killed when this is dropped.
struct EndedOnDrop(Child);

impl Drop for EndedOnDrop {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests;
