//! Finds other users with write access to the journal: they can approve a step, and change what runs next.

use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Access that lets other users change a journal.
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
        /// The `chmod` mode that removes this access.
        mode: &'static str,
    },
}

/// Finds access of other users to the journal: to its folder, else to its file, else to a folder above it.
pub fn find_foreign_access(folder: &Path) -> Option<ForeignAccess> {
    // Resolves symbolic links. A path that cannot be read is reported where it is used.
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
        // In a sticky folder only the owner of an entry can move it.
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

/// The users who may write besides the owner.
fn writers(found: &Metadata, own: u32) -> Option<&'static str> {
    let mode = found.permissions().mode();
    // The private group of a user has the number of the user, and no other members.
    let is_private_group = found.gid() == own;
    if mode & 0o002 != 0 {
        Some("every user")
    } else if mode & 0o020 != 0 && !is_private_group {
        Some("its group")
    } else {
        None
    }
}
