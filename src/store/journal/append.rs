//! Inserts executions and appends events.

use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row};

use super::process::Process;
use super::query_error::QueryError;
use super::tail_cache::{End, TailCache};
use super::{Journal, entries, event_key, moment, nanoseconds, recovery};
use crate::event::{Event, ExecutionStarted, Recorded, Status, StoredEvent};
use crate::name::ExecutionId;
use crate::store::entry_change::{BEGUN, EntryChange, filtered_text};
use crate::store::{ReceivedStops, Request, RequestKind, StartOutcome, StoreError, Stored, follow};

/// The owner of an inserted execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owned {
    ByThisProcess,
    /// It was imported from another journal.
    ByNoProcess,
}

/// Updates the row of an execution, which had the status `before`, now that its history ends there. Most appends
/// change nothing: the row lies on another page of the file than the events, and each page makes a commit slower.
fn write_change(change: &EntryChange, connection: &Connection, end: End, before: Status) -> rusqlite::Result<()> {
    let status = change.status.after(before);
    if let Some((at, failure_message)) = &change.ended {
        let update = "UPDATE executions SET status = ?2, ended_at = ?3, failure_message = ?4, length = ?5, owner = NULL \
                          WHERE number = ?1";
        let values = (end.number, status.as_str(), nanoseconds(*at), failure_message, end.events);
        connection.prepare_cached(update)?.execute(values)?;
        connection.prepare_cached("DELETE FROM turns WHERE execution = ?1")?.execute([end.number])?;
        // Requests to stop stay, as a record: one that no event answers was made too late.
        let answered = "DELETE FROM requests WHERE execution = ?1 AND step_execution IS NOT NULL";
        connection.prepare_cached(answered)?.execute([end.number])?;
    } else if status != before {
        let update = "UPDATE executions SET status = ?2 WHERE number = ?1";
        connection.prepare_cached(update)?.execute((end.number, status.as_str()))?;
    }
    Ok(())
}

/// Remembers the end of the history for as long as events may be appended.
fn cache_end(change: &EntryChange, ends: &TailCache, execution: &ExecutionId, end: End) {
    match change.ended {
        Some(_) => ends.forget(execution),
        None => ends.set(execution.clone(), end),
    }
}

impl End {
    /// The end of the history after these events are written.
    fn after(self, events: &[StoredEvent]) -> Self {
        Self { events: self.events + count(events), ..self }
    }
}

impl Journal {
    /// Inserts an execution with these events.
    pub(super) fn begin<'a>(&'a self, document: &'a str, events: &'a [Recorded], owned: Owned) -> Stored<'a, ()> {
        let started = match events.first().map(|first| (&first.event, first.at)) {
            Some((Event::ExecutionStarted(started), at)) => (started.clone(), at),
            Some(_) | None => return Box::pin(std::future::ready(Err(StoreError::NoStart))),
        };
        let stored = match stored(events) {
            Ok(stored) => stored,
            Err(error) => return Box::pin(std::future::ready(Err(error))),
        };
        let (change, document) = (EntryChange::of(events), document.to_owned());
        let (process, ends) = (std::sync::Arc::clone(&self.process), self.ends.clone());
        self.writer.submit(move |connection| {
            let (started, at) = started;
            let owner = match owned {
                Owned::ByThisProcess => Some(process.register(connection)?),
                Owned::ByNoProcess => None,
            };
            let number = insert(connection, &started, at, &document, owner)?;
            follow(&started.execution, 0, sequences(&stored))?;
            write_first(connection, number, &stored)?;
            let end = End { number, events: count(&stored) };
            write_change(&change, connection, end, BEGUN)?;
            cache_end(&change, &ends, &started.execution, end);
            Ok(())
        })
    }

    /// Appends to an execution that this process runs: with `received`, only if no other request to stop it is stored.
    pub(super) fn add<'a>(
        &'a self,
        execution: &'a ExecutionId,
        events: &'a [Recorded],
        received: Option<ReceivedStops>,
    ) -> Stored<'a, StartOutcome> {
        let stored = match stored(events) {
            Ok(stored) => stored,
            Err(error) => return Box::pin(std::future::ready(Err(error))),
        };
        if events.is_empty() {
            return Box::pin(std::future::ready(Ok(StartOutcome::Appended)));
        }
        let (change, execution) = (EntryChange::of(events), execution.clone());
        let (process, ends) = (std::sync::Arc::clone(&self.process), self.ends.clone());
        self.writer.submit_checked(move |connection| {
            let (end, before) = match as_left(connection, &ends, &execution, &stored, process.id())? {
                Some(found) => found,
                None => looked_up(connection, &execution, &stored, process.id())?,
            };
            if let Some(received) = received
                && let Some(request) = unreceived_stop(connection, end.number, received)?
            {
                return Ok(StartOutcome::StopRequested(request));
            }
            write(connection, end.number, &stored)?;
            let end = end.after(&stored);
            write_change(&change, connection, end, before)?;
            cache_end(&change, &ends, &execution, end);
            Ok(StartOutcome::Appended)
        })
    }
}

