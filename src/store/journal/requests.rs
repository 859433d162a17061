//! Requests to executions that other processes run.

use std::sync::Arc;

use rusqlite::Row;

use super::{Journal, append, moment, nanoseconds};
use crate::name::ExecutionId;
use crate::store::{PostedRequest, Request, RequestKind, RequestStore, Stored};

/// Selects the columns that a request is read from.
const COLUMNS: &str = "SELECT r.number, e.id, r.kind, r.requested_by, r.at, r.step_execution, r.comment \
                       FROM requests r JOIN executions e ON e.number = r.execution";

/// The request of a row; `None` for a kind of a newer version, which is for a process of that version.
fn posted(row: &Row<'_>) -> rusqlite::Result<Option<PostedRequest>> {
    let Some(kind) = RequestKind::read(row.get_ref(2)?.as_str()?, row.get(5)?, row.get(6)?) else { return Ok(None) };
    Ok(Some(PostedRequest {
        number: row.get(0)?,
        execution: ExecutionId::new(row.get::<_, String>(1)?),
        request: Request { kind, by: row.get(3)?, at: moment(row.get(4)?) },
    }))
}

impl RequestStore for Journal {
    fn request<'a>(&'a self, execution: &'a ExecutionId, request: Request) -> Stored<'a, ()> {
        let execution = execution.clone();
        self.writer.submit(move |connection| {
            let (number, _) = append::row(connection, &execution)?;
            let Request { kind, by, at } = request;
            let insert = "INSERT INTO requests (execution, kind, requested_by, at, step_execution, comment) \
                          SELECT ?1, ?2, ?3, ?4, ?5, ?6 FROM executions \
                          WHERE number = ?1 AND (ended_at IS NULL OR ?5 IS NULL)";
            let (step_execution, comment) = match &kind {
                RequestKind::Cancel | RequestKind::Complete => (None, None),
                RequestKind::Signal { step_execution, comment, .. } => {
                    (Some(step_execution.as_str()), comment.as_deref())
                }
            };
            let row = (number, kind.as_str(), by, nanoseconds(at), step_execution, comment);
            connection.prepare_cached(insert)?.execute(row)?;
            Ok(())
        })
    }

    fn requests<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Vec<(u64, Request)>> {
        let execution = execution.clone();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE e.id = ?1 ORDER BY r.number"))?;
            let rows = statement.query_map([execution.as_str()], posted)?;
            let requests = rows.filter_map(Result::transpose);
            let requests = requests.map(|posted| posted.map(|posted| (posted.number, posted.request)));
            Ok(requests.collect::<rusqlite::Result<_>>()?)
        })
    }

    fn requests_after(&self, after: u64, limit: u32) -> Stored<'_, Vec<PostedRequest>> {
        let process = Arc::clone(&self.process);
        self.read(move |connection| {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let select = format!("{COLUMNS} WHERE r.number > ?1 AND e.owner = ?2 ORDER BY r.number");
            let mut statement = connection.prepare_cached(&select)?;
            let rows = statement.query_map((after, process.id()), posted)?;
            Ok(rows.filter_map(Result::transpose).take(limit).collect::<rusqlite::Result<_>>()?)
        })
    }
}
