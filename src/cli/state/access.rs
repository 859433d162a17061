//! Who else may change the journal: everybody who can write to it can approve a step, and change what runs next.

use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli::output::tell;
use crate::report::one_line;

/// Warns of a journal that others may change; once in a process, whatever it opens.
pub(super) fn warn_of_others(folder: &Path) {
    static IS_WARNED: AtomicBool = AtomicBool::new(false);
    if let Some(warning) = warning(folder)
        && !IS_WARNED.swap(true, Ordering::Relaxed)
    {
        tell(&format!("warning: {}\n", one_line(&warning)));
    }
}

/// What lets others change the journal, and what to do about it: the folder, else what is in it, else a folder above it.
fn warning(folder: &Path) -> Option<String> {
    let told = |path: &Path, why: &str, remedy: &str| {
        Some(format!("others can change the journal, and what it runs: {} {why}; {remedy}", path.display()))
    };
    // Where it is, whatever links lead there. What cannot be looked at is told where it is used.
    let folder = fs::canonicalize(folder).ok()?;
    let own = rustix::process::geteuid().as_raw();
    for (path, is_folder) in [(folder.clone(), true), (folder.join("journal.db"), false)] {
        let Ok(found) = fs::metadata(&path) else { continue };
        let mode = if is_folder { "700" } else { "600" };
        if !is_trusted(found.uid(), own) {
            let why = format!("belongs to uid {}", found.uid());
            return told(&path, &why, "use a folder of your own: --state-dir FOLDER");
        }
        if let Some(who) = writers(&found, own) {
            let why = format!("is writable by {who}");
            return told(&path, &why, &format!("`chmod {mode} {}`", path.display()));
        }
    }
    for above in folder.ancestors().skip(1) {
        let Ok(found) = fs::metadata(above) else { continue };
        if !is_trusted(found.uid(), own) {
            let why = format!("belongs to uid {}", found.uid());
            return told(above, &why, "use a folder of your own: --state-dir FOLDER");
        }
        // In a sticky folder nobody moves what belongs to somebody else.
        if let Some(who) = writers(&found, own).filter(|_| found.permissions().mode() & 0o1000 == 0) {
            let why = format!("is writable by {who}");
            return told(above, &why, &format!("`chmod go-w {}`", above.display()));
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
