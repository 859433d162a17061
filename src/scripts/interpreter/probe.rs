//! Questions to Python interpreters: their path and version, and whether they can import boto3.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use serde::Deserialize;
use tokio::process::Command;

use super::answers::{Answers, Packages};
use crate::path_search::{ask, is_script};

/// Prints the path and the version. `-I`: it imports nothing from the current folder.
const IDENTITY: [&str; 3] = ["-I", "-c", "import sys\nprint(sys.executable)\nprint('%d.%d' % sys.version_info[:2])"];

/// Prints what can be imported. Packages of the user are among them.
const PACKAGES: [&str; 2] = [
    "-c",
    "import json, site, sys
folders = [folder for folder in sys.path if folder]
base = None
if site.ENABLE_USER_SITE:
    base = site.getuserbase()
    folders.append(site.getusersitepackages())
try:
    import boto3
    found = True
except Exception:
    found = False
print(json.dumps({'boto3': found, 'folders': folders, 'userBase': base}))",
];

/// A Python that has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Python {
    pub(super) program: PathBuf,
    pub(super) minor: u16,
}

/// The answer to [`PACKAGES`].
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PackagesAnswer {
    boto3: bool,
    folders: Vec<PathBuf>,
    user_base: Option<PathBuf>,
}

/// Asks interpreters, and remembers their answers.
#[derive(Debug)]
pub(super) struct Probe {
    variables: BTreeMap<String, OsString>,
    /// The folder of the remembered answers.
    folder: Option<PathBuf>,
    /// Read with the first question: most runs ask none.
    answers: OnceLock<Mutex<Answers>>,
}

impl Probe {
    pub(super) fn new(variables: BTreeMap<String, OsString>, folder: Option<PathBuf>) -> Self {
        Self { variables, folder, answers: OnceLock::new() }
    }

    /// The Python that a path leads to; `None` when it is no Python 3. The script of a version manager is asked each time:
    /// its choice depends on the current folder.
    pub(super) async fn identify(&self, path: &Path) -> Option<Python> {
        let is_script = is_script(path);
        if !is_script && let Some(minor) = self.answers(|answers| answers.minor(path)) {
            return Some(Python { program: path.to_owned(), minor });
        }
        let mut question = Command::new(path);
        let answer = ask(question.args(IDENTITY).env_clear().envs(&self.variables)).await?;
        let (executable, version) = answer.trim_end().rsplit_once('\n')?;
        let minor = version.strip_prefix("3.")?.parse().ok()?;
        if !is_script {
            self.answers(|answers| answers.set_minor(path, minor));
            return Some(Python { program: path.to_owned(), minor });
        }
        let program = PathBuf::from(executable);
        program.is_file().then_some(Python { program, minor })
    }

    /// What a program can import; `None` when it does not answer.
    pub(super) async fn packages(&self, program: &Path) -> Option<Packages> {
        if let Some(packages) = self.answers(|answers| answers.packages(program).cloned()) {
            return Some(packages);
        }
        let mut question = Command::new(program);
        // Python imports from the current folder first.
        let answer = ask(question.args(PACKAGES).env_clear().envs(&self.variables).current_dir("/")).await?;
        // A package may print something.
        let answer: PackagesAnswer = serde_json::from_str(answer.lines().next_back()?).ok()?;
        let packages = Packages { has_boto3: answer.boto3, folders: answer.folders, user_base: answer.user_base };
        self.answers(|answers| answers.set_packages(program, &packages));
        Some(packages)
    }

    fn answers<T>(&self, read: impl FnOnce(&mut Answers) -> T) -> T {
        let answers = self.answers.get_or_init(|| Mutex::new(Answers::read(self.folder.as_deref())));
        read(&mut answers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
