//! Events, the texts of documents, and imports.

use super::execution::MemoryExecution;
use super::{Content, MemoryStore, ready};
use crate::event::Recorded;
use crate::name::ExecutionId;
use crate::store::log_store::within_bounds;
use crate::store::{ArchiveStore, EventStore, ReceivedStops, StartOutcome, StoreError, Stored, StoredLine};

impl Content {
    /// Inserts an execution with these events.
    fn begin(&mut self, document: &str, events: &[Recorded], is_imported: bool) -> Result<(), StoreError> {
        let number = self.last_number + 1;
        let begun = MemoryExecution::begin(number, events, is_imported);
        if let Ok(begun) = &begun
            && self.numbers.contains_key(begun.id())
        {
            return Err(StoreError::AlreadyThere { execution: begun.id().clone() });
        }
        let begun = begun?;
        self.documents.entry(begun.started.document.sha256.clone()).or_insert_with(|| document.to_owned());
        self.last_number = number;
        self.numbers.insert(begun.id().clone(), number);
        self.executions.insert(number, begun);
        self.note_change();
        Ok(())
    }

    /// Appends to an execution that this process runs.
    fn append(&mut self, execution: &ExecutionId, events: &[Recorded]) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        let found = self.require(execution)?;
        if !found.is_owned {
            return Err(StoreError::NotOwner { execution: execution.clone() });
        }
        found.extend(events)?;
        if found.ended.is_some() {
            self.requests.retain(|_, (asked, request)| asked != execution || request.kind.is_stop());
            self.turns.retain(|turn| turn.execution != *execution);
        }
        self.note_change();
        Ok(())
    }
}

impl EventStore for MemoryStore {
    fn create<'a>(&'a self, document: &'a str, events: &'a [Recorded]) -> Stored<'a, ()> {
        ready(self.content().begin(document, events, false))
    }

    fn append<'a>(&'a self, execution: &'a ExecutionId, events: &'a [Recorded]) -> Stored<'a, ()> {
        ready(self.content().append(execution, events))
    }

    fn append_start<'a>(
        &'a self,
        execution: &'a ExecutionId,
        events: &'a [Recorded],
        received: ReceivedStops,
    ) -> Stored<'a, StartOutcome> {
        let mut content = self.content();
        if let Ok(found) = content.require(execution)
            && !found.is_owned
        {
            return ready(Err(StoreError::NotOwner { execution: execution.clone() }));
        }
        let mut requests = content.requests.values().filter(|(asked, _)| asked == execution);
        if let Some((_, request)) = requests.find(|(_, request)| received.lacks(&request.kind)) {
            return ready(Ok(StartOutcome::StopRequested(request.clone())));
        }
        ready(content.append(execution, events).map(|()| StartOutcome::Appended))
    }

    fn events_page<'a>(&'a self, execution: &'a ExecutionId, from: u64, limit: u32) -> Stored<'a, Vec<Recorded>> {
        let (from, limit) = (usize::try_from(from).unwrap_or(usize::MAX), usize::try_from(limit).unwrap_or(usize::MAX));
        let content = self.content();
        let history = content.get(execution).map(|found| found.history.as_slice()).unwrap_or_default();
        ready(Ok(history.iter().skip(from).take(limit).cloned().collect()))
    }

    fn first_event<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Option<Recorded>> {
        ready(Ok(self.content().get(execution).and_then(|found| found.history.first().cloned())))
    }

    fn document<'a>(&'a self, sha256: &'a str) -> Stored<'a, Option<String>> {
        ready(Ok(self.content().documents.get(sha256).cloned()))
    }
}

impl ArchiveStore for MemoryStore {
    fn import<'a>(&'a self, document: &'a str, events: &'a [Recorded]) -> Stored<'a, ()> {
        ready(self.content().begin(document, events, true))
    }

    fn import_lines<'a>(&'a self, execution: &'a ExecutionId, lines: Vec<(u64, StoredLine)>) -> Stored<'a, ()> {
        let mut content = self.content();
        let imported = content.require(execution).map(|found| {
            for (number, line) in lines.into_iter().filter_map(|(number, line)| within_bounds(number, line)) {
                if let Err(at) = found.lines.binary_search_by_key(&number, |(number, _)| *number) {
                    found.lines.insert(at, (number, line));
                }
            }
        });
        if imported.is_ok() {
            content.note_change();
        }
        ready(imported)
    }
}
