//! Reads the entries of executions.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row};

use super::process::{Process, ProcessRecord};
use super::{moment, recovery};
use crate::event::{DocumentIdentity, LeaveReason, Status};
use crate::name::ExecutionId;
use crate::store::{Entry, ExecutionState, Owner};

/// Selects the columns that an entry is read from.
pub(super) const COLUMNS: &str = "SELECT e.number, e.id, e.document_name, e.document_sha256, e.started_at, e.ended_at, e.status, \
                       e.executed_by, e.length, e.failure_message, e.origin, e.labels, e.lock, \
                       p.id, p.pid, p.host, p.started_at, p.heartbeat_at, t.is_held, e.is_imported, e.parent_step, e.left_by \
                       FROM executions e LEFT JOIN processes p ON p.id = e.owner \
                       LEFT JOIN turns t ON t.execution = e.number";

/// Reads rows, and checks the liveness of each process once.
pub(super) struct Reading<'a> {
    connection: &'a Connection,
    process: &'a Process,
    alive: HashMap<String, bool>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(connection: &'a Connection, process: &'a Process) -> Self {
        Self { connection, process, alive: HashMap::new() }
    }

    /// The execution of a row, with the number of the row.
    pub(super) fn entry(&mut self, row: &Row<'_>) -> rusqlite::Result<(i64, Entry)> {
        let (status, owner) = self.status(row)?;
        self.entry_of(row, status, owner)
    }

    /// Likewise for a row with a status filter: for an execution that has not ended, the row alone does not decide.
    pub(super) fn entry_if(
        &mut self,
        row: &Row<'_>,
        is_wanted: impl Fn(ExecutionState) -> bool,
    ) -> rusqlite::Result<Option<Entry>> {
        let (status, owner) = self.status(row)?;
        if !is_wanted(status) {
            return Ok(None);
        }
        self.entry_of(row, status, owner).map(|(_, entry)| Some(entry))
    }

    /// The state of the execution of a row, and the live process that runs it.
    fn status(&mut self, row: &Row<'_>) -> rusqlite::Result<(ExecutionState, Option<Owner>)> {
        let ended_at: Option<i64> = row.get(5)?;
        let status = status(row.get_ref(6)?.as_str()?);
        let owner = match row.get::<_, Option<String>>(13)? {
            Some(id) => {
                let owner = Owner { id, pid: row.get(14)?, host: row.get(15)?, since: moment(row.get(16)?) };
                let seen = ProcessRecord { owner, heartbeat_at: moment(row.get(17)?) };
                let known = self.alive.get(&seen.owner.id).copied();
                let alive = known.unwrap_or_else(|| self.process.is_alive(&seen));
                self.alive.insert(seen.owner.id.clone(), alive);
                alive.then_some(seen.owner)
            }
            None => None,
        };
        let waits = row.get::<_, Option<bool>>(18)? == Some(false);
        let status = match (ended_at, &owner) {
            (Some(_), _) => ExecutionState::Ended(status),
            (None, None) => ExecutionState::Interrupted,
            (None, Some(_)) if waits => ExecutionState::Queued,
            (None, Some(_)) => ExecutionState::Running(status),
        };
        Ok((status, owner))
    }

    fn entry_of(&self, row: &Row<'_>, status: ExecutionState, owner: Option<Owner>) -> rusqlite::Result<(i64, Entry)> {
        let number = row.get(0)?;
        let (events, current_step) = if let Some(length) = row.get(8)? {
            (length, None)
        } else {
            let length = recovery::length(self.connection, number)?;
            (length, recovery::current_step(self.connection, number, length)?)
        };
        let json = |place: usize| row.get_ref(place).and_then(|text| Ok(text.as_str()?.to_owned()));
        let entry = Entry {
            id: ExecutionId::new(row.get::<_, String>(1)?),
            document: DocumentIdentity { name: row.get(2)?, sha256: row.get(3)? },
            status,
            started_at: moment(row.get(4)?),
            ended_at: row.get::<_, Option<i64>>(5)?.map(moment),
            executed_by: row.get(7)?,
            current_step,
            failure_message: row.get(9)?,
            // A newer version may write something else, which lists do not need.
            origin: serde_json::from_str(&json(10)?).unwrap_or_default(),
            labels: serde_json::from_str(&json(11)?).unwrap_or_default(),
            events,
            lock: row.get(12)?,
            owner,
            is_imported: row.get(19)?,
            parent: row.get::<_, Option<String>>(20)?.and_then(|text| serde_json::from_str(&text).ok()),
            left: row.get::<_, Option<String>>(21)?.map(|word| LeaveReason::from_stored(&word)),
        };
        Ok((number, entry))
    }
}

/// Reads a stored word; an unknown word of a newer version means in progress.
pub(super) fn status(word: &str) -> Status {
    const ALL: [Status; 8] = [
        Status::Pending,
        Status::InProgress,
        Status::Waiting,
        Status::Success,
        Status::TimedOut,
        Status::Cancelling,
        Status::Cancelled,
        Status::Failed,
    ];
    ALL.into_iter().find(|status| status.as_str() == word).unwrap_or(Status::InProgress)
}

/// One execution with the number of its row.
pub(super) fn entry(
    connection: &Connection,
    process: &Process,
    execution: &ExecutionId,
) -> rusqlite::Result<Option<(i64, Entry)>> {
    connection
        .prepare_cached(&format!("{COLUMNS} WHERE e.id = ?1"))?
        .query_row([execution.as_str()], |row| Reading::new(connection, process).entry(row))
        .optional()
}

/// Interrupted executions, the oldest first. A child is resumed with its parent, as long as that has not ended.
pub(super) fn interrupted(connection: &Connection, process: &Process) -> rusqlite::Result<Vec<Entry>> {
    let mut statement = connection.prepare_cached(&format!(
        "{COLUMNS} WHERE e.ended_at IS NULL AND (e.parent IS NULL OR NOT EXISTS \
         (SELECT 1 FROM executions above WHERE above.id = e.parent AND above.ended_at IS NULL)) ORDER BY e.number"
    ))?;
    let mut reading = Reading::new(connection, process);
    let rows = statement.query_map([], |row| reading.entry_if(row, |status| status == ExecutionState::Interrupted))?;
    rows.filter_map(Result::transpose).collect()
}
