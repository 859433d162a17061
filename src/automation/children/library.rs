//! Finds the runbooks that `aws:executeAutomation` steps name.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use crate::event::Launch;
use crate::limits::DOCUMENT_BYTES;

/// The extensions of a runbook file, in the order they are tried.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// Finds runbooks by name.
pub trait FindDocument: Send + Sync + std::fmt::Debug {
    /// The runbook of this name. `beside` is the file of the runbook whose step names it, where it has one.
    fn find(&self, name: &str, beside: Option<&Path>) -> Result<Found, NotFound>;
}

/// A runbook that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its file.
    pub file: PathBuf,
    /// Its content: at most one byte more than a document may have.
    pub bytes: Vec<u8>,
}

/// A runbook that was not found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message())]
pub struct NotFound {
    /// The name.
    pub name: String,
    /// The files that were searched for.
    pub looked: Vec<PathBuf>,
    /// An existing file that cannot be read, and why.
    pub unreadable: Option<String>,
}

impl NotFound {
    fn message(&self) -> String {
        if let Some(why) = &self.unreadable {
            return format!("runbook {} cannot be read: {why}", self.name);
        }
        let looked: Vec<String> = self.looked.iter().map(|file| file.display().to_string()).collect();
        format!("there is no runbook {}: looked for {}", self.name, looked.join(", "))
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        format!("name its file: --document {}=FILE; or the folder it is in: --runbook-path FOLDER", self.name)
    }
}

/// Runbooks in files: those that were named, those beside the runbook that names them, and those in some folders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Library {
    /// The files by name.
    pub documents: IndexMap<String, PathBuf>,
    /// The folders, in order.
    pub path: Vec<PathBuf>,
}

impl Library {
    /// The library of a launch.
    pub fn of_launch(launch: &Launch) -> Self {
        Self {
            documents: launch.documents.iter().map(|(name, file)| (name.clone(), PathBuf::from(file))).collect(),
            path: launch.runbook_path.iter().map(PathBuf::from).collect(),
        }
    }

    fn candidates(&self, name: &str, beside: Option<&Path>) -> Vec<PathBuf> {
        if let Some(file) = self.documents.get(name) {
            return vec![file.clone()];
        }
        let beside = beside.map(|file| file.parent().unwrap_or(Path::new("")).to_owned());
        let folders = beside.into_iter().chain(self.path.iter().cloned());
        folders.flat_map(|folder| ENDINGS.map(|ending| folder.join(format!("{name}.{ending}")))).collect()
    }
}

impl FindDocument for Library {
    fn find(&self, name: &str, beside: Option<&Path>) -> Result<Found, NotFound> {
        let looked = self.candidates(name, beside);
        for file in &looked {
            match read(file) {
                Ok(bytes) => return Ok(Found { file: file.clone(), bytes }),
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
                Err(error) => {
                    let unreadable = Some(format!("{}: {error}", file.display()));
                    return Err(NotFound { name: name.to_owned(), looked, unreadable });
                }
            }
        }
        Err(NotFound { name: name.to_owned(), looked, unreadable: None })
    }
}

fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(DOCUMENT_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    File::open(file)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
