//! Which run of a step is meant: its iteration inside a loop, and outside of loops the first one, since steps never lead
//! back.

use crate::execution::{Execution, StepExecution};

/// The number of a run among those of its step, from 1.
pub(super) fn number(execution: &Execution, run: &StepExecution) -> usize {
    let earlier = execution.runs().iter().take_while(|other| other.id != run.id);
    earlier.filter(|other| other.step == run.step).count() + 1
}

/// Every run of a step in its order: by name, inside loops with the iteration.
pub(super) fn path(execution: &Execution) -> Vec<String> {
    execution.runs().iter().map(|run| run.step.to_string()).collect()
}

/// The step of an entry of a path: `name`, or `name[2]`.
pub(super) fn step_of(entry: &str) -> &str {
    entry.strip_suffix(']').and_then(|entry| entry.rsplit_once('[')).map_or(entry, |(name, _)| name)
}
