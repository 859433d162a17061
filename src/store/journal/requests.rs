//! What is asked of executions that other processes carry on.

use jiff::Timestamp;

use super::{Journal, append, moment, nanoseconds};
use crate::name::ExecutionId;
use crate::store::{StoreError, Stored};

/// Something that an execution is asked for. It stays until the execution ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What.
    pub kind: RequestKind,
    /// Who asks.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What an execution can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKind {
    /// To stop.
    Cancel,
    /// To end after the current step.
    Complete,
}

impl RequestKind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Cancel => "Cancel",
            Self::Complete => "Complete",
        }
    }

    fn named(word: &str) -> Option<Self> {
        [Self::Cancel, Self::Complete].into_iter().find(|kind| kind.as_str() == word)
    }
}

impl Journal {
    /// Asks an execution for something. Whoever carries it on looks for requests; of one that has ended nothing is asked.
    pub fn request<'a>(&'a self, execution: &'a ExecutionId, request: Request) -> Stored<'a, ()> {
        let execution = execution.clone();
        self.writer.submit(move |connection| {
            let (number, _) = append::row(connection, &execution)?;
            let Request { kind, by, at } = request;
            let insert = "INSERT INTO requests (execution, kind, requested_by, at) SELECT ?1, ?2, ?3, ?4 \
                          FROM executions WHERE number = ?1 AND ended_at IS NULL";
            connection.prepare_cached(insert)?.execute((number, kind.as_str(), by, nanoseconds(at)))?;
            Ok(())
        })
    }

    /// What an execution has been asked for, the first first, each with its number.
    pub fn requests(&self, execution: &ExecutionId) -> Result<Vec<(u64, Request)>, StoreError> {
        let rows: Vec<(u64, String, String, i64)> = self.read(|connection| {
            let select = "SELECT r.number, r.kind, r.requested_by, r.at FROM requests r \
                          JOIN executions e ON e.number = r.execution WHERE e.id = ?1 ORDER BY r.number";
            let mut statement = connection.prepare_cached(select)?;
            let rows = statement
                .query_map([execution.as_str()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
            rows.collect()
        })?;
        // A kind of a newer version is for a process of that version.
        let known = |(number, kind, by, at): (u64, String, String, i64)| {
            Some((number, Request { kind: RequestKind::named(&kind)?, by, at: moment(at) }))
        };
        Ok(rows.into_iter().filter_map(known).collect())
    }
}
