//! Why something was not written.

use crate::store::StoreError;

/// Why something was not written.
#[derive(Debug)]
pub(super) enum WriteError {
    /// SQLite could not.
    Sqlite(rusqlite::Error),
    /// It is not to be.
    Refused(StoreError),
}

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for WriteError {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}
