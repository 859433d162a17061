//! The private Python environment: a virtual environment with boto3, made once from pinned wheels whose hashes are
//! checked.
//!
//! Each is a folder of its own, named after the version of boto3, the version of Python, and the digest of the list of
//! packages, so that another release of this program makes its own. It is built under a temporary name, under a lock, and
//! renamed when it works. The next one that makes an environment removes what a killed process has left.

mod announcement;
mod build;
mod error;

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::probe::Python;
use super::settings::InterpreterSettings;
use super::version::{BOTO3_MINOR, rank};
use crate::clock;
use crate::files::find_access_by_others;
use crate::limits::{ENVIRONMENT_LOCK_POLL, PYTHON_MINORS};
use crate::path_search::is_executable;
use build::Build;

pub use announcement::{Installation, PackageSource};
pub use error::EnvironmentError;

/// The packages: a requirements file of pip, with versions and hashes.
const REQUIREMENTS: &str = include_str!("requirements.txt");

/// The prefix of the names of environments that are being built.
const UNFINISHED: &str = ".building-";

/// The file that is locked while an environment is built.
const LOCK: &str = "lock";

/// The private environments of one folder.
#[derive(Debug)]
pub(super) struct PrivateEnvironment {
    folder: Option<PathBuf>,
    boto3: &'static str,
    digest: String,
}

/// A private environment that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledEnvironment {
    /// Its Python.
    pub program: PathBuf,
    /// The minor version of it.
    pub minor: u16,
    /// Its folder.
    pub folder: PathBuf,
    /// The version of boto3 in it.
    pub boto3: String,
    /// Whether it was made now.
    pub is_new: bool,
}

impl PrivateEnvironment {
    pub(super) fn new(settings: &InterpreterSettings) -> Self {
        // Six bytes tell the lists of all releases apart.
        let digest = Sha256::digest(REQUIREMENTS);
        let digest = digest.iter().take(6).fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        Self { folder: settings.folder.clone(), boto3: pinned_boto3(), digest }
    }

    /// The environment of this version of Python, where it exists and no other user can change it.
    pub(super) fn existing(&self, minor: u16) -> Option<Python> {
        let program = self.location(self.folder.as_deref()?, minor).join(build::PROGRAM);
        let is_usable = is_executable(&program) && find_access_by_others(&program).is_none();
        is_usable.then_some(Python { program, minor })
    }

    /// The existing environment that replaces the declared version best.
    pub(super) fn nearest(&self, declared: u16) -> Option<Python> {
        let mut minors: Vec<u16> = PYTHON_MINORS.filter(|minor| *minor >= BOTO3_MINOR).collect();
        minors.sort_by_key(|minor| rank(declared, *minor));
        minors.into_iter().find_map(|minor| self.existing(minor))
    }

    /// Makes the environment of a Python, unless it exists. Waits for another process that makes one.
    pub(super) async fn install(
        &self,
        settings: &InterpreterSettings,
        base: &Python,
    ) -> Result<InstalledEnvironment, EnvironmentError> {
        if let Some(python) = self.existing(base.minor) {
            return Ok(self.installed(python, false));
        }
        let folder = self.folder.as_deref().ok_or(EnvironmentError::NoFolder)?;
        let source = package_source(settings)?;
        make_folder(folder)?;
        let _lock = lock(&folder.join(LOCK)).await?;
        if let Some(python) = self.existing(base.minor) {
            return Ok(self.installed(python, false));
        }
        let target = self.location(folder, base.minor);
        if let Some(announce) = &settings.announce {
            announce(&Installation {
                boto3: self.boto3.to_owned(),
                python: base.program.clone(),
                folder: target.clone(),
                source: source.clone(),
            });
        }
        remove_unfinished(folder).await?;
        let building = folder.join(format!("{UNFINISHED}{}", clock::random_id()));
        let build = Build { settings, base, folder: &building, source: &source, boto3: self.boto3 };
        let built = match build.run(REQUIREMENTS).await {
            Ok(()) => replace(&building, &target).await,
            Err(error) => Err(error),
        };
        if let Err(error) = built {
            // What cannot be removed now is removed by the next one.
            let _ = remove_unfinished(folder).await;
            return Err(error);
        }
        let python = self.existing(base.minor).ok_or(EnvironmentError::Unusable { folder: target })?;
        Ok(self.installed(python, true))
    }

    fn installed(&self, python: Python, is_new: bool) -> InstalledEnvironment {
        let Python { program, minor } = python;
        let folder = self.folder.as_deref().map(|folder| self.location(folder, minor)).unwrap_or_default();
        InstalledEnvironment { program, minor, folder, boto3: self.boto3.to_owned(), is_new }
    }

    pub(super) fn location(&self, folder: &Path, minor: u16) -> PathBuf {
        folder.join(format!("boto3-{}-python3.{minor}-{}", self.boto3, self.digest))
    }
}

/// The version of boto3 in the list.
fn pinned_boto3() -> &'static str {
    let line = REQUIREMENTS.lines().find_map(|line| line.strip_prefix("boto3=="));
    line.and_then(|rest| rest.split(' ').next()).unwrap_or_default()
}

/// Where the packages come from. Wheels that others can change are not used, although their hashes are checked: pip reads
/// them before.
fn package_source(settings: &InterpreterSettings) -> Result<PackageSource, EnvironmentError> {
    let Some(folder) = &settings.wheels else { return Ok(PackageSource::Index) };
    // pip runs in another folder.
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
    if !folder.is_dir() {
        return Err(EnvironmentError::NoWheels { folder });
    }
    match find_access_by_others(&folder) {
        Some(access) => Err(EnvironmentError::Foreign { path: folder, access }),
        None => Ok(PackageSource::Wheels(folder)),
    }
}

/// Creates the folder of the environments, for its owner alone.
fn make_folder(folder: &Path) -> Result<(), EnvironmentError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|source| EnvironmentError::File { path: folder.to_owned(), source })?;
    match find_access_by_others(folder) {
        Some(access) => Err(EnvironmentError::Foreign { path: folder.to_owned(), access }),
        None => Ok(()),
    }
}

/// Acquires the lock that is released with the file. Asked for again and again: a thread that waits for it could not be
/// stopped.
async fn lock(path: &Path) -> Result<File, EnvironmentError> {
    let failed = |source| EnvironmentError::File { path: path.to_owned(), source };
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path).map_err(failed)?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(ENVIRONMENT_LOCK_POLL).await,
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
    }
}

/// Removes what killed processes have left. Only the holder of the lock may do so.
async fn remove_unfinished(folder: &Path) -> Result<(), EnvironmentError> {
    let failed = |path: &Path, source| EnvironmentError::File { path: path.to_owned(), source };
    let mut entries = tokio::fs::read_dir(folder).await.map_err(|error| failed(folder, error))?;
    while let Some(entry) = entries.next_entry().await.map_err(|error| failed(folder, error))? {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            let path = entry.path();
            tokio::fs::remove_dir_all(&path).await.map_err(|error| failed(&path, error))?;
        }
    }
    Ok(())
}

/// Puts a finished environment in its place: at one whose Python is gone.
async fn replace(building: &Path, target: &Path) -> Result<(), EnvironmentError> {
    let failed = |source| EnvironmentError::File { path: target.to_owned(), source };
    if target.exists() {
        tokio::fs::remove_dir_all(target).await.map_err(failed)?;
    }
    tokio::fs::rename(building, target).await.map_err(failed)
}
