//! Journals in temporary folders, and minimal executions, for tests.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;
use tempfile::TempDir;

use super::Journal;
use crate::clock::ManualClock;
use crate::event::{Event, Recorded};
use crate::name::ExecutionId;
use crate::store::EventStore;

/// A folder for a journal.
pub(super) struct Situation {
    folder: TempDir,
}

impl Situation {
    pub(super) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// The journal, as another process would open it.
    pub(super) fn journal(&self) -> Journal {
        Journal::create(self.folder.path(), Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH))).unwrap()
    }

    pub(super) fn path(&self) -> &std::path::Path {
        self.folder.path()
    }
}

/// The first events of an execution.
pub(super) fn started(id: &ExecutionId) -> Vec<Recorded> {
    let body = json!({
        "format": 1, "execution": id, "document": {"name": "book", "sha256": "text"},
        "parameters": {}, "variables": {}, "executed_by": "tester",
        "environment": {"region": null, "account_id": null, "partition": "aws"},
        "settings": {"attempt_delays": [], "throttle_delays": [], "throttle_window": 0, "jitter": 0.0,
                     "long_invocations": false, "result_limit": null},
        "seed": 0, "outline": {"steps": []},
    });
    vec![recorded(0, "ExecutionStarted", &body.to_string())]
}

/// An event that changes nothing that lists show.
pub(super) fn attempt(sequence: u64) -> Recorded {
    recorded(sequence, "AttemptStarted", r#"{"attempt": 1, "sending": 1, "deadline": null}"#)
}

/// The last event of an execution.
pub(super) fn ended(sequence: u64) -> Recorded {
    recorded(sequence, "ExecutionEnded", r#"{"status": "Success", "outputs": {}, "failure_message": null}"#)
}

fn recorded(sequence: u64, kind: &str, body: &str) -> Recorded {
    Recorded { sequence, at: Timestamp::UNIX_EPOCH, event: Event::read(kind, body).unwrap() }
}

/// Inserts executions with these ids.
pub(super) async fn begin<const N: usize>(journal: &Journal, ids: [&str; N]) -> [ExecutionId; N] {
    let ids = ids.map(ExecutionId::from);
    for id in &ids {
        journal.create("", &started(id)).await.unwrap();
    }
    ids
}
