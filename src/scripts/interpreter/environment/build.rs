//! Builds a private environment in a folder: a virtual environment, then the packages.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, symlink};
use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::announcement::PackageSource;
use super::error::EnvironmentError;
use crate::clock;
use crate::files::{OutputFile, read_regular_file};
use crate::limits::{ENVIRONMENT_INSTALL, ENVIRONMENT_LOG_BYTES};
use crate::path_search::ask;
use crate::scripts::interpreter::probe::Python;
use crate::scripts::interpreter::settings::InterpreterSettings;
use crate::supervisor::{self, Program, ResourceLimits};

/// The Python of an environment, below its folder.
pub(super) const PROGRAM: &str = "bin/python";

/// The variable by which the supervisor finds the programs of a build.
const MARK: &str = "RUNWRIGHT_ENVIRONMENT_BUILD";

/// Settings of pip: it installs into the folder that is named, asks nothing, and reports only what concerns it.
const PIP_SETTINGS: [(&str, &str); 5] = [
    ("PIP_USER", "0"),
    ("PIP_REQUIRE_VIRTUALENV", "0"),
    ("PIP_NO_INPUT", "1"),
    ("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
    ("PIP_ROOT_USER_ACTION", "ignore"),
];

/// Prints whether there is pip, and whether there is ensurepip.
const HAS_PIP: &str =
    "from importlib.util import find_spec\nprint(*[find_spec(name) is not None for name in ['pip', 'ensurepip']])";

/// A build.
pub(super) struct Build<'a> {
    pub(super) settings: &'a InterpreterSettings,
    pub(super) base: &'a Python,
    pub(super) folder: &'a Path,
    pub(super) source: &'a PackageSource,
    pub(super) boto3: &'a str,
}

