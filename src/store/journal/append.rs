//! Beginning executions and adding to them.

use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, OptionalExtension};
use serde_json::Value;

use super::ends::{End, Ends};
use super::process::Process;
use super::writer::Failed;
use super::{Journal, nanoseconds, place};
use crate::event::{Event, ExecutionStarted, Recorded, Status, StoredEvent, Wanted};
use crate::name::ExecutionId;
use crate::store::{StoreError, Stored, follow};

/// Who carries on what is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owned {
    ByThisProcess,
    /// It came from another journal.
    ByNobody,
}

/// What the row of an execution takes from events.
#[derive(Debug, Clone, Default)]
struct Change {
    status: Option<Status>,
    current_step: CurrentStep,
    ended: Option<(Timestamp, Option<String>)>,
}

/// What events say of the step under way.
#[derive(Debug, Clone, Default)]
enum CurrentStep {
    /// Nothing.
    #[default]
    AsBefore,
    /// None is under way.
    None,
    /// This one is.
    Is(String),
}

impl Change {
    fn of(events: &[Recorded]) -> Self {
        let mut change = Self::default();
        for recorded in events {
            match &recorded.event {
                Event::ExecutionStarted(_) => change.status = Some(Status::InProgress),
                Event::StepStarted(started) => change.current_step = CurrentStep::Is(started.step.to_string()),
                Event::WaitStarted(wait) => match &wait.wanted {
                    Wanted::Time => {}
                    Wanted::Resume | Wanted::Approval(_) => change.status = Some(Status::Waiting),
                    Wanted::Start(next) => {
                        change.status = Some(Status::Waiting);
                        change.current_step = CurrentStep::Is(next.step.to_string());
                    }
                },
                // After a step that was left out the next one waits too, or it is the end.
                Event::StepEnded(_) | Event::StepSkipped(_) => change.current_step = CurrentStep::None,
                Event::CancelRequested(_) => change.status = Some(Status::Cancelling),
                Event::ExecutionEnded(ended) => {
                    change.status = Some(ended.status);
                    change.current_step = CurrentStep::None;
                    change.ended = Some((recorded.at, ended.failure_message.clone()));
                }
                Event::StepKept(_)
                | Event::IterationStarted(_)
                | Event::ExecutionResumed(_)
                | Event::SignalReceived(_)
                | Event::VariableUpdated(_)
                | Event::AttemptStarted(_)
                | Event::AttemptThrottled(_)
                | Event::AttemptInterrupted(_)
                | Event::AttemptEnded(_)
                | Event::CompleteRequested(_) => {}
            }
        }
        change
    }

    /// Changes the row of an execution as its history grows from `end` by `added` events. Changes nothing, and says so,
    /// when the row says another end or another owner.
    fn write(&self, connection: &Connection, end: End, added: u64, owner: Option<&str>) -> rusqlite::Result<bool> {
        // A step that waited for somebody is over, unless the next one waits too.
        let update = "UPDATE executions SET events = events + ?2, \
                      status = coalesce(?3, CASE WHEN ?4 AND status = 'Waiting' THEN 'InProgress' ELSE status END), \
                      current_step = CASE WHEN ?4 THEN ?5 ELSE current_step END \
                      WHERE number = ?1 AND events = ?6 AND owner IS ?7";
        let changed = connection.prepare_cached(update)?.execute((
            end.number,
            added,
            self.status.map(Status::as_str),
            !matches!(self.current_step, CurrentStep::AsBefore),
            match &self.current_step {
                CurrentStep::Is(step) => Some(step),
                CurrentStep::AsBefore | CurrentStep::None => None,
            },
            end.events,
            owner,
        ))?;
        Ok(changed > 0)
    }

    /// What else changes with the last event.
    fn finish(&self, connection: &Connection, number: i64) -> rusqlite::Result<()> {
        if let Some((at, failure_message)) = &self.ended {
            let end = "UPDATE executions SET ended_at = ?2, failure_message = ?3, owner = NULL WHERE number = ?1";
            connection.prepare_cached(end)?.execute((number, nanoseconds(*at), failure_message))?;
            connection.prepare_cached("DELETE FROM turns WHERE execution = ?1")?.execute([number])?;
            connection.prepare_cached("DELETE FROM requests WHERE execution = ?1")?.execute([number])?;
        }
        Ok(())
    }

