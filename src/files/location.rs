//! Where a file is that is to be written, and whether it may be.
//!
//! The path is walked folder by folder, each opened from the one before it, so that nobody can put another folder in its
//! place between the look and the use. In a folder that other users may write to, a symbolic link of another user is not
//! followed, and a file, a pipe or a device of another user is not written to: what `fs.protected_symlinks`,
//! `fs.protected_fifos` and `fs.protected_regular` do on Linux, whatever the machine is set to. Links and files of the
//! administrator are as good as one's own.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, openat, readlinkat, statat};
use rustix::io::Errno;

/// Links that one path may have, one leading to the next: the bound of the system itself.
const LINKS: usize = 40;

/// Why a file is not written.
#[derive(Debug, thiserror::Error)]
pub enum LocationError {
    /// A link of somebody else.
    #[error("{} is a symbolic link of another user (uid {owner}) in a folder that others may write to", path.display())]
    ForeignLink {
        /// As it was reached.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
    },
    /// A file, a pipe or a device of somebody else.
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

/// A file that is there or can be made.
#[derive(Debug)]
pub(super) struct Location {
    pub(super) folder: OwnedFd,
    pub(super) name: OsString,
    pub(super) existing: Existing,
    is_shared: Shared,
}

/// What is there already.
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
    /// Whether it is a descriptor of a process, which has no other name.
    is_descriptor: bool,
}

/// Who else may write to a folder.
#[derive(Debug, Clone, Copy)]
struct Shared {
    /// Others may put links there.
    for_links: bool,
    /// Others may put files there that nobody but they can remove.
    for_files: bool,
}

impl Shared {
    fn of(folder: &Stat) -> Self {
        let mode = Mode::from_raw_mode(folder.st_mode);
        let (is_sticky, of_all) = (mode.contains(Mode::SVTX), mode.contains(Mode::WOTH));
        let of_several = of_all || mode.contains(Mode::WGRP);
        // In a folder of a group that works together everybody replaces the files of everybody.
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
    // A path such as `folder/` names a folder, whatever is there.
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
                // Who can put another link in its place in between could have pointed it anywhere before.
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
    // Nothing but folders: `.`, `..`, `/`.
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
    // A folder may be one that can be gone through and not be listed.
    #[cfg(target_os = "linux")]
    let access = OFlags::PATH;
    #[cfg(not(target_os = "linux"))]
    let access = OFlags::RDONLY;
    openat(above, name, access | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
}

/// Whether the links of a folder are the open files of a process (`/dev/fd`, `/proc/self/fd`): they are opened by the
/// system, and what they say is no path.
#[cfg(target_os = "linux")]
fn has_descriptors(folder: &OwnedFd) -> bool {
    rustix::fs::fstatfs(folder).is_ok_and(|system| system.f_type == rustix::fs::PROC_SUPER_MAGIC)
}

#[cfg(not(target_os = "linux"))]
fn has_descriptors(_: &OwnedFd) -> bool {
    false
}

/// Whether a link or a file of this user is as good as one's own.
fn is_trusted(owner: u32) -> bool {
    owner == rustix::process::geteuid().as_raw() || owner == 0
}

impl Found {
    /// The rights of a file of one's own.
    pub(super) fn own_mode(&self) -> Option<Mode> {
        let is_own = self.stat.st_uid == rustix::process::geteuid().as_raw();
        is_own.then(|| Mode::from_raw_mode(self.stat.st_mode) & (Mode::RWXU | Mode::RWXG | Mode::RWXO))
    }
}

impl Location {
    /// Refuses a file of another user in a folder where they put it and nobody else can remove it.
    pub(super) fn refuse_foreign_file(&self, found: &Stat) -> Result<(), LocationError> {
        let owner = found.st_uid;
        if self.is_shared.for_files && !is_trusted(owner) { Err(LocationError::ForeignFile { owner }) } else { Ok(()) }
    }

    /// Opens what is there, and only that.
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