impl Build<'_> {
    /// Makes the environment and checks that it works.
    pub(super) async fn run(&self, requirements: &str) -> Result<(), EnvironmentError> {
        // Found out first: it is the error that people can do most about.
        let pip = self.pip().await?;
        for folder in [self.folder.to_owned(), self.temporary()] {
            DirBuilder::new().mode(0o700).create(&folder).map_err(|source| failed(&folder, source))?;
        }
        self.make_environment().await?;
        if let Pip::OfEnvironment = pip {
            self.python(self.program(), "ensurepip", ["-I", "-m", "ensurepip"]).await?;
        }
        let list = self.folder.join("requirements.txt");
        write(&list, requirements)?;
        self.install_packages(&pip, &list).await?;
        let check = format!("import boto3, sys\nsys.exit(boto3.__version__ != '{}')", self.boto3);
        self.python(self.program(), "the import of boto3", ["-I", "-c", &check]).await?;
        let temporary = self.temporary();
        tokio::fs::remove_dir_all(&temporary).await.map_err(|source| failed(&temporary, source))
    }

    fn program(&self) -> PathBuf {
        self.folder.join(PROGRAM)
    }

    /// The temporary files of pip and the output of programs: removed with the rest when this process is killed.
    fn temporary(&self) -> PathBuf {
        self.folder.join("tmp")
    }

    /// The virtual environment, without pip: its packages come from outside.
    async fn make_environment(&self) -> Result<(), EnvironmentError> {
        let folder = self.folder.to_string_lossy();
        let made = self.python(self.base.program.clone(), "venv", ["-I", "-m", "venv", "--without-pip", &folder]).await;
        match made {
            // Some systems split the module from Python.
            Err(EnvironmentError::Failed { .. }) => self.lay_out(),
            made => made,
        }
    }

    /// The files that make a folder a virtual environment (PEP 405).
    fn lay_out(&self) -> Result<(), EnvironmentError> {
        let packages = self.packages();
        for folder in [packages.as_path(), &self.folder.join("bin")] {
            DirBuilder::new().recursive(true).create(folder).map_err(|source| failed(folder, source))?;
        }
        // The Python may itself be that of a virtual environment.
        let base = std::fs::canonicalize(&self.base.program).map_err(|source| failed(&self.base.program, source))?;
        let program = self.program();
        if !program.exists() {
            symlink(&base, &program).map_err(|source| failed(&program, source))?;
        }
        let home = base.parent().unwrap_or(Path::new("/")).display();
        let text = format!("home = {home}\ninclude-system-site-packages = false\nversion = 3.{}\n", self.base.minor);
        write(&self.folder.join("pyvenv.cfg"), &text)
    }

    fn packages(&self) -> PathBuf {
        self.folder.join(format!("lib/python3.{}/site-packages", self.base.minor))
    }

    /// Which pip installs the packages.
    async fn pip(&self) -> Result<Pip, EnvironmentError> {
        let mut question = Command::new(&self.base.program);
        question.args(["-c", HAS_PIP]).env_clear().envs(self.settings.program_variables()).current_dir("/");
        match ask(&mut question).await.as_deref().and_then(|answer| answer.split_once(' ')) {
            Some(("True", _)) => Ok(Pip::OfBase),
            Some((_, "True")) => Ok(Pip::OfEnvironment),
            Some(_) | None => Err(EnvironmentError::NoPip { python: self.base.program.clone() }),
        }
    }

    async fn install_packages(&self, pip: &Pip, list: &Path) -> Result<(), EnvironmentError> {
        let program = match pip {
            Pip::OfBase => self.base.program.clone(),
            Pip::OfEnvironment => self.program(),
        };
        let mut arguments: Vec<PathBuf> = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-warn-conflicts",
            "--require-hashes",
            "--only-binary",
            ":all:",
            "--target",
        ]
        .map(PathBuf::from)
        .into();
        arguments.extend([self.packages(), "--requirement".into(), list.to_owned()]);
        match self.source {
            PackageSource::Index => {}
            PackageSource::Wheels(folder) => {
                arguments.extend(["--no-index".into(), "--find-links".into(), folder.clone()]);
            }
        }
        self.execute(program, "pip", arguments).await
    }

    async fn python<const N: usize>(
        &self,
        program: PathBuf,
        task: &'static str,
        arguments: [&str; N],
    ) -> Result<(), EnvironmentError> {
        self.execute(program, task, arguments.map(PathBuf::from).into()).await
    }

    /// Runs a program to its end. It ends with this process, and when the future is dropped.
    async fn execute(
        &self,
        path: PathBuf,
        task: &'static str,
        arguments: Vec<PathBuf>,
    ) -> Result<(), EnvironmentError> {
        let temporary = self.temporary();
        let log = temporary.join("log");
        let output =
            OpenOptions::new().write(true).create(true).truncate(true).open(&log).map_err(|it| failed(&log, it))?;
        let cannot_start = |source| EnvironmentError::Start { program: path.clone(), source };
        let program = Program {
            path: path.clone(),
            arguments,
            directory: temporary.clone(),
            variables: self.variables(&temporary),
            mark: MARK,
            output: output.into(),
            channel: None,
            limits: ResourceLimits::default(),
        };
        let starting = supervisor::start(self.settings.supervisor.as_ref(), program).map_err(cannot_start)?;
        let ended = async { starting.started().await?.wait().await };
        let status = match tokio::time::timeout(ENVIRONMENT_INSTALL, ended).await {
            Ok(status) => status.map_err(cannot_start)?,
            Err(_) => {
                return Err(EnvironmentError::TimedOut { task, minutes: ENVIRONMENT_INSTALL.as_secs() / 60 });
            }
        };
        if status.success() {
            return Ok(());
        }
        let written = read_regular_file(&log, ENVIRONMENT_LOG_BYTES).unwrap_or_default();
        let written = String::from_utf8_lossy(&written).trim().to_owned();
        let output = if written.is_empty() { status.to_string() } else { written };
        Err(EnvironmentError::Failed { task, output })
    }

    fn variables(&self, temporary: &Path) -> BTreeMap<String, OsString> {
        // pip would put the packages elsewhere, or compile them.
        let is_kept = |name: &str| !["PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_NO_BINARY"].contains(&name);
        let mut variables = self.settings.program_variables();
        variables.retain(|name, _| is_kept(name));
        variables.extend(PIP_SETTINGS.map(|(name, value)| (name.to_owned(), value.into())));
        variables.insert("TMPDIR".to_owned(), temporary.into());
        variables.insert(MARK.to_owned(), clock::random_id().into());
        variables
    }
}

/// A pip.
enum Pip {
    /// That of the Python that the environment is made of.
    OfBase,
    /// One that Python itself brings along, put into the environment.
    OfEnvironment,
}

fn write(path: &Path, text: &str) -> Result<(), EnvironmentError> {
    let written = OutputFile::prepare(&path.to_string_lossy()).and_then(|file| file.write(text.as_bytes()));
    written.map_err(|error| failed(path, std::io::Error::other(error)))
}

fn failed(path: &Path, source: std::io::Error) -> EnvironmentError {
    EnvironmentError::File { path: path.to_owned(), source }
}
