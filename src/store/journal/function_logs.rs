//! The log lines of local functions. The next commit of an event includes them.

use rusqlite::{Connection, OptionalExtension};

use super::{Journal, moment, nanoseconds};
use crate::name::{ExecutionId, StepName};
use crate::store::log_store::number_lines;
use crate::store::{LogStore, Stored, StoredLine};

impl LogStore for Journal {
    fn log(&self, execution: &ExecutionId, lines: Vec<StoredLine>) {
        let execution = execution.clone();
        self.writer.submit_deferred(move |connection| {
            let select = "SELECT e.number, coalesce((SELECT max(number) FROM lines WHERE execution = e.number), 0) \
                          FROM executions e WHERE e.id = ?1";
            let found: Option<(i64, u64)> = connection
                .prepare_cached(select)?
                .query_row([execution.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let Some((number, last)) = found else { return Ok(()) };
            for (place, line) in number_lines(last, lines) {
                insert(connection, number, place, &line)?;
            }
            Ok(())
        });
    }

    fn log_lines_page<'a>(
        &'a self,
        execution: &'a ExecutionId,
        after: u64,
        limit: u32,
    ) -> Stored<'a, Vec<(u64, StoredLine)>> {
        let execution = execution.clone();
        self.read(move |connection| {
            let select = "SELECT l.number, l.at, l.step, l.attempt, l.function, l.text FROM lines l \
                          JOIN executions e ON e.number = l.execution WHERE e.id = ?1 AND l.number > ?2 ORDER BY l.number \
                          LIMIT ?3";
            let mut statement = connection.prepare_cached(select)?;
            let lines = statement.query_map((execution.as_str(), after, limit), |row| {
                let line = StoredLine {
                    at: moment(row.get(1)?),
                    step: StepName::new(row.get::<_, String>(2)?),
                    attempt: row.get(3)?,
                    function: row.get(4)?,
                    text: row.get(5)?,
                };
                Ok((row.get(0)?, line))
            })?;
            Ok(lines.collect::<rusqlite::Result<_>>()?)
        })
    }
}

/// Inserts one line.
pub(super) fn insert(connection: &Connection, execution: i64, number: u64, line: &StoredLine) -> rusqlite::Result<()> {
    let StoredLine { at, step, attempt, function, text } = line;
    let insert = "INSERT OR IGNORE INTO lines (execution, number, at, step, attempt, function, text) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let row = (execution, number, nanoseconds(*at), step.as_str(), attempt, function, text);
    connection.prepare_cached(insert)?.execute(row).map(drop)
}