/// The first request to stop an execution that its runner has not received. Runs in the transaction that starts a step.
fn unreceived_stop(connection: &Connection, number: i64, received: ReceivedStops) -> rusqlite::Result<Option<Request>> {
    let select = "SELECT kind, requested_by, at FROM requests \
                  WHERE execution = ?1 AND step_execution IS NULL ORDER BY number";
    let mut statement = connection.prepare_cached(select)?;
    let mut rows = statement.query([number])?;
    while let Some(row) = rows.next()? {
        let kind = RequestKind::read(row.get_ref(0)?.as_str()?, None, None);
        if let Some(kind) = kind.filter(|kind| received.lacks(kind)) {
            return Ok(Some(Request { kind, by: row.get(1)?, at: moment(row.get(2)?) }));
        }
    }
    Ok(None)
}

/// Where to append these events, and the status before: the end that this process remembers, if it is still the end and
/// this process still owns the execution.
fn as_left(
    connection: &Connection,
    ends: &TailCache,
    execution: &ExecutionId,
    events: &[StoredEvent],
    process: &str,
) -> rusqlite::Result<Option<(End, Status)>> {
    let Some(end) = ends.get(execution) else { return Ok(None) };
    if follow(execution, end.events, sequences(events)).is_err() {
        return Ok(None);
    }
    let select = "SELECT status FROM executions WHERE number = ?1 AND owner = ?2 \
                  AND (SELECT max(place) FROM events WHERE place < (?1 + 1) << 32) = ?3";
    let last = event_key::of(end.number, end.events.saturating_sub(1));
    let status = connection.prepare_cached(select)?.query_row((end.number, process, last), status_of).optional()?;
    Ok(status.map(|status| (end, status)))
}

/// Likewise for an execution whose end is not remembered. Deletes the remains of an append that was cut.
fn looked_up(
    connection: &Connection,
    execution: &ExecutionId,
    events: &[StoredEvent],
    process: &str,
) -> Result<(End, Status), QueryError> {
    let (number, owner) = row(connection, execution)?;
    if owner.as_deref() != Some(process) {
        return Err(StoreError::NotOwner { execution: execution.clone() }.into());
    }
    let length = recovery::length(connection, number)?;
    follow(execution, length, sequences(events))?;
    let rest = "DELETE FROM events WHERE place BETWEEN ?1 AND ?2";
    connection.prepare_cached(rest)?.execute((event_key::of(number, length), event_key::all(number).1))?;
    let status = "SELECT status FROM executions WHERE number = ?1";
    let status = connection.prepare_cached(status)?.query_row([number], status_of)?;
    Ok((End { number, events: length }, status))
}

fn status_of(row: &Row<'_>) -> rusqlite::Result<Status> {
    Ok(entries::status(row.get_ref(0)?.as_str()?))
}

fn stored(events: &[Recorded]) -> Result<Vec<StoredEvent>, StoreError> {
    let stored = events.iter().map(Recorded::stored).collect::<Result<_, _>>();
    stored.map_err(|error| StoreError::Unwritable(error.to_string()))
}

fn sequences(events: &[StoredEvent]) -> impl Iterator<Item = u64> {
    events.iter().map(|event| event.sequence)
}

fn count(events: &[StoredEvent]) -> u64 {
    u64::try_from(events.len()).unwrap_or(u64::MAX)
}

