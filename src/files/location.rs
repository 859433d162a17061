//! Locates an output file and checks whether it may be written there.
//!
//! The path is walked folder by folder, each opened from the one before it, so that a folder cannot be replaced between
//! the check and the use. In a folder that other users may write to, a symbolic link of another user is not followed,
//! and a file, a pipe or a device of another user is not written to: what `fs.protected_symlinks`, `fs.protected_fifos`
//! and `fs.protected_regular` do on Linux, whatever the machine's settings. Links and files of root are trusted like
//! the user's own.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, openat, readlinkat, statat};
use rustix::io::Errno;

/// The most links that one path may lead through: the bound of the system itself.
const LINKS: usize = 40;

/// Why a file is not written.
#[derive(Debug, thiserror::Error)]
pub enum LocationError {
    /// A link of another user.
    #[error("{} is a symbolic link of another user (uid {owner}) in a folder that others may write to", path.display())]
    ForeignLink {
        /// Its path as it was walked.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
    },
    /// A file, a pipe or a device of another user.
    #[error("it belongs to another user (uid {owner}), in a folder that others may write to")]
    ForeignFile {
        /// Whose it is.
        owner: u32,
    },
    /// The system refuses it.
    #[error(transparent)]
    System(#[from] io::Error),
}

impl From<Errno> for LocationError {
    fn from(error: Errno) -> Self {
        Self::System(error.into())
    }
}

/// A file that exists or can be created.
#[derive(Debug)]
pub(super) struct Location {
    pub(super) folder: OwnedFd,
    pub(super) name: OsString,
    pub(super) existing: Existing,
    is_shared: Shared,
}

/// The existing file, if any.
#[derive(Debug, Clone, Copy)]
pub(super) enum Existing {
    Nothing,
    File(Found),
    /// A device, a pipe or a socket.
    Other(Found),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    stat: Stat,
    /// Whether it is a descriptor of a process (below `/dev/fd`), which has no other name.
    is_descriptor: bool,
}

/// Which other users may write to a folder.
#[derive(Debug, Clone, Copy)]
struct Shared {
    /// Others may put links there.
    for_links: bool,
    /// Others may put files there that only they can remove.
    for_files: bool,
}

impl Shared {
    fn of(folder: &Stat) -> Self {
        let mode = Mode::from_raw_mode(folder.st_mode);
        let (is_sticky, of_all) = (mode.contains(Mode::SVTX), mode.contains(Mode::WOTH));
        let of_several = of_all || mode.contains(Mode::WGRP);
        // In a folder that a group shares, every member may replace the files of the others.
        Self { for_links: of_all || (is_sticky && of_several), for_files: is_sticky && of_several }
    }
}

/// Finds the file that a path leads to.
pub(super) fn locate(path: &Path) -> Result<Location, LocationError> {
    if path.as_os_str().is_empty() {
        return Err(Errno::NOENT.into());
    }
    let mut rest: VecDeque<OsString> = parts(path);
    let mut folder = open_folder(CWD, if path.is_absolute() { OsStr::new("/") } else { OsStr::new(".") })?;
    let mut walked = if path.is_absolute() { PathBuf::from("/") } else { PathBuf::new() };
    let mut links = 0;
    // A path such as `folder/` names a folder, whatever exists there.
    if path.as_os_str().as_bytes().ends_with(b"/") {
        return Err(Errno::ISDIR.into());
    }
    while let Some(name) = rest.pop_front() {
        let is_last = rest.is_empty();
        let shared = Shared::of(&fstat(&folder)?);
        let found = match statat(&folder, &name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => found,
            Err(Errno::NOENT) if is_last => {
                return Ok(Location { folder, name, existing: Existing::Nothing, is_shared: shared });
            }
            Err(error) => return Err(error.into()),
        };
        match FileType::from_raw_mode(found.st_mode) {
            FileType::Symlink if is_last && has_descriptors(&folder) => {
                let target = statat(&folder, &name, AtFlags::empty())?;
                let existing = Existing::Other(Found { stat: target, is_descriptor: true });
                return Ok(Location { folder, name, existing, is_shared: shared });
            }
            FileType::Symlink => {
                if shared.for_links && !is_trusted(found.st_uid) {
                    return Err(LocationError::ForeignLink { path: walked.join(&name), owner: found.st_uid });
                }
                links += 1;
                if links > LINKS {
                    return Err(Errno::LOOP.into());
                }
                // A user who can replace the link in between could have pointed it anywhere before.
                let target = readlinkat(&folder, &name, Vec::new())?;
                let target = PathBuf::from(OsString::from_vec(target.into_bytes()));
                if target.is_absolute() {
                    folder = open_folder(CWD, OsStr::new("/"))?;
                    walked = PathBuf::from("/");
                }
                for part in parts(&target).into_iter().rev() {
                    rest.push_front(part);
                }
            }
            FileType::Directory if is_last => return Err(Errno::ISDIR.into()),
            FileType::Directory => {
                folder = open_folder(folder.as_fd(), &name)?;
                walked.push(&name);
            }
            kind if is_last => {
                let there = Found { stat: found, is_descriptor: false };
                let existing = match kind {
                    FileType::RegularFile => Existing::File(there),
                    _ => Existing::Other(there),
                };
                let location = Location { folder, name, existing, is_shared: shared };
                location.refuse_foreign_file(&found)?;
                return Ok(location);
            }
            _ => return Err(Errno::NOTDIR.into()),
        }
    }
    // Only folders: `.`, `..`, `/`.
    Err(Errno::ISDIR.into())
}

/// The names of a path in their order, also those that lead upward.
fn parts(path: &Path) -> VecDeque<OsString> {
    path.components()
        .filter(|part| !matches!(part, Component::RootDir | Component::Prefix(_) | Component::CurDir))
        .map(|part| part.as_os_str().to_owned())
        .collect()
}

fn open_folder(above: impl AsFd, name: &OsStr) -> Result<OwnedFd, Errno> {
    // A folder may permit traversal but not listing.
    #[cfg(target_os = "linux")]
    let access = OFlags::PATH;
    #[cfg(not(target_os = "linux"))]
    let access = OFlags::RDONLY;
    openat(above, name, access | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
}

/// Whether the links of a folder are the open files of a process (`/dev/fd`, `/proc/self/fd`): the system opens them,
/// and their targets are not paths.
#[cfg(target_os = "linux")]
fn has_descriptors(folder: &OwnedFd) -> bool {
    rustix::fs::fstatfs(folder).is_ok_and(|system| system.f_type == rustix::fs::PROC_SUPER_MAGIC)
}

#[cfg(not(target_os = "linux"))]
fn has_descriptors(_: &OwnedFd) -> bool {
    false
}

/// Whether links and files of this owner are trusted like the user's own.
fn is_trusted(owner: u32) -> bool {
    owner == rustix::process::geteuid().as_raw() || owner == 0
}

impl Found {
    /// The permissions of a file that the user owns.
    pub(super) fn own_mode(&self) -> Option<Mode> {
        let is_own = self.stat.st_uid == rustix::process::geteuid().as_raw();
        is_own.then(|| Mode::from_raw_mode(self.stat.st_mode) & (Mode::RWXU | Mode::RWXG | Mode::RWXO))
    }
}

impl Location {
    /// Refuses a file of another user in a folder where only its owner can remove it.
    pub(super) fn refuse_foreign_file(&self, found: &Stat) -> Result<(), LocationError> {
        let owner = found.st_uid;
        if self.is_shared.for_files && !is_trusted(owner) { Err(LocationError::ForeignFile { owner }) } else { Ok(()) }
    }

    /// Opens an existing file; never creates one.
    pub(super) fn open(&self, access: OFlags) -> Result<File, LocationError> {
        let (Existing::File(found) | Existing::Other(found)) = self.existing else { return Err(Errno::NOENT.into()) };
        let no_link = if found.is_descriptor { OFlags::empty() } else { OFlags::NOFOLLOW };
        let flags = access | no_link | OFlags::NOCTTY | OFlags::CLOEXEC;
        let opened = openat(&self.folder, &self.name, flags, Mode::empty())?;
        let now = fstat(&opened)?;
        if (now.st_dev, now.st_ino) != (found.stat.st_dev, found.stat.st_ino) {
            self.refuse_foreign_file(&now)?;
        }
        Ok(opened.into())
    }
}
