//! Why a query or a write has no result.

use std::path::Path;

use rusqlite::types::FromSqlError;

use super::file;
use crate::store::StoreError;

/// Why a query or a write has no result.
#[derive(Debug)]
pub(super) enum QueryError {
    /// SQLite failed.
    Sqlite(rusqlite::Error),
    /// The store refuses it.
    Refused(StoreError),
}

impl QueryError {
    /// The error of the journal in this file.
    pub(super) fn of_journal(self, file: &Path) -> StoreError {
        match self {
            Self::Sqlite(error) => file::store_error(file, &error),
            Self::Refused(error) => error,
        }
    }
}

impl From<rusqlite::Error> for QueryError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<FromSqlError> for QueryError {
    fn from(error: FromSqlError) -> Self {
        Self::Sqlite(error.into())
    }
}

impl From<StoreError> for QueryError {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}
