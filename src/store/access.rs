//! Who else may change the journal: everybody who can write to it can approve a step, and change what runs next.

use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// What lets others change a journal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForeignAccess {
    /// A file or a folder belongs to another user.
    #[error("{} belongs to uid {owner}", path.display())]
    Owner {
        /// The file or folder.
        path: PathBuf,
        /// The user.
        owner: u32,
    },
    /// Others may write to a file or a folder.
    #[error("{} is writable by {who}", path.display())]
    Writable {
        /// The file or folder.
        path: PathBuf,
        /// Who may write to it.
        who: &'static str,
        /// The mode that lets nobody else do so, as `chmod` takes it.
        mode: &'static str,
    },
}

/// What lets others change the journal: the folder, else what is in it, else a folder above it.
pub fn find_foreign_access(folder: &Path) -> Option<ForeignAccess> {
    // Where it is, whatever links lead there. What cannot be looked at is reported where it is used.
    let folder = fs::canonicalize(folder).ok()?;
    let own = rustix::process::geteuid().as_raw();
    for (path, mode) in [(folder.clone(), "700"), (folder.join("journal.db"), "600")] {
        let Ok(found) = fs::metadata(&path) else { continue };
        if !is_trusted(found.uid(), own) {
            return Some(ForeignAccess::Owner { path, owner: found.uid() });
        }
        if let Some(who) = writers(&found, own) {
            return Some(ForeignAccess::Writable { path, who, mode });
        }
    }
    for above in folder.ancestors().skip(1) {
        let Ok(found) = fs::metadata(above) else { continue };
        if !is_trusted(found.uid(), own) {
            return Some(ForeignAccess::Owner { path: above.to_owned(), owner: found.uid() });
        }
        // In a sticky folder nobody moves what belongs to somebody else.
        if let Some(who) = writers(&found, own).filter(|_| found.permissions().mode() & 0o1000 == 0) {
            return Some(ForeignAccess::Writable { path: above.to_owned(), who, mode: "go-w" });
        }
    }
    None
}

/// The administrator can change everything anyway.
const fn is_trusted(owner: u32, own: u32) -> bool {
    owner == own || owner == 0
}

/// Who may write beside the owner.
fn writers(found: &Metadata, own: u32) -> Option<&'static str> {
    let mode = found.permissions().mode();
    // Where each user has a group of their own, it has the number of the user, and nobody else is in it.
    let is_private_group = found.gid() == own;
    if mode & 0o002 != 0 {
        Some("every user")
    } else if mode & 0o020 != 0 && !is_private_group {
        Some("its group")
    } else {
        None
    }
}
