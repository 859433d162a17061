//! `background.log` beside the journal: errors of processes without a terminal.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::files::{LocationError, open_log};
use crate::limits::BACKGROUND_LOG_BYTES;

/// The file in the folder of the journal.
const LOG: &str = "background.log";

/// The previous log, after rotation.
const OLD_LOG: &str = "background.log.1";

/// Opens the log for appending. A large one is rotated first: it replaces the previous log.
pub(super) fn open(folder: &Path) -> io::Result<File> {
    let file = folder.join(LOG);
    if file.metadata().is_ok_and(|found| found.len() >= BACKGROUND_LOG_BYTES) {
        // Another process may have rotated it. Processes that have it open continue in the old one.
        let _ = std::fs::rename(&file, folder.join(OLD_LOG));
    }
    open_log(&file).map_err(|error| match error {
        LocationError::System(error) => error,
        foreign @ (LocationError::ForeignLink { .. } | LocationError::ForeignFile { .. }) => io::Error::other(foreign),
    })
}
