//! Removes executions that ended long ago, and returns their space to the disk.

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use tokio::sync::oneshot;

use super::{Journal, file, nanoseconds};
use crate::event::Status;
use crate::limits::{PRUNE_BATCH, PRUNE_PAGES, PRUNE_ROWS};
use crate::store::{Pruned, Retention, StoreError, Stored};

impl Retention for Journal {
    fn prunable<'a>(&'a self, ended_before: Timestamp, statuses: &'a [Status]) -> Stored<'a, u64> {
        let (clause, values) = condition(ended_before, statuses);
        self.read(move |connection| {
            let mut statement = connection.prepare(&format!("SELECT count(*) FROM executions WHERE {clause}"))?;
            Ok(statement.query_row(params_from_iter(values), |row| row.get(0))?)
        })
    }

    fn prune<'a>(&'a self, ended_before: Timestamp, statuses: &'a [Status]) -> Stored<'a, Pruned> {
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
            Ok(Pruned { executions, bytes: self.return_space().await? })
        })
    }
}

impl Journal {
    /// Returns free pages to the disk, on a thread with a connection of its own: that is done between transactions.
    /// Returns the number of bytes.
    async fn return_space(&self) -> Result<u64, StoreError> {
        let stopped = |why: String| StoreError::Stopped { file: self.file.clone(), why };
        let (sender, result) = oneshot::channel();
        let file = self.file.clone();
        let run = move || {
            let bytes = file::connect(&file)
                .and_then(|connection| shrink(&connection).map_err(|error| file::store_error(&file, &error)));
            // The caller may be gone.
            let _ = sender.send(bytes);
        };
        std::thread::Builder::new()
            .name("journal-prune".to_owned())
            .spawn(run)
            .map_err(|error| stopped(format!("no thread could be started: {error}")))?;
        result.await.unwrap_or_else(|_| Err(stopped("its thread has ended".to_owned())))
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
