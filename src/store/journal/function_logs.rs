//! The log lines of local functions.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::{Journal, moment, nanoseconds};
use crate::limits::{LINE_BYTES, LINES};
use crate::name::{ExecutionId, StepName};
use crate::store::StoreError;

/// A log line of a local function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLine {
    /// When it arrived.
    pub at: Timestamp,
    /// The step that invoked the function.
    pub step: StepName,
    /// The attempt.
    pub attempt: u32,
    /// The function.
    pub function: String,
    /// The line without its end.
    pub text: String,
}

impl Journal {
    /// Writes log lines of an execution with a delay: nothing waits for them, and the next commit of an event includes
    /// them. Drops lines beyond the bounds and shortens long ones, with a note in the last line.
    pub fn log(&self, execution: &ExecutionId, lines: Vec<StoredLine>) {
        let execution = execution.clone();
        self.writer.submit_deferred(move |connection| {
            let select = "SELECT e.number, coalesce((SELECT max(number) FROM lines WHERE execution = e.number), 0) \
                          FROM executions e WHERE e.id = ?1";
            let found: Option<(i64, u64)> = connection
                .prepare_cached(select)?
                .query_row([execution.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let Some((number, mut last)) = found else { return Ok(()) };
            for mut line in lines {
                if last >= LINES {
                    break;
                }
                last += 1;
                if last == LINES {
                    "… further lines are not kept".clone_into(&mut line.text);
                }
                shorten(&mut line.text);
                insert(connection, number, last, &line)?;
            }
            Ok(())
        });
    }

    /// The lines of an execution after the one with this number, each with its number, which counts from 1.
    pub fn log_lines(&self, execution: &ExecutionId, after: u64) -> Result<Vec<(u64, StoredLine)>, StoreError> {
        // No limit, in SQLite; one execution has at most LINES.
        self.read_lines(execution, after, -1)
    }

    /// Likewise, at most `limit` of them.
    pub fn log_lines_page(
        &self,
        execution: &ExecutionId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, StoredLine)>, StoreError> {
        self.read_lines(execution, after, i64::from(limit))
    }

    fn read_lines(
        &self,
        execution: &ExecutionId,
        after: u64,
        limit: i64,
    ) -> Result<Vec<(u64, StoredLine)>, StoreError> {
        self.read(|connection| {
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
            lines.collect()
        })
    }
}

/// Shortens a line that is too long, with a note.
fn shorten(text: &mut String) {
    let whole = text.len();
    if whole > LINE_BYTES {
        text.truncate(text.floor_char_boundary(LINE_BYTES));
        text.push_str(&format!("… ({whole} bytes in all)"));
    }
}

/// An imported line, within the bounds of this journal. A line that was shortened before stays as it is.
pub(super) fn within_bounds(number: u64, mut line: StoredLine) -> Option<(u64, StoredLine)> {
    /// The note on a shortened line is shorter than this.
    const NOTE: usize = 64;
    if line.text.len() > LINE_BYTES + NOTE {
        shorten(&mut line.text);
    }
    (number <= LINES).then_some((number, line))
}

/// Inserts one line.
pub(super) fn insert(connection: &Connection, execution: i64, number: u64, line: &StoredLine) -> rusqlite::Result<()> {
    let StoredLine { at, step, attempt, function, text } = line;
    let insert = "INSERT OR IGNORE INTO lines (execution, number, at, step, attempt, function, text) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let row = (execution, number, nanoseconds(*at), step.as_str(), attempt, function, text);
    connection.prepare_cached(insert)?.execute(row).map(drop)
}
