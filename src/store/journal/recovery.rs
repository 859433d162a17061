//! Finds the end of a history, and the step that was current there.

use rusqlite::{Connection, OptionalExtension};
use serde::Deserialize;

use super::event_key;
use crate::event::{Event, WaitKind};

/// The last event of an execution that ends an append: events after it belong to an append that was cut, and are
/// ignored.
pub(super) fn last_whole(connection: &Connection, number: i64) -> rusqlite::Result<Option<u64>> {
    let last = "SELECT sequence FROM events WHERE place BETWEEN ?1 AND ?2 AND closes = 1 ORDER BY place DESC LIMIT 1";
    connection.prepare_cached(last)?.query_row(event_key::all(number), |row| row.get(0)).optional()
}

/// The number of events of an execution.
pub(super) fn length(connection: &Connection, number: i64) -> rusqlite::Result<u64> {
    Ok(last_whole(connection, number)?.map_or(0, |last| last + 1))
}

/// The part of the event that is needed.
#[derive(Deserialize)]
struct Started {
    step: String,
}

/// The current step after the first `length` events of an execution, if there is one.
pub(super) fn current_step(connection: &Connection, number: i64, length: u64) -> rusqlite::Result<Option<String>> {
    let deciding = "SELECT kind, CASE WHEN kind IN ('StepStarted', 'WaitStarted') THEN body END FROM events \
                    WHERE place >= ?1 AND place < ?2 \
                    AND kind IN ('StepStarted', 'StepEnded', 'StepSkipped', 'WaitStarted') ORDER BY place DESC";
    let mut statement = connection.prepare_cached(deciding)?;
    let mut rows = statement.query((event_key::of(number, 0), event_key::of(number, length)))?;
    while let Some(row) = rows.next()? {
        let Some(body) = row.get_ref(1)?.as_str_or_null()? else { return Ok(None) };
        let kind = row.get_ref(0)?.as_str()?;
        if kind == "StepStarted" {
            // Its inputs can be long, and are not needed.
            return Ok(serde_json::from_str(body).ok().map(|Started { step }| step));
        }
        match Event::read(kind, body) {
            Ok(Event::WaitStarted(wait)) => match &wait.wanted {
                // The step that waits began earlier.
                WaitKind::Time | WaitKind::Resume | WaitKind::Approval(_) => {}
                WaitKind::Start(next) => return Ok(Some(next.step.to_string())),
            },
            // A newer version may write something else, which lists do not need.
            Ok(_) | Err(_) => return Ok(None),
        }
    }
    Ok(None)
}
