//! Where the file of settings is.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::table::FILE_VARIABLE;

/// The name that is looked for.
const NAME: &str = "runwright.toml";

/// Why the file of settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FindFileError {
    /// The variable that names it is not UTF-8.
    #[error("{FILE_VARIABLE} is not UTF-8")]
    VariableNotUtf8,
    /// Its path is not UTF-8.
    #[error("{file}: the name of the folder is not UTF-8")]
    PathNotUtf8 {
        /// The file.
        file: String,
    },
    /// It is in a parent folder, and another user could have created it.
    #[error("{file} belongs to another user and is not used automatically")]
    ForeignOwner {
        /// The file.
        file: String,
    },
    /// Its owner cannot be determined.
    #[error("cannot find the owner of {file}: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
}

/// The file that the variable names, or else the nearest one upward from the working folder, by the name to show.
///
/// # Errors
/// When there is a file that cannot be used.
pub fn find_file() -> Result<Option<String>, FindFileError> {
    match std::env::var(FILE_VARIABLE) {
        Ok(file) if !file.is_empty() => return Ok(Some(file)),
        Ok(_) | Err(std::env::VarError::NotPresent) => {}
        Err(std::env::VarError::NotUnicode(_)) => return Err(FindFileError::VariableNotUtf8),
    }
    if Path::new(NAME).is_file() {
        return Ok(Some(NAME.to_owned()));
    }
    // A folder that has been removed has nothing above it.
    let here = std::env::current_dir().unwrap_or_default();
    let above = here.ancestors().skip(1).map(|folder| folder.join(NAME));
    match above.into_iter().find(|file| file.is_file()) {
        Some(file) => trusted(file).map(Some),
        None => Ok(None),
    }
}

/// A file in a parent folder can select programs to run, and any user with write access to a folder such as `/tmp`
/// could have created it: it must belong to the user or the administrator.
fn trusted(path: PathBuf) -> Result<String, FindFileError> {
    let file = path.display().to_string();
    let own = rustix::process::geteuid().as_raw();
    match path.metadata().map(|metadata| metadata.uid()) {
        Ok(owner) if owner == own || owner == 0 => {
            path.into_os_string().into_string().map_err(|_| FindFileError::PathNotUtf8 { file })
        }
        Ok(_) => Err(FindFileError::ForeignOwner { file }),
        Err(source) => Err(FindFileError::Unreadable { file, source }),
    }
}
