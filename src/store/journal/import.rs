//! Imports executions from another journal.

use super::append::{self, Owned};
use super::{Journal, function_logs};
use crate::event::Recorded;
use crate::name::ExecutionId;
use crate::store::log_store::within_bounds;
use crate::store::{ArchiveStore, Stored, StoredLine};

impl ArchiveStore for Journal {
    fn import<'a>(&'a self, document: &'a str, events: &'a [Recorded]) -> Stored<'a, ()> {
        self.begin(document, events, Owned::ByNoProcess)
    }

    fn import_lines<'a>(&'a self, execution: &'a ExecutionId, lines: Vec<(u64, StoredLine)>) -> Stored<'a, ()> {
        let execution = execution.clone();
        self.writer.submit(move |connection| {
            let (number, _) = append::row(connection, &execution)?;
            for (place, line) in lines.into_iter().filter_map(|(place, line)| within_bounds(place, line)) {
                function_logs::insert(connection, number, place, &line)?;
            }
            Ok(())
        })
    }
}
