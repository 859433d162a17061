//! Imports executions from another journal, and prunes old ones.

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::append::{self, Owned};
use super::{Journal, StoredLine, function_logs, nanoseconds};
use crate::event::{Recorded, Status};
use crate::limits::{PRUNE_BATCH, PRUNE_PAGES, PRUNE_ROWS};
use crate::name::ExecutionId;
use crate::store::{StoreError, Stored};

/// What was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    /// The number of executions.
    pub executions: u64,
    /// The bytes that were returned to the disk.
    pub bytes: u64,
}

impl Journal {
    /// Imports a whole history. The execution has no owner: if it has not ended, any process may claim it. The text
    /// must have the hash in the history, as an [`Archive`](crate::store::Archive) has verified: executions share it.
    pub fn import<'a>(&'a self, document: &'a str, events: &'a [Recorded]) -> Stored<'a, ()> {
        self.begin(document, events, Owned::ByNobody)
    }

    /// Imports the log lines of an execution, within the bounds of [`Journal::log`].
    pub fn import_lines<'a>(&'a self, execution: &'a ExecutionId, kept: Vec<(u64, StoredLine)>) -> Stored<'a, ()> {
        let execution = execution.clone();
        self.writer.submit(move |connection| {
            let (number, _) = append::row(connection, &execution)?;
            for (place, line) in kept.into_iter().filter_map(|(place, line)| function_logs::within_bounds(place, line))
            {
                function_logs::insert(connection, number, place, &line)?;
            }
            Ok(())
        })
    }

    /// The number of executions that ended before this moment, with one of these statuses or with any.
    pub fn prunable(&self, ended_before: Timestamp, statuses: &[Status]) -> Result<u64, StoreError> {
        let (clause, values) = condition(ended_before, statuses);
        self.read(|connection| {
            let mut statement = connection.prepare(&format!("SELECT count(*) FROM executions WHERE {clause}"))?;
            statement.query_row(params_from_iter(values), |row| row.get(0))
        })
    }

    /// Removes the executions that ended before this moment, with all their data. Executions that have not ended stay.
    pub fn prune<'a>(&'a self, ended_before: Timestamp, statuses: &'a [Status]) -> Stored<'a, Pruned> {
        Box::pin(async move {
            let (mut executions, mut last) = (0, 0);
            loop {
                let (clause, values) = condition(ended_before, statuses);
                let removed = self.writer.submit(move |connection| {
                    let batch = batch(connection, &clause, values, last)?;
                    let mut remove = connection.prepare_cached("DELETE FROM executions WHERE number = ?1")?;
                    for number in &batch {
                        remove.execute([number])?;
                    }
                    Ok(batch)
                });
                let removed = removed.await?;
                let Some(newest) = removed.last() else { break };
                last = *newest;
                executions += u64::try_from(removed.len()).unwrap_or(u64::MAX);
            }
            self.writer
                .submit(|connection| {
                    let orphans = "DELETE FROM documents WHERE NOT EXISTS \
                                   (SELECT 1 FROM executions e WHERE e.document_sha256 = documents.sha256)";
                    connection.prepare(orphans)?.execute([])?;
                    Ok(())
                })
                .await?;
            let file = self.file.clone();
            let bytes = super::file::connect(&file)
                .and_then(|connection| shrink(&connection).map_err(|error| super::file::told(&file, &error)))?;
            Ok(Pruned { executions, bytes })
        })
    }
}

fn condition(ended_before: Timestamp, statuses: &[Status]) -> (String, Vec<Value>) {
    let mut clause = "ended_at < ?".to_owned();
    let mut values = vec![Value::Integer(nanoseconds(ended_before))];
    if !statuses.is_empty() {
        clause.push_str(&format!(" AND status IN ({})", vec!["?"; statuses.len()].join(", ")));
        values.extend(statuses.iter().map(|status| Value::Text(status.as_str().to_owned())));
    }
    (clause, values)
}

/// The next executions to remove, after the one with this number: as many as fit into one transaction. Always includes
/// the first one, however long it is.
fn batch(connection: &Connection, clause: &str, mut values: Vec<Value>, after: i64) -> rusqlite::Result<Vec<i64>> {
    let select = format!(
        "SELECT number, coalesce(length, 0) + coalesce((SELECT max(l.number) FROM lines l WHERE l.execution = executions.number), 0) \
         FROM executions WHERE {clause} AND number > ? ORDER BY number LIMIT {PRUNE_BATCH}"
    );
    values.push(Value::Integer(after));
    let mut statement = connection.prepare_cached(&select)?;
    let mut found = statement.query(params_from_iter(values))?;
    let (mut batch, mut rows) = (Vec::new(), 0_u64);
    while let Some(row) = found.next()? {
        rows = rows.saturating_add(row.get(1)?);
        if rows > PRUNE_ROWS && !batch.is_empty() {
            break;
        }
        batch.push(row.get(0)?);
    }
    Ok(batch)
}

/// Returns free pages to the disk, a few at a time so that others can write in between. Returns the number of bytes.
fn shrink(connection: &Connection) -> rusqlite::Result<u64> {
    let pages = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, u64>(0));
    let before = pages("page_count")?;
    let free = format!("PRAGMA incremental_vacuum({PRUNE_PAGES})");
    let mut left = pages("freelist_count")?;
    while left > 0 {
        let mut statement = connection.prepare(&free)?;
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
        let now = pages("freelist_count")?;
        if now >= left {
            // Other processes need pages as fast as they are returned.
            break;
        }
        left = now;
    }
    // The write-ahead log keeps its size until it is truncated.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(before.saturating_sub(pages("page_count")?) * pages("page_size")?)
}

#[cfg(test)]
mod tests;