/// The row of an execution and its owner.
pub(super) fn row(connection: &Connection, execution: &ExecutionId) -> Result<(i64, Option<String>), QueryError> {
    let select = "SELECT number, owner FROM executions WHERE id = ?1";
    let found = connection
        .prepare_cached(select)?
        .query_row([execution.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    found.ok_or_else(|| StoreError::Unknown { execution: execution.clone() }.into())
}

/// Inserts the first events of an execution. `SELECT` does the same as `VALUES`, but lets SQLite undo the statement
/// alone when the disk is full, so that only an execution that is too large fails.
fn write_first(connection: &Connection, number: i64, events: &[StoredEvent]) -> rusqlite::Result<()> {
    let insert = "INSERT INTO events (place, at, kind, closes, body) SELECT ?1, ?2, ?3, ?4, ?5";
    write_with(connection.prepare_cached(insert)?, number, events)
}

/// Inserts further events; the rows must be free.
fn write(connection: &Connection, number: i64, events: &[StoredEvent]) -> rusqlite::Result<()> {
    let insert = "INSERT INTO events (place, at, kind, closes, body) VALUES (?1, ?2, ?3, ?4, ?5)";
    write_with(connection.prepare_cached(insert)?, number, events)
}

fn write_with(mut statement: CachedStatement<'_>, number: i64, events: &[StoredEvent]) -> rusqlite::Result<()> {
    let last = events.len().saturating_sub(1);
    for (nth, event) in events.iter().enumerate() {
        let StoredEvent { sequence, at, kind, body } = event;
        statement.execute((event_key::of(number, *sequence), nanoseconds(*at), kind, nth == last, body))?;
    }
    Ok(())
}

fn insert(
    connection: &Connection,
    started: &ExecutionStarted,
    at: Timestamp,
    document: &str,
    owner: Option<&str>,
) -> Result<i64, QueryError> {
    let there: Option<i64> = connection
        .prepare_cached("SELECT number FROM executions WHERE id = ?1")?
        .query_row([started.execution.as_str()], |row| row.get(0))
        .optional()?;
    if there.is_some() {
        return Err(StoreError::AlreadyThere { execution: started.execution.clone() }.into());
    }
    let hash = started.document.sha256.as_str();
    connection
        .prepare_cached("INSERT OR IGNORE INTO documents (sha256, text) VALUES (?1, ?2)")?
        .execute((hash, document))?;
    let launch = &started.launch;
    let json = |value: serde_json::Result<String>| value.map_err(|error| StoreError::Unwritable(error.to_string()));
    let execution = "INSERT INTO executions (id, document_name, document_sha256, started_at, status, executed_by, \
                     origin, labels, events, owner, lock, is_imported, parent, parent_step) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9, ?10, ?9 IS NULL, ?11, ?12)";
    connection.prepare_cached(execution)?.execute((
        started.execution.as_str(),
        &started.document.name,
        hash,
        nanoseconds(at),
        BEGUN.as_str(),
        &started.executed_by,
        json(serde_json::to_string(&launch.origin))?,
        json(serde_json::to_string(&launch.labels))?,
        owner,
        &launch.lock,
        launch.parent.as_ref().map(|parent| parent.execution.as_str()),
        launch.parent.as_ref().map(|parent| json(serde_json::to_string(parent))).transpose()?,
    ))?;
    let number = connection.last_insert_rowid();
    let mut statement =
        connection.prepare_cached("INSERT INTO parameters (execution, name, value) VALUES (?1, ?2, ?3)")?;
    for (name, value) in &started.parameters {
        statement.execute((number, name.as_str(), filtered_text(value)))?;
    }
    let mut statement = connection.prepare_cached("INSERT INTO labels (execution, name, value) VALUES (?1, ?2, ?3)")?;
    for (name, value) in &launch.labels {
        statement.execute((number, name, value))?;
    }
    Ok(number)
}

/// Makes this process the owner of an execution.
pub(super) fn own(connection: &Connection, number: i64, process: &Process) -> Result<(), QueryError> {
    let owner = process.register(connection)?;
    connection
        .prepare_cached("UPDATE executions SET owner = ?2, is_imported = 0, left_by = NULL, is_interruption_notified = 0 WHERE number = ?1")?
        .execute((number, owner))?;
    Ok(())
}
