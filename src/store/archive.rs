//! An exported execution as one file, for another machine or for later.
//!
//! A JSON object: the format's name and version, the program that wrote it, the text of the runbook, every event in its
//! stored form, the log lines, and last the SHA-256 of everything before it. The hash covers the object without itself,
//! written without spaces, so re-formatting the file does not change it.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::event::{Event, ExecutionStarted, LATEST_FORMAT, Recorded, sha256};
use crate::execution::{Execution, InvalidHistory};

/// The name of the format.
pub const ARCHIVE_FORMAT: &str = "runwright-execution";

/// The version of the format.
pub const ARCHIVE_VERSION: u64 = 1;

/// A whole execution.
#[derive(Debug, Clone, PartialEq)]
pub struct Archive {
    /// The version of the program that wrote it.
    pub program: String,
    /// The text of its runbook.
    pub document: String,
    /// All its events.
    pub events: Vec<Recorded>,
    /// The log lines of its local functions.
    pub log: Vec<ArchivedLine>,
}

/// A log line of a local function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivedLine {
    /// When.
    pub at: Timestamp,
    /// The step.
    pub step: String,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The function.
    pub function: String,
    /// The line, without its end.
    pub text: String,
}

/// Why a file cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Not JSON.
    #[error("it is not JSON, or it was cut off: {0}")]
    Json(serde_json::Error),
    /// Another file format.
    #[error("it is not an exported execution: its `format` is not `{ARCHIVE_FORMAT}`")]
    Foreign,
    /// Written by a newer program.
    #[error("{what} has version {found}, and this program knows up to {known}: a newer program wrote it ({program})")]
    Newer {
        /// The part that is newer.
        what: &'static str,
        /// Its version.
        found: u64,
        /// The newest known version.
        known: u64,
        /// The program that wrote it.
        program: String,
    },
    /// An event of a kind that this version does not know.
    #[error(
        "it has events of the kind {kind}, which this version ({}) does not know: it needs runwright {program} or newer",
        env!("CARGO_PKG_VERSION")
    )]
    UnknownEvent {
        /// The kind.
        kind: String,
        /// The version that wrote it.
        program: String,
    },
    /// The content was changed after the export.
    #[error("it was changed after it was exported: its content has SHA-256 {found}, and it was exported with {stated}")]
    Tampered {
        /// The hash of the content.
        found: String,
        /// The hash stated in the file.
        stated: String,
    },
    /// A field is missing or invalid.
    #[error("its field `{field}` is missing or invalid: {why}")]
    Field {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The events contradict each other.
    #[error("its events are not a valid history: {0}")]
    InvalidHistory(#[from] InvalidHistory),
    /// The runbook is not the one that ran.
    #[error("its runbook is not the one that its events name: it has SHA-256 {found}, they say {expected}")]
    OtherDocument {
        /// The hash of the text.
        found: String,
        /// The hash in the events.
        expected: String,
    },
}

impl Archive {
    /// Writes the file: one line for each event and each log line, so that two files can be compared line by line.
    pub fn write(&self) -> Result<String, serde_json::Error> {
        let mut content = serde_json::Map::new();
        content.insert("format".to_owned(), ARCHIVE_FORMAT.into());
        content.insert("version".to_owned(), ARCHIVE_VERSION.into());
        content.insert("program".to_owned(), self.program.as_str().into());
        content.insert("document".to_owned(), self.document.as_str().into());
        content.insert("events".to_owned(), serde_json::to_value(&self.events)?);
        content.insert("log".to_owned(), serde_json::to_value(&self.log)?);
        let content = Value::Object(content);
        let sha256 = hash(&content);
        let mut text = "{\n".to_owned();
        for (name, value) in content.as_object().into_iter().flatten() {
            match value {
                Value::Array(items) => {
                    let items: Vec<String> = items.iter().map(Value::to_string).collect();
                    text.push_str(&format!("\"{name}\":[\n{}\n],\n", items.join(",\n")));
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                    text.push_str(&format!("\"{name}\":{value},\n"));
                }
            }
        }
        text.push_str(&format!("\"sha256\":\"{sha256}\"\n}}\n"));
        Ok(text)
    }

    /// Reads a file and verifies that it is complete, unchanged, and a valid history.
    pub fn read(text: &str) -> Result<Self, ArchiveError> {
        let mut content: Value = serde_json::from_str(text).map_err(ArchiveError::Json)?;
        if content.get("format").and_then(Value::as_str) != Some(ARCHIVE_FORMAT) {
            return Err(ArchiveError::Foreign);
        }
        let program = content.get("program").and_then(Value::as_str).unwrap_or("unknown").to_owned();
        let version = number(&content, "version")?;
        newer("the file", version, ARCHIVE_VERSION, &program)?;
        let stated = content.as_object_mut().and_then(|content| content.shift_remove("sha256"));
        let stated = stated.as_ref().and_then(Value::as_str).unwrap_or("no hash").to_owned();
        let found = hash(&content);
        if found != stated {
            return Err(ArchiveError::Tampered { found, stated });
        }
        let document: String = field(&mut content, "document")?;
        let events: Value = field(&mut content, "events")?;
        // Checked before the events are parsed: a newer format may lack fields that are expected here.
        let format = events.get(0).map_or(Ok(0), |first| number(first, "format"))?;
        newer("its event format", format, u64::from(LATEST_FORMAT), &program)?;
        let kinds = events.as_array().into_iter().flatten().filter_map(|event| event.get("event")?.as_str());
        if let Some(kind) = kinds.into_iter().find(|kind| !Event::KINDS.contains(kind)) {
            return Err(ArchiveError::UnknownEvent { kind: kind.to_owned(), program });
        }
        let events: Vec<Recorded> = serde_json::from_value(events)
            .map_err(|why| ArchiveError::Field { field: "events", why: why.to_string() })?;
        let log = field(&mut content, "log")?;
        let execution = Execution::replay(&events)?;
        let (found, expected) = (sha256(document.as_bytes()), &execution.started().document.sha256);
        if found != *expected {
            return Err(ArchiveError::OtherDocument { found, expected: expected.clone() });
        }
        Ok(Self { program, document, events, log })
    }

    /// The first event of its history.
    pub fn started(&self) -> Option<&Arc<ExecutionStarted>> {
        match self.events.first().map(|first| &first.event) {
            Some(Event::ExecutionStarted(started)) => Some(started),
            Some(_) | None => None,
        }
    }
}

fn newer(what: &'static str, found: u64, known: u64, program: &str) -> Result<(), ArchiveError> {
    if found > known {
        return Err(ArchiveError::Newer { what, found, known, program: program.to_owned() });
    }
    Ok(())
}

fn number(content: &Value, field: &'static str) -> Result<u64, ArchiveError> {
    let why = || "it is not a number".to_owned();
    content.get(field).and_then(Value::as_u64).ok_or_else(|| ArchiveError::Field { field, why: why() })
}

fn field<T: serde::de::DeserializeOwned>(content: &mut Value, field: &'static str) -> Result<T, ArchiveError> {
    let value = content.get_mut(field).map(Value::take).unwrap_or_default();
    serde_json::from_value(value).map_err(|why| ArchiveError::Field { field, why: why.to_string() })
}

/// The hash of the content, written without spaces.
fn hash(content: &Value) -> String {
    sha256(content.to_string())
}

#[cfg(test)]
mod tests;
