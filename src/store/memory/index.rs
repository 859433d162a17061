//! Lists executions.

use super::execution::MemoryExecution;
use super::pattern::matches;
use super::{Content, MemoryStore, ready};
use crate::name::ExecutionId;
use crate::store::entry_change::filtered_text;
use crate::store::execution_index::is_pattern;
use crate::store::{Entry, ExecutionIndex, ExecutionState, Filter, Page, Parents, Stored};

impl MemoryExecution {
    fn parent(&self) -> Option<&ExecutionId> {
        self.started.launch.parent.as_ref().map(|parent| &parent.execution)
    }

    /// Whether the filter accepts it, whatever its status.
    fn passes(&self, filter: &Filter) -> bool {
        let (started, name) = (&self.started, &self.started.document.name);
        let named = |wanted: &String| if is_pattern(wanted) { matches(wanted, name) } else { wanted == name };
        let has_parameter = |(name, value): &(String, String)| {
            let found = started.parameters.iter().find(|(parameter, _)| parameter.as_str() == name);
            found.is_some_and(|(_, found)| filtered_text(found) == *value)
        };
        let has_label = |(name, value): &(String, String)| started.launch.labels.get(name) == Some(value);
        filter.runbook.as_ref().is_none_or(named)
            && filter.since.is_none_or(|since| self.started_at >= since)
            && filter.until.is_none_or(|until| self.started_at < until)
            && filter.parameters.iter().all(has_parameter)
            && filter.labels.iter().all(has_label)
            && match &filter.parents {
                Parents::Any => true,
                Parents::None => self.parent().is_none(),
                Parents::Is(parent) => self.parent() == Some(parent),
            }
    }
}

impl Content {
    pub(super) fn state(&self, execution: &MemoryExecution) -> ExecutionState {
        execution.state(self.is_queued(execution))
    }

    fn is_queued(&self, execution: &MemoryExecution) -> bool {
        self.turns.iter().any(|turn| turn.execution == *execution.id() && !turn.is_held)
    }

    /// The executions that match, the oldest first.
    fn matching<'a>(&'a self, filter: &'a Filter) -> impl Iterator<Item = &'a MemoryExecution> {
        let accepted = |found: &&MemoryExecution| found.passes(filter) && filter.accepts(self.state(found));
        self.executions.values().filter(accepted)
    }

    /// Those that a step of this execution started, the oldest first.
    pub(super) fn children<'a>(&'a self, parent: &'a ExecutionId) -> impl Iterator<Item = &'a MemoryExecution> {
        self.executions.values().filter(move |found| found.parent() == Some(parent))
    }

    /// Whether no step waits that could resume it.
    fn is_root(&self, execution: &MemoryExecution) -> bool {
        execution.parent().and_then(|parent| self.get(parent)).is_none_or(|parent| parent.ended.is_some())
    }
}

impl MemoryStore {
    fn entries<'a>(&self, content: &Content, found: impl IntoIterator<Item = &'a MemoryExecution>) -> Vec<Entry> {
        found.into_iter().map(|found| found.entry(content.is_queued(found), &self.owner)).collect()
    }
}

impl ExecutionIndex for MemoryStore {
    fn entry<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Option<Entry>> {
        let content = self.content();
        ready(Ok(self.entries(&content, content.get(execution)).pop()))
    }

    fn list<'a>(&'a self, filter: &'a Filter, page: &'a Page) -> Stored<'a, Vec<Entry>> {
        let content = self.content();
        let order = |found: &MemoryExecution| (found.started_at, found.number);
        let mut found: Vec<&MemoryExecution> = content.matching(filter).collect();
        if let Some(before) = &page.before {
            let before = content.get(before).map(order);
            found.retain(|found| before.is_some_and(|before| order(found) < before));
        }
        found.sort_by_key(|found| std::cmp::Reverse(order(found)));
        ready(Ok(self.entries(&content, found.into_iter().take(page.limit))))
    }

    fn count<'a>(&'a self, filter: &'a Filter) -> Stored<'a, u64> {
        ready(Ok(u64::try_from(self.content().matching(filter).count()).unwrap_or(u64::MAX)))
    }

    fn children<'a>(&'a self, parent: &'a ExecutionId) -> Stored<'a, Vec<Entry>> {
        let content = self.content();
        ready(Ok(self.entries(&content, content.children(parent))))
    }

    fn interrupted(&self) -> Stored<'_, Vec<Entry>> {
        let content = self.content();
        let found = content.executions.values();
        let found = found.filter(|found| content.state(found) == ExecutionState::Interrupted && content.is_root(found));
        ready(Ok(self.entries(&content, found)))
    }

    fn newest(&self) -> Stored<'_, Option<Entry>> {
        let content = self.content();
        let started_here = |found: &&MemoryExecution| !found.is_imported && found.parent().is_none();
        let newest =
            content.executions.values().rfind(started_here).or_else(|| content.executions.values().next_back());
        ready(Ok(self.entries(&content, newest).pop()))
    }

    fn with_prefix<'a>(&'a self, prefix: &'a str, limit: u32) -> Stored<'a, (u64, Vec<Entry>)> {
        let content = self.content();
        let has_prefix = |found: &&MemoryExecution| !prefix.is_empty() && found.id().as_str().starts_with(prefix);
        let found: Vec<&MemoryExecution> = content.executions.values().rev().filter(has_prefix).collect();
        let count = u64::try_from(found.len()).unwrap_or(u64::MAX);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        ready(Ok((count, self.entries(&content, found.into_iter().take(limit)))))
    }

    fn recent_ids(&self, limit: u32) -> Stored<'_, Vec<ExecutionId>> {
        let content = self.content();
        let newest = content.executions.values().rev().map(|found| found.id().clone());
        ready(Ok(newest.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect()))
    }
}
