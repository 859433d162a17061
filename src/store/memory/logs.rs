//! The log lines of local functions.

use super::{MemoryStore, ready};
use crate::name::ExecutionId;
use crate::store::log_store::number_lines;
use crate::store::{LogStore, Stored, StoredLine};

impl LogStore for MemoryStore {
    fn log(&self, execution: &ExecutionId, lines: Vec<StoredLine>) {
        let mut content = self.content();
        let Some(found) = content.get_mut(execution) else { return };
        let last = found.lines.last().map_or(0, |(number, _)| *number);
        found.lines.extend(number_lines(last, lines));
        content.note_change();
    }

    fn log_lines_page<'a>(
        &'a self,
        execution: &'a ExecutionId,
        after: u64,
        limit: u32,
    ) -> Stored<'a, Vec<(u64, StoredLine)>> {
        let content = self.content();
        let lines = content.get(execution).map(|found| found.lines.as_slice()).unwrap_or_default();
        let from = lines.partition_point(|(number, _)| *number <= after);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        ready(Ok(lines.iter().skip(from).take(limit).cloned().collect()))
    }
}