    /// Remembers where the history ends, for as long as something may be added.
    fn note(&self, ends: &Ends, execution: &ExecutionId, end: End) {
        match self.ended {
            Some(_) => ends.forget(execution),
            None => ends.set(execution.clone(), end),
        }
    }
}

impl End {
    /// The end once these are written.
    fn after(self, events: &[StoredEvent]) -> Self {
        Self { events: self.events + count(events), ..self }
    }
}

impl Journal {
    /// Begins an execution with these events.
    pub(super) fn begin<'a>(&'a self, document: &'a str, events: &'a [Recorded], owned: Owned) -> Stored<'a, ()> {
        let started = match events.first().map(|first| (&first.event, first.at)) {
            Some((Event::ExecutionStarted(started), at)) => (started.clone(), at),
            Some(_) | None => return Box::pin(std::future::ready(Err(StoreError::NoStart))),
        };
        let stored = match stored(events) {
            Ok(stored) => stored,
            Err(error) => return Box::pin(std::future::ready(Err(error))),
        };
        let (change, document) = (Change::of(events), document.to_owned());
        let (process, ends) = (std::sync::Arc::clone(&self.process), self.ends.clone());
        self.writer.submit(move |connection| {
            let (started, at) = started;
            let owner = match owned {
                Owned::ByThisProcess => Some(process.register(connection)?),
                Owned::ByNobody => None,
            };
            let number = insert(connection, &started, at, &document, owner)?;
            follow(&started.execution, 0, sequences(&stored))?;
            write_first(connection, number, &stored)?;
            let end = End { number, events: 0 };
            change.write(connection, end, count(&stored), owner)?;
            change.finish(connection, number)?;
            change.note(&ends, &started.execution, end.after(&stored));
            Ok(())
        })
    }

    /// Adds to an execution that this process carries on.
    pub(super) fn add<'a>(&'a self, execution: &'a ExecutionId, events: &'a [Recorded]) -> Stored<'a, ()> {
        let stored = match stored(events) {
            Ok(stored) => stored,
            Err(error) => return Box::pin(std::future::ready(Err(error))),
        };
        if events.is_empty() {
            return Box::pin(std::future::ready(Ok(())));
        }
        let (change, execution) = (Change::of(events), execution.clone());
        let (process, ends) = (std::sync::Arc::clone(&self.process), self.ends.clone());
        self.writer.submit_checked(move |connection| {
            let added = count(&stored);
            if let Some(end) = ends.get(&execution)
                && follow(&execution, end.events, sequences(&stored)).is_ok()
                && change.write(connection, end, added, Some(process.id()))?
            {
                write(connection, end.number, &stored)?;
                change.finish(connection, end.number)?;
                change.note(&ends, &execution, end.after(&stored));
                return Ok(());
            }
            let Tail { number, events, owner, last } = tail(connection, &execution)?;
            if owner.as_deref() != Some(process.id()) {
                return Err(StoreError::NotOwner { execution }.into());
            }
            let expected = match last {
                None => 0,
                Some(Last { sequence, closes: true }) => sequence + 1,
                Some(Last { closes: false, .. }) => whole(connection, number)?,
            };
            follow(&execution, expected, sequences(&stored))?;
            if last.is_some_and(|last| last.sequence >= expected) {
                // Nothing stands there but what was cut.
                let rest = "DELETE FROM events WHERE place BETWEEN ?1 AND ?2";
                connection.prepare_cached(rest)?.execute((place::of(number, expected), place::all(number).1))?;
            }
            write(connection, number, &stored)?;
            let end = End { number, events: expected };
            if events != expected {
                // It counts what was cut as well.
                connection
                    .prepare_cached("UPDATE executions SET events = ?2 WHERE number = ?1")?
                    .execute((number, expected))?;
            }
            change.write(connection, end, added, Some(process.id()))?;
            change.finish(connection, number)?;
            change.note(&ends, &execution, end.after(&stored));
            Ok(())
        })
    }
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

