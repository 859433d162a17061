//! `background.log` beside the journal: errors of processes without a terminal.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::files::{LocationError, open_log};
use crate::limits::BACKGROUND_LOG_BYTES;

/// The file in the folder of the journal.
const LOG: &str = "background.log";

/// What it was called before it was so large that a new one was begun.
const OLD_LOG: &str = "background.log.1";

/// The log, to be added to. One that is large enough makes room for a new one, and takes the place of the one before it.
pub(super) fn open(folder: &Path) -> io::Result<File> {
    let file = folder.join(LOG);
    if file.metadata().is_ok_and(|found| found.len() >= BACKGROUND_LOG_BYTES) {
        // Another process may have done it. Those that write go on in the old one.
        let _ = std::fs::rename(&file, folder.join(OLD_LOG));
    }
    open_log(&file).map_err(|error| match error {
        LocationError::System(error) => error,
        foreign @ (LocationError::ForeignLink { .. } | LocationError::ForeignFile { .. }) => io::Error::other(foreign),
    })
}
