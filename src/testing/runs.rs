//! Numbers the runs of steps: by iteration inside a loop; outside of loops there is only one, since steps never lead
//! back.

use crate::execution::{Execution, StepExecution};

/// The number of a run of a step: the iteration of its loop, else 1.
pub(super) fn number(execution: &Execution, run: &StepExecution) -> usize {
    let iteration = execution.parent(run).and_then(|(_, iteration)| usize::try_from(iteration).ok());
    iteration.unwrap_or(1).max(1)
}

/// All runs of steps in order: by name, inside loops with the iteration: `check[2]`.
pub(super) fn path(execution: &Execution) -> Vec<String> {
    let entry = |run: &StepExecution| match execution.parent(run) {
        Some((_, iteration)) => format!("{}[{iteration}]", run.step),
        None => run.step.to_string(),
    };
    execution.runs().iter().map(entry).collect()
}

/// The step of an entry of a path: `name`, or `name[2]`.
pub(super) fn step_of(entry: &str) -> &str {
    entry.strip_suffix(']').and_then(|entry| entry.rsplit_once('[')).map_or(entry, |(name, _)| name)
}