/// The row of an execution and who owns it.
pub(super) fn row(connection: &Connection, execution: &ExecutionId) -> Result<(i64, Option<String>), Failed> {
    let select = "SELECT number, owner FROM executions WHERE id = ?1";
    let found = connection
        .prepare_cached(select)?
        .query_row([execution.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    found.ok_or_else(|| StoreError::Unknown { execution: execution.clone() }.into())
}

/// What an append has to know of an execution: it is asked for with each.
struct Tail {
    number: i64,
    /// How many events its row counts.
    events: u64,
    owner: Option<String>,
    last: Option<Last>,
}

/// The last event that is there.
#[derive(Clone, Copy)]
struct Last {
    sequence: u64,
    /// Whether it is the last of its append.
    closes: bool,
}

fn tail(connection: &Connection, execution: &ExecutionId) -> Result<Tail, Failed> {
    let select = "SELECT e.number, e.owner, l.sequence, l.closes, e.events FROM executions e LEFT JOIN events l \
                  ON l.place = (SELECT max(place) FROM events WHERE place >= e.number << 32 AND place < (e.number + 1) << 32) \
                  WHERE e.id = ?1";
    let found = connection
        .prepare_cached(select)?
        .query_row([execution.as_str()], |row| {
            let last = match (row.get(2)?, row.get(3)?) {
                (Some(sequence), Some(closes)) => Some(Last { sequence, closes }),
                (None, _) | (_, None) => None,
            };
            Ok(Tail { number: row.get(0)?, events: row.get(4)?, owner: row.get(1)?, last })
        })
        .optional()?;
    found.ok_or_else(|| StoreError::Unknown { execution: execution.clone() }.into())
}

/// The last event of an execution that is the last of its append.
pub(super) fn last_whole(connection: &Connection, number: i64) -> rusqlite::Result<Option<u64>> {
    let last = "SELECT sequence FROM events WHERE place BETWEEN ?1 AND ?2 AND closes = 1 ORDER BY place DESC LIMIT 1";
    connection.prepare_cached(last)?.query_row(place::all(number), |row| row.get(0)).optional()
}

/// How many events an execution has, without what was cut within an append.
fn whole(connection: &Connection, number: i64) -> rusqlite::Result<u64> {
    Ok(last_whole(connection, number)?.map_or(0, |last| last + 1))
}

/// Writes the first events of an execution. `SELECT` says nothing more than `VALUES`, but lets SQLite undo the statement
/// alone when there is no room: an execution that is too large is refused alone.
fn write_first(connection: &Connection, number: i64, events: &[StoredEvent]) -> rusqlite::Result<()> {
    let insert = "INSERT INTO events (place, at, kind, closes, body) SELECT ?1, ?2, ?3, ?4, ?5";
    write_with(connection.prepare_cached(insert)?, number, events)
}

/// Writes further events; nothing stands in their place.
fn write(connection: &Connection, number: i64, events: &[StoredEvent]) -> rusqlite::Result<()> {
    let insert = "INSERT INTO events (place, at, kind, closes, body) VALUES (?1, ?2, ?3, ?4, ?5)";
    write_with(connection.prepare_cached(insert)?, number, events)
}

fn write_with(mut statement: CachedStatement<'_>, number: i64, events: &[StoredEvent]) -> rusqlite::Result<()> {
    let last = events.len().saturating_sub(1);
    for (nth, event) in events.iter().enumerate() {
        let StoredEvent { sequence, at, kind, body } = event;
        statement.execute((place::of(number, *sequence), nanoseconds(*at), kind, nth == last, body))?;
    }
    Ok(())
}

fn insert(
    connection: &Connection,
    started: &ExecutionStarted,
    at: Timestamp,
    document: &str,
    owner: Option<&str>,
) -> Result<i64, Failed> {
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
        Status::InProgress.as_str(),
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
        statement.execute((number, name.as_str(), text(value)))?;
    }
    let mut statement = connection.prepare_cached("INSERT INTO labels (execution, name, value) VALUES (?1, ?2, ?3)")?;
    for (name, value) in &launch.labels {
        statement.execute((number, name, value))?;
    }
    Ok(number)
}

/// A value as somebody looks for it: a text as it is, anything else as JSON.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// Which process may add to an execution.
pub(super) fn own(connection: &Connection, number: i64, process: &Process) -> Result<(), Failed> {
    let owner = process.register(connection)?;
    connection
        .prepare_cached("UPDATE executions SET owner = ?2, is_imported = 0 WHERE number = ?1")?
        .execute((number, owner))?;
    Ok(())
}
