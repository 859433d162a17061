//! Locks: executions with the same one take turns.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Connection;

use super::process::{Process, Seen};
use super::requests::RequestKind;
use super::{Journal, Owner, append, moment, nanoseconds};
use crate::name::ExecutionId;
use crate::store::Stored;

/// What to do about an execution that has the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnConflict {
    /// Wait for it.
    Queue,
    /// Do without.
    Reject,
    /// Ask it, and all that wait for it, to stop; then take its place.
    Replace,
}

/// Where an execution stands with its lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockState {
    /// It has the lock.
    Held,
    /// Others are before it.
    Waiting {
        /// Which has the lock, or gets it next.
        holder: ExecutionId,
        /// How many are before it, that one among them. Those that are gone are struck off when their turn comes.
        ahead: u64,
    },
    /// Another one has it, and it was not to wait.
    Refused {
        /// Which.
        holder: ExecutionId,
    },
}

impl Journal {
    /// Takes a lock, or a place in its queue; asked again, it says where the execution stands now. An execution that has
    /// ended, or whose process is gone, is in nobody's way.
    pub fn enqueue<'a>(
        &'a self,
        lock: &'a str,
        execution: &'a ExecutionId,
        on_conflict: OnConflict,
    ) -> Stored<'a, LockState> {
        let (process, lock, execution) = (Arc::clone(&self.process), lock.to_owned(), execution.clone());
        let now = self.clock.now();
        self.writer.submit(move |connection| {
            let (number, _) = append::row(connection, &execution)?;
            let first = match first(connection, &process, &lock, number)? {
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
    owner: Option<Seen>,
}

/// Who has the lock, or gets it next. Those before it that are gone are struck off. It reads no further than it has to:
/// each of a thousand that wait asks several times a second.
fn first(connection: &Connection, process: &Process, lock: &str, own: i64) -> rusqlite::Result<Option<Place>> {
    let select = "SELECT t.number, t.execution, e.id, t.is_held, e.ended_at IS NOT NULL, \
                  p.id, p.pid, p.host, p.started_at, p.heartbeat_at \
                  FROM turns t JOIN executions e ON e.number = t.execution LEFT JOIN processes p ON p.id = e.owner \
                  WHERE t.lock = ?1 AND t.is_held = ?2 ORDER BY t.number";
    let mut statement = connection.prepare_cached(select)?;
    let mut gone = Vec::new();
    let mut first = None;
    for is_held in [true, false] {
        let places = statement.query_map((lock, is_held), place)?;
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

fn place(row: &rusqlite::Row<'_>) -> rusqlite::Result<Place> {
    let owner = match row.get::<_, Option<String>>(5)? {
        Some(id) => {
            let owner = Owner { id, pid: row.get(6)?, host: row.get(7)?, since: moment(row.get(8)?) };
            Some(Seen { owner, heartbeat_at: moment(row.get(9)?) })
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

/// Takes the last place of the queue, where the execution has none.
fn wait(connection: &Connection, lock: &str, execution: i64) -> rusqlite::Result<()> {
    let wait = "INSERT INTO turns (lock, execution, is_held) SELECT ?1, ?2, 0 \
                WHERE NOT EXISTS (SELECT 1 FROM turns WHERE execution = ?2)";
    connection.prepare_cached(wait)?.execute((lock, execution)).map(drop)
}

/// Asks all that are before an execution to stop, each once.
fn replace(
    connection: &Connection,
    lock: &str,
    number: i64,
    execution: &ExecutionId,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let by = format!("execution {execution}, which takes over lock {lock}");
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
