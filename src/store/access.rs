//! Finds other users with write access to the journal: they can approve a step, and change what runs next.

use std::fs;
use std::path::Path;

use crate::files::ForeignAccess;

/// Finds access of other users to the journal: to its folder, else to its file, else to a folder above it.
pub fn find_foreign_access(folder: &Path) -> Option<ForeignAccess> {
    // Resolves symbolic links. A path that cannot be read is reported where it is used.
    let folder = fs::canonicalize(folder).ok()?;
    for (path, mode) in [(folder.clone(), "700"), (folder.join("journal.db"), "600")] {
        let Ok(found) = fs::metadata(&path) else { continue };
        let access = ForeignAccess::of_owner(&path, &found);
        if let Some(access) = access.or_else(|| ForeignAccess::of_writers(&path, &found, mode)) {
            return Some(access);
        }
    }
    folder.ancestors().skip(1).find_map(|above| {
        let found = fs::metadata(above).ok()?;
        ForeignAccess::of_owner(above, &found).or_else(|| ForeignAccess::of_entries(above, &found))
    })
}
