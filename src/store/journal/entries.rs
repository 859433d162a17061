//! Lists executions and finds them.

use std::collections::HashMap;
use std::fmt::Write as _;

use indexmap::IndexMap;
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

use super::process::{Process, ProcessRecord};
use super::{Journal, Owner, moment, nanoseconds, recovery};
use crate::event::{DocumentIdentity, LeaveReason, Origin, Parent, Status};
use crate::limits::{LIST_PAGE, LIST_SUGGESTIONS};
use crate::name::ExecutionId;
use crate::store::StoreError;

/// An execution as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: ExecutionId,
    /// Its runbook.
    pub document: DocumentIdentity,
    /// Its status.
    pub status: ExecutionState,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The user who started it.
    pub executed_by: String,
    /// The current step, or the one that was current when it was interrupted.
    pub current_step: Option<String>,
    /// Why it did not succeed.
    pub failure_message: Option<String>,
    /// Its origin.
    pub origin: Origin,
    /// Its labels.
    pub labels: IndexMap<String, String>,
    /// How many events it has.
    pub events: u64,
    /// The lock that it has or waits for.
    pub lock: Option<String>,
    /// The live process that runs it.
    pub owner: Option<Owner>,
    /// It was imported from another journal and has never run here: it may still be resumed there.
    pub is_imported: bool,
    /// The step that started it.
    pub parent: Option<Parent>,
    /// How its last process left it; `None` while a process runs it, and after a crash.
    pub left: Option<LeaveReason>,
}

impl Entry {
    /// Whether `resume` without an id resumes the execution.
    pub fn is_resumed_automatically(&self) -> bool {
        let is_interrupted = matches!(self.status, ExecutionState::Interrupted);
        // An imported execution may still run where it came from.
        is_interrupted && !self.is_imported && self.left.is_none_or(LeaveReason::is_resumed_automatically)
    }
}

/// The state of an execution, with the liveness of its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutionState {
    /// Ended.
    Ended(Status),
    /// A live process runs it.
    Running(Status),
    /// A live process waits for its lock.
    Queued,
    /// It has not ended, and no process runs it.
    Interrupted,
}

impl ExecutionState {
    /// Final status.
    pub const fn ended(self) -> Option<Status> {
        match self {
            Self::Ended(status) => Some(status),
            Self::Running(_) | Self::Queued | Self::Interrupted => None,
        }
    }

    /// Its state in one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ended(status) | Self::Running(status) => status.as_str(),
            Self::Queued => "Queued",
            Self::Interrupted => "Interrupted",
        }
    }
}

impl std::fmt::Display for ExecutionState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Filters executions; all conditions must be true.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// One of these words ([`ExecutionState::as_str`]); empty for any.
    pub statuses: Vec<String>,
    /// The name of the runbook; `*` and `?` as in file names.
    pub runbook: Option<String>,
    /// Started then or later.
    pub since: Option<Timestamp>,
    /// Started before.
    pub until: Option<Timestamp>,
    /// With these parameters, a text as it is and anything else as JSON.
    pub parameters: Vec<(String, String)>,
    /// With these labels.
    pub labels: Vec<(String, String)>,
    /// By the user who started them.
    pub parents: Parents,
}

/// Filters executions by their parent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Parents {
    /// All.
    #[default]
    Any,
    /// Those that no step started.
    None,
    /// Those that a step of this execution started.
    Is(ExecutionId),
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Starts after this execution.
    pub before: Option<ExecutionId>,
    /// The maximum number.
    pub limit: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self { before: None, limit: LIST_PAGE }
    }
}

/// Why an execution cannot be found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// No id has this prefix.
    #[error("there is no execution {}", if given.trim().is_empty() { "with an empty id" } else { given })]
    None {
        /// The id or prefix given.
        given: String,
        /// Ids that look like it.
        near: Vec<ExecutionId>,
    },
    /// Several ids have this prefix.
    #[error("{given} is the beginning of {count} executions")]
    Ambiguous {
        /// The prefix given.
        given: String,
        /// How many.
        count: u64,
        /// The newest of them.
        newest: Vec<Entry>,
    },
    /// There are no executions.
    #[error("there are no executions yet")]
    Empty,
    /// The journal cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FindError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::None { near, .. } if near.is_empty() => Some("`runwright executions list` shows them".to_owned()),
            Self::None { near, .. } => {
                let near: Vec<&str> = near.iter().map(ExecutionId::as_str).collect();
                Some(format!("did you mean {}?", near.join(" or ")))
            }
            Self::Ambiguous { newest, count, .. } => {
                let mut text = "give more of the id:".to_owned();
                for entry in newest {
                    let _ = write!(text, "\n  {} {} {}", entry.id, entry.document.name, entry.status);
                }
                let shown = u64::try_from(newest.len()).unwrap_or(u64::MAX);
                if *count > shown {
                    let _ = write!(text, "\n  and {} more", count - shown);
                }
                Some(text)
            }
            Self::Empty => Some("`runwright run FILE` starts one".to_owned()),
            Self::Store(error) => error.help(),
        }
    }
}

