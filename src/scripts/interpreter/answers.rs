//! Remembered answers of interpreters, in a file, so that each is asked once. An answer is valid while the program and the
//! folders of its packages have not changed.

use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::files::{OutputFile, read_bounded, read_guarded_file};
use crate::limits::INTERPRETER_ANSWERS_BYTES;
use crate::scripts::bootstrap::python_digest;

/// The file in the folder of the environments.
const FILE: &str = "interpreters.json";

/// When a file or a folder was changed, and which one it is; `None` while there is none.
type Stamp = Option<(i64, i64, u64)>;

/// What a program imports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Packages {
    /// Whether it can import boto3.
    pub(super) has_boto3: bool,
    /// The folders that it imports from.
    pub(super) folders: Vec<PathBuf>,
    /// The base folder of the packages of the user, where it uses them.
    pub(super) user_base: Option<PathBuf>,
}

/// The answers of one program.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Answer {
    stamp: Stamp,
    minor: Option<u16>,
    bootstrap: Option<Bootstrap>,
    packages: Option<(Packages, Vec<Stamp>)>,
}

/// The program that calls scripts, as an interpreter has compiled it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Bootstrap {
    /// Identifies its sources.
    sources: String,
    /// As the interpreter has printed it; empty where it cannot compile it.
    compiled: String,
}

impl Answer {
    fn is_current(&self, program: &Path) -> bool {
        self.stamp.is_some() && self.stamp == stamp(program)
    }
}

/// The answers of all programs, by path.
#[derive(Debug)]
pub(super) struct Answers {
    folder: Option<PathBuf>,
    /// The sources of the program that calls scripts.
    sources: String,
    programs: BTreeMap<PathBuf, Answer>,
}

impl Answers {
    /// The answers that are remembered in this folder.
    pub(super) fn read(folder: Option<&Path>) -> Self {
        let read = |folder: &Path| {
            let read = |reader: &mut dyn std::io::Read| read_bounded(reader, INTERPRETER_ANSWERS_BYTES);
            serde_json::from_slice(&read_guarded_file(&folder.join(FILE), read).ok()?).ok()
        };
        let programs = folder.and_then(read).unwrap_or_default();
        Self { folder: folder.map(Path::to_owned), sources: python_digest(), programs }
    }

    /// The minor version of a program; `None` too when it has not compiled the sources of this release.
    pub(super) fn minor(&self, program: &Path) -> Option<u16> {
        self.bootstrap(program)?;
        self.current(program)?.minor
    }

    /// What a program has compiled.
    pub(super) fn bootstrap(&self, program: &Path) -> Option<&str> {
        let bootstrap = self.current(program)?.bootstrap.as_ref()?;
        (bootstrap.sources == self.sources).then_some(bootstrap.compiled.as_str())
    }

    /// The packages of a program.
    pub(super) fn packages(&self, program: &Path) -> Option<&Packages> {
        let (packages, stamps) = self.current(program)?.packages.as_ref()?;
        (*stamps == stamps_of(packages)).then_some(packages)
    }

    /// Remembers the minor version of a program, and what it has compiled.
    pub(super) fn set_identity(&mut self, program: &Path, minor: u16, compiled: &str) {
        let bootstrap = Bootstrap { sources: self.sources.clone(), compiled: compiled.to_owned() };
        let answer = self.entry(program);
        let (minor, bootstrap) = (Some(minor), Some(bootstrap));
        // The program behind the script of a version manager is asked each time.
        if answer.minor != minor || answer.bootstrap != bootstrap {
            (answer.minor, answer.bootstrap) = (minor, bootstrap);
            self.write();
        }
    }

    /// Remembers the packages of a program.
    pub(super) fn set_packages(&mut self, program: &Path, packages: &Packages) {
        self.entry(program).packages = Some((packages.clone(), stamps_of(packages)));
        self.write();
    }

    fn current(&self, program: &Path) -> Option<&Answer> {
        self.programs.get(program).filter(|answer| answer.is_current(program))
    }

    fn entry(&mut self, program: &Path) -> &mut Answer {
        if self.current(program).is_none() {
            self.programs.insert(program.to_owned(), Answer { stamp: stamp(program), ..Answer::default() });
        }
        self.programs.entry(program.to_owned()).or_default()
    }

    /// Writes the file, if the folder is there or the one above it: a run without a journal creates no folders. Answers that
    /// are no longer valid are left out.
    fn write(&mut self) {
        self.programs.retain(|program, answer| answer.is_current(program));
        let Some(folder) = &self.folder else { return };
        let written = || {
            if !folder.is_dir() {
                DirBuilder::new().mode(0o700).create(folder).ok()?;
            }
            let text = serde_json::to_vec(&self.programs).ok()?;
            OutputFile::prepare_private(folder.join(FILE).to_str()?).ok()?.write(&text).ok()
        };
        if written().is_none() {
            tracing::debug!(folder = %folder.display(), "the answers of interpreters cannot be remembered");
        }
    }
}

fn stamps_of(packages: &Packages) -> Vec<Stamp> {
    packages.folders.iter().map(|folder| stamp(folder)).collect()
}

fn stamp(path: &Path) -> Stamp {
    std::fs::metadata(path).ok().map(|found| (found.mtime(), found.mtime_nsec(), found.ino()))
}
