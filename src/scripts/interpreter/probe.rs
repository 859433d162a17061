//! Questions to Python interpreters: their path and version, the compiled program that calls scripts, and whether they can
//! import boto3.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use serde::Deserialize;
use tokio::process::Command;

use super::answers::{Answers, Packages};
use crate::path_search::{ask, is_script};
use crate::scripts::bootstrap::{CompiledBootstrap, PYTHON_COMPILER, PYTHON_SOURCES};

/// Prints the path and the version, each on a line.
const IDENTITY: &str = "import sys\nprint(sys.executable)\nprint('%d.%d' % sys.version_info[:2])\n";

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
        let program = format!("{IDENTITY}{PYTHON_COMPILER}");
        let mut question = Command::new(path);
        // It imports nothing from the current folder.
        question.args(["-I", "-c", &program]).args(PYTHON_SOURCES);
        let answer = ask(question.env_clear().envs(&self.variables)).await?;
        let mut lines = answer.lines();
        let (executable, version) = (lines.next()?, lines.next()?);
        let minor = version.strip_prefix("3.")?.parse().ok()?;
        let program = if is_script { PathBuf::from(executable) } else { path.to_owned() };
        if !program.is_file() {
            return None;
        }
        let bootstrap = lines.next().unwrap_or_default();
        self.answers(|answers| answers.set_identity(&program, minor, bootstrap));
        Some(Python { program, minor })
    }

    /// The program that calls scripts, as a Python has compiled it. That of an environment may not have been asked yet.
    pub(super) async fn bootstrap(&self, program: &Path) -> CompiledBootstrap {
        let _python = self.identify(program).await;
        self.answers(|answers| answers.bootstrap(program).map(CompiledBootstrap::from_text).unwrap_or_default())
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
