//! Reads events and the texts of documents.

use rusqlite::{Connection, OptionalExtension};

use super::append::Owned;
use super::query_error::QueryError;
use super::{Journal, event_key, moment, recovery};
use crate::event::{Event, Recorded};
use crate::name::ExecutionId;
use crate::store::{EventStore, ReceivedStops, StartOutcome, StoreError, Stored};

impl EventStore for Journal {
    fn create<'a>(&'a self, document: &'a str, events: &'a [Recorded]) -> Stored<'a, ()> {
        self.begin(document, events, Owned::ByThisProcess)
    }

    fn append<'a>(&'a self, execution: &'a ExecutionId, events: &'a [Recorded]) -> Stored<'a, ()> {
        let appended = self.add(execution, events, None);
        Box::pin(async move { appended.await.map(|_| ()) })
    }

    fn append_start<'a>(
        &'a self,
        execution: &'a ExecutionId,
        events: &'a [Recorded],
        received: ReceivedStops,
    ) -> Stored<'a, StartOutcome> {
        self.add(execution, events, Some(received))
    }

    fn events_page<'a>(&'a self, execution: &'a ExecutionId, from: u64, limit: u32) -> Stored<'a, Vec<Recorded>> {
        let execution = execution.clone();
        self.read(move |connection| read_events(connection, &execution, from, limit))
    }

    fn first_event<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Option<Recorded>> {
        let execution = execution.clone();
        self.read(move |connection| {
            let select = "SELECT v.at, v.kind, v.body FROM executions e JOIN events v ON v.place = e.number << 32 \
                          WHERE e.id = ?1";
            let mut statement = connection.prepare_cached(select)?;
            let mut rows = statement.query([execution.as_str()])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            let event = Event::read(row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_str()?);
            let event = event.map_err(|why| StoreError::event(&execution, 0, &why, &[]))?;
            Ok(Some(Recorded { sequence: 0, at: moment(row.get(0)?), event }))
        })
    }

    fn document<'a>(&'a self, sha256: &'a str) -> Stored<'a, Option<String>> {
        let sha256 = sha256.to_owned();
        self.read(move |connection| {
            let select = "SELECT text FROM documents WHERE sha256 = ?1";
            Ok(connection.prepare_cached(select)?.query_row([sha256], |row| row.get(0)).optional()?)
        })
    }
}

/// Reads events. Excludes an append that was cut.
fn read_events(
    connection: &Connection,
    execution: &ExecutionId,
    from: u64,
    limit: u32,
) -> Result<Vec<Recorded>, QueryError> {
    let number = "SELECT number FROM executions WHERE id = ?1";
    let number: Option<i64> =
        connection.prepare_cached(number)?.query_row([execution.as_str()], |row| row.get(0)).optional()?;
    let Some(number) = number else { return Ok(Vec::new()) };
    let Some(last) = recovery::last_whole(connection, number)? else { return Ok(Vec::new()) };
    let events = "SELECT sequence, at, kind, body FROM events WHERE place BETWEEN ?1 AND ?2 ORDER BY place LIMIT ?3";
    let mut statement = connection.prepare_cached(events)?;
    let mut rows = statement.query((event_key::of(number, from), event_key::of(number, last), limit))?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let sequence = row.get(0)?;
        match Event::read(row.get_ref(2)?.as_str()?, row.get_ref(3)?.as_str()?) {
            Ok(event) => events.push(Recorded { sequence, at: moment(row.get(1)?), event }),
            Err(why) => {
                let before = if from == 0 { events } else { versions(connection, number, sequence)? };
                return Err(StoreError::event(execution, sequence, &why, &before).into());
            }
        }
    }
    Ok(events)
}

/// The events before this number that record the version of the program.
fn versions(connection: &Connection, number: i64, sequence: u64) -> rusqlite::Result<Vec<Recorded>> {
    let select = "SELECT sequence, at, kind, body FROM events WHERE place BETWEEN ?1 AND ?2 \
                  AND kind IN ('ExecutionStarted', 'ExecutionResumed') ORDER BY place";
    let mut statement = connection.prepare_cached(select)?;
    let mut rows = statement.query((event_key::of(number, 0), event_key::of(number, sequence)))?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        // The version in an unreadable event is unknown.
        if let Ok(event) = Event::read(row.get_ref(2)?.as_str()?, row.get_ref(3)?.as_str()?) {
            events.push(Recorded { sequence: row.get(0)?, at: moment(row.get(1)?), event });
        }
    }
    Ok(events)
}
