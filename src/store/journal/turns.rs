//! Locks: executions with the same one take turns.

use std::sync::Arc;

use super::process::Process;
use super::requests::{self, RequestKind};
use super::writer::Failed;
use super::{Journal, Shown, append, entries, nanoseconds};
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
pub enum LockTurn {
    /// It has the lock.
    Held,
    /// Others are ahead, whoever has the lock first.
    Waiting {
        /// Their ids.
        ahead: Vec<ExecutionId>,
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
    ) -> Stored<'a, LockTurn> {
        let (process, lock, execution) = (Arc::clone(&self.process), lock.to_owned(), execution.clone());
        let now = nanoseconds(self.clock.now());
        self.writer.submit(move |connection| {
            let (number, _) = append::row(connection, &execution)?;
            let queue = queue(connection, &process, &lock, number)?;
            let own = queue.iter().find(|place| place.execution == number);
            if own.is_some_and(|own| own.is_held) {
                return Ok(LockTurn::Held);
            }
            let is_ahead = |place: &&Place| own.is_none_or(|own| place.turn < own.turn);
            let ahead: Vec<&Place> = queue.iter().filter(|place| place.execution != number).filter(is_ahead).collect();
            if ahead.is_empty() {
                let take = "INSERT INTO turns (lock, execution, is_held) VALUES (?1, ?2, 1) \
                            ON CONFLICT (execution) DO UPDATE SET is_held = 1";
                connection.prepare_cached(take)?.execute((&lock, number))?;
                return Ok(LockTurn::Held);
            }
            if on_conflict == OnConflict::Reject
                && let Some(holder) = ahead.first()
            {
                return Ok(LockTurn::Refused { holder: holder.id.clone() });
            }
            if own.is_none() {
                let wait = "INSERT INTO turns (lock, execution, is_held) VALUES (?1, ?2, 0)";
                connection.prepare_cached(wait)?.execute((&lock, number))?;
            }
            if on_conflict == OnConflict::Replace {
                let by = format!("execution {execution}, which takes over lock {lock}");
                for place in &ahead {
                    let request = (place.execution, RequestKind::Cancel.as_str(), &by, now);
                    connection.prepare_cached(requests::INSERT)?.execute(request)?;
                }
            }
            Ok(LockTurn::Waiting { ahead: ahead.into_iter().map(|place| place.id.clone()).collect() })
        })
    }
}

struct Place {
    turn: i64,
    execution: i64,
    id: ExecutionId,
    is_held: bool,
}

/// Who has the lock and who waits for it, in their order. Those that are gone are struck off.
fn queue(connection: &rusqlite::Connection, process: &Process, lock: &str, own: i64) -> Result<Vec<Place>, Failed> {
    let select = "SELECT t.number, t.execution, e.id, t.is_held FROM turns t JOIN executions e ON e.number = t.execution \
                  WHERE t.lock = ?1 ORDER BY t.is_held DESC, t.number";
    let mut statement = connection.prepare_cached(select)?;
    let places = statement.query_map([lock], |row| {
        let id = ExecutionId::new(row.get::<_, String>(2)?);
        Ok(Place { turn: row.get(0)?, execution: row.get(1)?, id, is_held: row.get(3)? })
    })?;
    let mut queue = Vec::new();
    for place in places.collect::<rusqlite::Result<Vec<_>>>()? {
        let entry = entries::entry(connection, process, &place.id)?;
        let is_there = entry.is_some_and(|(_, entry)| match entry.status {
            Shown::Running(_) | Shown::Queued => true,
            Shown::Ended(_) | Shown::Interrupted => false,
        });
        if is_there || place.execution == own {
            queue.push(place);
        } else {
            connection.prepare_cached("DELETE FROM turns WHERE number = ?1")?.execute([place.turn])?;
        }
    }
    Ok(queue)
}
