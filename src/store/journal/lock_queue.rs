//! Locks: executions with the same lock run one after the other.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Connection;

use super::process::{Process, ProcessRecord};
use super::{Journal, append, moment, nanoseconds};
use crate::name::ExecutionId;
use crate::store::lock_queue::replacing_requester;
use crate::store::{LockQueue, LockState, OnConflict, Owner, RequestKind, Stored};

impl LockQueue for Journal {
    fn acquire_lock<'a>(
        &'a self,
        lock: &'a str,
        execution: &'a ExecutionId,
        on_conflict: OnConflict,
    ) -> Stored<'a, LockState> {
        let (process, lock, execution) = (Arc::clone(&self.process), lock.to_owned(), execution.clone());
        let now = self.clock.now();
        self.writer.submit(move |connection| {
            let (number, _) = append::row(connection, &execution)?;
            let first = match first_in_queue(connection, &process, &lock, number)? {
                Some(first) if first.execution != number => first,
                Some(own) if own.is_held => return Ok(LockState::Held),
                Some(_) | None => {
                    let take = "INSERT INTO turns (lock, execution, is_held) VALUES (?1, ?2, 1) \
                                ON CONFLICT (execution) DO UPDATE SET is_held = 1";
                    connection.prepare_cached(take)?.execute((&lock, number))?;
                    return Ok(LockState::Held);
                }
            };
            let holder = first.id;
            match on_conflict {
                OnConflict::Reject => return Ok(LockState::Refused { holder }),
                OnConflict::Queue => wait(connection, &lock, number)?,
                OnConflict::Replace => {
                    wait(connection, &lock, number)?;
                    replace(connection, &lock, number, &execution, now)?;
                }
            }
            let ahead = "SELECT count(*) FROM turns WHERE lock = ?1 \
                         AND number < (SELECT number FROM turns WHERE execution = ?2)";
            let ahead = connection.prepare_cached(ahead)?.query_row((&lock, number), |row| row.get(0))?;
            Ok(LockState::Waiting { holder, ahead })
        })
    }
}

struct Place {
    turn: i64,
    execution: i64,
    id: ExecutionId,
    is_held: bool,
    is_over: bool,
    owner: Option<ProcessRecord>,
}

/// The execution that has the lock, or gets it next. Removes those ahead of it that are gone. Reads no further than
/// necessary: each of a thousand waiting executions polls several times a second.
fn first_in_queue(connection: &Connection, process: &Process, lock: &str, own: i64) -> rusqlite::Result<Option<Place>> {
    let select = "SELECT t.number, t.execution, e.id, t.is_held, e.ended_at IS NOT NULL, \
                  p.id, p.pid, p.host, p.started_at, p.heartbeat_at \
                  FROM turns t JOIN executions e ON e.number = t.execution LEFT JOIN processes p ON p.id = e.owner \
                  WHERE t.lock = ?1 AND t.is_held = ?2 ORDER BY t.number";
    let mut statement = connection.prepare_cached(select)?;
    let mut gone = Vec::new();
    let mut first = None;
    for is_held in [true, false] {
        let places = statement.query_map((lock, is_held), queue_place)?;
        for place in places {
            let place = place?;
            let is_alive = !place.is_over
                && place
                    .owner
                    .as_ref()
                    .is_some_and(|seen| process.is_alive(seen) || process.has_functions(&seen.owner.id));
            if place.execution == own || is_alive {
                first = Some(place);
                break;
            }
            gone.push(place.turn);
        }
        if first.is_some() {
            break;
        }
    }
    drop(statement);
    for turn in gone {
        connection.prepare_cached("DELETE FROM turns WHERE number = ?1")?.execute([turn])?;
    }
    Ok(first)
}

fn queue_place(row: &rusqlite::Row<'_>) -> rusqlite::Result<Place> {
    let owner = match row.get::<_, Option<String>>(5)? {
        Some(id) => {
            let owner = Owner { id, pid: row.get(6)?, host: row.get(7)?, since: moment(row.get(8)?) };
            Some(ProcessRecord { owner, heartbeat_at: moment(row.get(9)?) })
        }
        None => None,
    };
    Ok(Place {
        turn: row.get(0)?,
        execution: row.get(1)?,
        id: ExecutionId::new(row.get::<_, String>(2)?),
        is_held: row.get(3)?,
        is_over: row.get(4)?,
        owner,
    })
}

/// Takes the last position of the queue, unless the execution has one.
fn wait(connection: &Connection, lock: &str, execution: i64) -> rusqlite::Result<()> {
    let wait = "INSERT INTO turns (lock, execution, is_held) SELECT ?1, ?2, 0 \
                WHERE NOT EXISTS (SELECT 1 FROM turns WHERE execution = ?2)";
    connection.prepare_cached(wait)?.execute((lock, execution)).map(drop)
}

/// Cancels all that are ahead of an execution, each once.
fn replace(
    connection: &Connection,
    lock: &str,
    number: i64,
    execution: &ExecutionId,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let by = replacing_requester(execution, lock);
    let ask = "INSERT INTO requests (execution, kind, requested_by, at) \
               SELECT t.execution, ?3, ?4, ?5 FROM turns t \
               WHERE t.lock = ?1 AND t.number < (SELECT number FROM turns WHERE execution = ?2) \
               AND NOT EXISTS (SELECT 1 FROM requests r WHERE r.execution = t.execution AND r.kind = ?3 \
                               AND r.requested_by = ?4)";
    let asked = (lock, number, RequestKind::Cancel.as_str(), by, nanoseconds(now));
    connection.prepare_cached(ask)?.execute(asked).map(drop)
}

#[cfg(test)]
mod tests;