const COLUMNS: &str = "SELECT e.number, e.id, e.document_name, e.document_sha256, e.started_at, e.ended_at, e.status, \
                       e.executed_by, e.length, e.failure_message, e.origin, e.labels, e.lock, \
                       p.id, p.pid, p.host, p.started_at, p.heartbeat_at, t.is_held, e.is_imported, e.parent_step, e.left_by \
                       FROM executions e LEFT JOIN processes p ON p.id = e.owner \
                       LEFT JOIN turns t ON t.execution = e.number";

/// Reads rows, and checks the liveness of each process once.
struct Reading<'a> {
    connection: &'a Connection,
    process: &'a Process,
    alive: HashMap<String, bool>,
}

impl<'a> Reading<'a> {
    fn new(connection: &'a Connection, process: &'a Process) -> Self {
        Self { connection, process, alive: HashMap::new() }
    }

    /// The execution of a row, with the number of the row.
    fn entry(&mut self, row: &Row<'_>) -> rusqlite::Result<(i64, Entry)> {
        let (status, owner) = self.status(row)?;
        self.entry_of(row, status, owner)
    }

    /// Likewise for a row with a status filter: for an execution that has not ended, the row alone does not decide.
    fn entry_if(
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

/// SQL conditions and their values.
#[derive(Default)]
struct Conditions {
    sql: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    fn add(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) {
        self.sql.push(sql.to_owned());
        self.values.extend(values);
    }

    fn of(filter: &Filter) -> Self {
        let mut conditions = Self::default();
        if let Some(name) = &filter.runbook {
            let is_pattern = name.contains(['*', '?', '[']);
            let sql = if is_pattern { "e.document_name GLOB ?" } else { "e.document_name = ?" };
            conditions.add(sql, [Value::Text(name.clone())]);
        }
        if let Some(since) = filter.since {
            conditions.add("e.started_at >= ?", [Value::Integer(nanoseconds(since))]);
        }
        if let Some(until) = filter.until {
            conditions.add("e.started_at < ?", [Value::Integer(nanoseconds(until))]);
        }
        match &filter.parents {
            Parents::Any => {}
            Parents::None => conditions.add("e.parent IS NULL", []),
            Parents::Is(parent) => conditions.add("e.parent = ?", [Value::Text(parent.to_string())]),
        }
        for (table, pairs) in [("parameters", &filter.parameters), ("labels", &filter.labels)] {
            for (name, value) in pairs {
                let sql = format!("e.number IN (SELECT execution FROM {table} WHERE name = ? AND value = ?)");
                conditions.add(&sql, [Value::Text(name.clone()), Value::Text(value.clone())]);
            }
        }
        let ended: Vec<&String> = filter
            .statuses
            .iter()
            .filter(|word| status(word).is_terminal() && status(word).as_str() == *word)
            .collect();
        if !filter.statuses.is_empty() {
            let marks = vec!["?"; ended.len()].join(", ");
            // Whether the others are in progress depends on their processes.
            let unfinished = if ended.len() < filter.statuses.len() { " OR e.ended_at IS NULL" } else { "" };
            let sql = format!("((e.ended_at IS NOT NULL AND e.status IN ({marks})){unfinished})");
            conditions.add(&sql, ended.into_iter().map(|word| Value::Text(word.clone())));
        }
        conditions
    }

    fn clause(&self) -> String {
        if self.sql.is_empty() { String::new() } else { format!(" WHERE {}", self.sql.join(" AND ")) }
    }
}

fn fits(filter: &Filter, status: ExecutionState) -> bool {
    filter.statuses.is_empty() || filter.statuses.iter().any(|word| word == status.as_str())
}

impl Journal {
    /// One execution.
    pub fn entry(&self, execution: &ExecutionId) -> Result<Option<Entry>, StoreError> {
        self.read(|connection| Ok(entry(connection, &self.process, execution)?.map(|(_, entry)| entry)))
    }

    /// The children of this execution, the oldest first.
    pub fn children(&self, parent: &ExecutionId) -> Result<Vec<Entry>, StoreError> {
        self.read(|connection| {
            let sql = format!("{COLUMNS} WHERE e.parent = ?1 ORDER BY e.number");
            let mut statement = connection.prepare_cached(&sql)?;
            let mut reading = Reading::new(connection, &self.process);
            let rows = statement.query_map([parent.as_str()], |row| reading.entry(row).map(|(_, entry)| entry))?;
            rows.collect()
        })
    }

    /// Executions, the newest first.
    pub fn list(&self, filter: &Filter, page: &Page) -> Result<Vec<Entry>, StoreError> {
        let mut conditions = Conditions::of(filter);
        if let Some(before) = &page.before {
            let sql = "(e.started_at, e.number) < (SELECT started_at, number FROM executions WHERE id = ?)";
            conditions.add(sql, [Value::Text(before.to_string())]);
        }
        self.read(|connection| {
            let sql = format!("{COLUMNS}{} ORDER BY e.started_at DESC, e.number DESC", conditions.clause());
            let mut statement = connection.prepare_cached(&sql)?;
            let mut reading = Reading::new(connection, &self.process);
            let mut rows = statement.query(params_from_iter(conditions.values.iter()))?;
            let mut entries = Vec::new();
            while entries.len() < page.limit
                && let Some(row) = rows.next()?
            {
                entries.extend(reading.entry_if(row, |status| fits(filter, status))?);
            }
            Ok(entries)
        })
    }

    /// The number of executions.
    pub fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
        let is_certain = filter.statuses.iter().all(|word| status(word).is_terminal());
        if !is_certain {
            let all = self.list(filter, &Page { before: None, limit: usize::MAX })?;
            return Ok(u64::try_from(all.len()).unwrap_or(u64::MAX));
        }
        let conditions = Conditions::of(filter);
        self.read(|connection| {
            let sql = format!("SELECT count(*) FROM executions e{}", conditions.clause());
            let mut statement = connection.prepare_cached(&sql)?;
            statement.query_row(params_from_iter(conditions.values.iter()), |row| row.get(0))
        })
    }

    /// Finds an execution: by its id, by a unique prefix of it, or `last` for the newest.
    pub fn find(&self, given: &str) -> Result<Entry, FindError> {
        if given == "last" {
            return self.last()?.ok_or(FindError::Empty);
        }
        let wanted = given.trim().to_lowercase();
        if let Some(entry) = self.entry(&ExecutionId::new(wanted.as_str()))? {
            return Ok(entry);
        }
        let (count, newest) = self.beginning_with(&wanted)?;
        let mut newest = newest;
        match (count, newest.pop()) {
            (1, Some(entry)) => Ok(entry),
            (count, Some(entry)) => {
                newest.push(entry);
                Err(FindError::Ambiguous { given: given.to_owned(), count, newest })
            }
            (_, None) => Err(FindError::None { given: given.to_owned(), near: self.near(&wanted)? }),
        }
    }

    /// The execution that was started last here by a person or a program, whatever its clock said; an imported one only
    /// when there is no other.
    fn last(&self) -> Result<Option<Entry>, StoreError> {
        self.read(|connection| {
            let newest = |which: &str| {
                connection
                    .prepare_cached(&format!("{COLUMNS} {which} ORDER BY e.number DESC LIMIT 1"))?
                    .query_row([], |row| Reading::new(connection, &self.process).entry(row).map(|(_, entry)| entry))
                    .optional()
            };
            match newest("WHERE e.is_imported = 0 AND e.parent IS NULL")? {
                Some(entry) => Ok(Some(entry)),
                None => newest(""),
            }
        })
    }

    fn beginning_with(&self, prefix: &str) -> Result<(u64, Vec<Entry>), StoreError> {
        if prefix.is_empty() {
            return Ok((0, Vec::new()));
        }
        let end = format!("{prefix}\u{10ffff}");
        self.read(|connection| {
            let count = "SELECT count(*) FROM executions WHERE id >= ?1 AND id < ?2";
            let count = connection.prepare_cached(count)?.query_row((prefix, &end), |row| row.get(0))?;
            let some = format!("{COLUMNS} WHERE e.id >= ?1 AND e.id < ?2 ORDER BY e.number DESC LIMIT ?3");
            let mut statement = connection.prepare_cached(&some)?;
            let mut reading = Reading::new(connection, &self.process);
            let rows = statement.query_map((prefix, &end, LIST_SUGGESTIONS), |row| reading.entry(row))?;
            let newest: rusqlite::Result<Vec<Entry>> = rows.map(|row| row.map(|(_, entry)| entry)).collect();
            Ok((count, newest?))
        })
    }

    /// Ids of recent executions that resemble this one.
    fn near(&self, wanted: &str) -> Result<Vec<ExecutionId>, StoreError> {
        let recent: Vec<String> = self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT id FROM executions ORDER BY number DESC LIMIT 1000")?;
            let ids = statement.query_map([], |row| row.get(0))?;
            ids.collect()
        })?;
        let length = wanted.chars().count();
        let mut near: Vec<(usize, String)> = recent
            .into_iter()
            .map(|id| {
                let beginning: String = id.chars().take(length).collect();
                (strsim::osa_distance(&beginning, wanted), id)
            })
            .filter(|(distance, _)| *distance <= 2 && *distance * 2 < length)
            .collect();
        near.sort();
        let shown = usize::try_from(LIST_SUGGESTIONS).unwrap_or(usize::MAX);
        Ok(near.into_iter().take(shown).map(|(_, id)| ExecutionId::new(id)).collect())
    }
}
