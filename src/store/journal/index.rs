//! Lists executions.

use std::sync::Arc;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::entries::{COLUMNS, Reading, entry, interrupted, status};
use super::process::Process;
use super::query_error::QueryError;
use super::{Journal, nanoseconds};
use crate::name::ExecutionId;
use crate::store::execution_index::is_pattern;
use crate::store::{Entry, ExecutionIndex, Filter, Page, Parents, Stored};

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
            let sql = if is_pattern(name) { "e.document_name GLOB ?" } else { "e.document_name = ?" };
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

/// The executions that match, the newest first.
fn list(connection: &Connection, process: &Process, filter: &Filter, page: &Page) -> Result<Vec<Entry>, QueryError> {
    let mut conditions = Conditions::of(filter);
    if let Some(before) = &page.before {
        let sql = "(e.started_at, e.number) < (SELECT started_at, number FROM executions WHERE id = ?)";
        conditions.add(sql, [Value::Text(before.to_string())]);
    }
    let sql = format!("{COLUMNS}{} ORDER BY e.started_at DESC, e.number DESC", conditions.clause());
    let mut statement = connection.prepare_cached(&sql)?;
    let mut reading = Reading::new(connection, process);
    let mut rows = statement.query(params_from_iter(conditions.values.iter()))?;
    let mut entries = Vec::new();
    while entries.len() < page.limit
        && let Some(row) = rows.next()?
    {
        entries.extend(reading.entry_if(row, |status| filter.accepts(status))?);
    }
    Ok(entries)
}

impl ExecutionIndex for Journal {
    fn entry<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Option<Entry>> {
        let (process, execution) = (Arc::clone(&self.process), execution.clone());
        self.read(move |connection| Ok(entry(connection, &process, &execution)?.map(|(_, entry)| entry)))
    }

    fn list<'a>(&'a self, filter: &'a Filter, page: &'a Page) -> Stored<'a, Vec<Entry>> {
        let (process, filter, page) = (Arc::clone(&self.process), filter.clone(), page.clone());
        self.read(move |connection| list(connection, &process, &filter, &page))
    }

    fn count<'a>(&'a self, filter: &'a Filter) -> Stored<'a, u64> {
        let (process, filter) = (Arc::clone(&self.process), filter.clone());
        self.read(move |connection| {
            let is_certain = filter.statuses.iter().all(|word| status(word).is_terminal());
            if !is_certain {
                let all = list(connection, &process, &filter, &Page { before: None, limit: usize::MAX })?;
                return Ok(u64::try_from(all.len()).unwrap_or(u64::MAX));
            }
            let conditions = Conditions::of(&filter);
            let sql = format!("SELECT count(*) FROM executions e{}", conditions.clause());
            let mut statement = connection.prepare_cached(&sql)?;
            Ok(statement.query_row(params_from_iter(conditions.values.iter()), |row| row.get(0))?)
        })
    }

    fn children<'a>(&'a self, parent: &'a ExecutionId) -> Stored<'a, Vec<Entry>> {
        let (process, parent) = (Arc::clone(&self.process), parent.clone());
        self.read(move |connection| {
            let sql = format!("{COLUMNS} WHERE e.parent = ?1 ORDER BY e.number");
            let mut statement = connection.prepare_cached(&sql)?;
            let mut reading = Reading::new(connection, &process);
            let rows = statement.query_map([parent.as_str()], |row| reading.entry(row).map(|(_, entry)| entry))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    fn interrupted(&self) -> Stored<'_, Vec<Entry>> {
        let process = Arc::clone(&self.process);
        self.read(move |connection| Ok(interrupted(connection, &process)?))
    }

    fn newest(&self) -> Stored<'_, Option<Entry>> {
        let process = Arc::clone(&self.process);
        self.read(move |connection| {
            let newest = |which: &str| {
                connection
                    .prepare_cached(&format!("{COLUMNS} {which} ORDER BY e.number DESC LIMIT 1"))?
                    .query_row([], |row| Reading::new(connection, &process).entry(row).map(|(_, entry)| entry))
                    .optional()
            };
            Ok(match newest("WHERE e.is_imported = 0 AND e.parent IS NULL")? {
                Some(entry) => Some(entry),
                None => newest("")?,
            })
        })
    }

    fn with_prefix<'a>(&'a self, prefix: &'a str, limit: u32) -> Stored<'a, (u64, Vec<Entry>)> {
        if prefix.is_empty() {
            return Box::pin(std::future::ready(Ok((0, Vec::new()))));
        }
        let (process, prefix, end) = (Arc::clone(&self.process), prefix.to_owned(), format!("{prefix}\u{10ffff}"));
        self.read(move |connection| {
            let count = "SELECT count(*) FROM executions WHERE id >= ?1 AND id < ?2";
            let count = connection.prepare_cached(count)?.query_row((&prefix, &end), |row| row.get(0))?;
            let some = format!("{COLUMNS} WHERE e.id >= ?1 AND e.id < ?2 ORDER BY e.number DESC LIMIT ?3");
            let mut statement = connection.prepare_cached(&some)?;
            let mut reading = Reading::new(connection, &process);
            let rows = statement.query_map((&prefix, &end, limit), |row| reading.entry(row))?;
            let newest: rusqlite::Result<Vec<Entry>> = rows.map(|row| row.map(|(_, entry)| entry)).collect();
            Ok((count, newest?))
        })
    }

    fn recent_ids(&self, limit: u32) -> Stored<'_, Vec<ExecutionId>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached("SELECT id FROM executions ORDER BY number DESC LIMIT ?1")?;
            let ids = statement.query_map([limit], |row| Ok(ExecutionId::new(row.get::<_, String>(0)?)))?;
            Ok(ids.collect::<rusqlite::Result<_>>()?)
        })
    }
}
