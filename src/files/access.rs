//! Finds access that lets other users change a file or a folder.

use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Access that lets other users change a file, or the files in a folder.
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

impl ForeignAccess {
    /// Finds that a file or a folder belongs to another user.
    pub fn of_owner(path: &Path, found: &Metadata) -> Option<Self> {
        (!is_trusted(found.uid())).then(|| Self::Owner { path: path.to_owned(), owner: found.uid() })
    }

    /// Finds that others may write to a file or a folder; `mode` is the `chmod` mode that removes this access.
    pub fn of_writers(path: &Path, found: &Metadata, mode: &'static str) -> Option<Self> {
        writers(found).map(|who| Self::Writable { path: path.to_owned(), who, mode })
    }

    /// Finds that others may replace an entry of a folder. In a sticky folder only the owner of an entry can move it.
    pub fn of_entries(folder: &Path, found: &Metadata) -> Option<Self> {
        if is_sticky(found) { None } else { Self::of_writers(folder, found, "go-w") }
    }
}

/// Finds access that lets others change the content of a file: to the opened file, to its folder, or to a folder above.
/// The file may belong to another user, except where any user could have put it.
pub(super) fn find_access_to_file(path: &Path, opened: &Metadata) -> Option<ForeignAccess> {
    // Resolves symbolic links. A pipe or a device of this process has no path.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if let Some(found) = ForeignAccess::of_writers(&path, opened, "go-w") {
        return Some(found);
    }
    let folders = path.ancestors().skip(1).filter_map(|folder| Some((folder, fs::metadata(folder).ok()?)));
    for (at, (folder, found)) in folders.enumerate() {
        if let Some(found) = ForeignAccess::of_entries(folder, &found) {
            return Some(found);
        }
        if at == 0 && writers(&found).is_some() {
            return ForeignAccess::of_owner(&path, opened);
        }
    }
    None
}

/// Symbolic links that one path leads through at most, as in the system itself.
const LINKS: usize = 40;

/// Finds access that lets others change a program or a folder, or replace it: to the file itself, to its folder and those
/// above, and likewise to each symbolic link on the way. None of them may belong to another user.
pub fn find_access_by_others(path: &Path) -> Option<ForeignAccess> {
    let mut link = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for _ in 0..LINKS {
        let folder = link.parent().map(Path::to_owned).unwrap_or_default();
        let above = fs::canonicalize(&folder).unwrap_or(folder);
        let folders = above.ancestors().filter_map(|folder| Some((folder, fs::metadata(folder).ok()?)));
        for (folder, found) in folders {
            let access = ForeignAccess::of_owner(folder, &found);
            if let Some(access) = access.or_else(|| ForeignAccess::of_entries(folder, &found)) {
                return Some(access);
            }
        }
        // In a sticky folder others may have put it.
        let entry = fs::symlink_metadata(&link).ok()?;
        if let Some(found) = ForeignAccess::of_owner(&link, &entry) {
            return Some(found);
        }
        match fs::read_link(&link) {
            Ok(target) => link = above.join(target),
            Err(_) => return ForeignAccess::of_writers(&link, &entry, "go-w"),
        }
    }
    None
}

/// The administrator can change everything anyway.
fn is_trusted(owner: u32) -> bool {
    owner == rustix::process::geteuid().as_raw() || owner == 0
}

fn is_sticky(found: &Metadata) -> bool {
    found.permissions().mode() & 0o1000 != 0
}

/// Whether the members of a group can become the administrator: `admin` of macOS, to which Homebrew's folders belong.
fn is_administrators(group: u32) -> bool {
    const ADMIN: u32 = 80;
    cfg!(target_os = "macos") && group == ADMIN
}

/// The users who may write besides the owner.
fn writers(found: &Metadata) -> Option<&'static str> {
    let mode = found.permissions().mode();
    // The private group of a user has the number of the user, and no other members.
    let is_private_group = found.gid() == rustix::process::geteuid().as_raw();
    if mode & 0o002 != 0 {
        Some("every user")
    } else if mode & 0o020 != 0 && !is_private_group && !is_administrators(found.gid()) {
        Some("its group")
    } else {
        None
    }
}
