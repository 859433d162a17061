//! Executions and runbooks as the journal has them.

use super::error::CliError;
use crate::automation::{StoredRunbook, read_recorded_runbook, replay_history};
use crate::event::Recorded;
use crate::execution::Execution;
use crate::name::ExecutionId;
use crate::store::Journal;

/// The fold of a history.
pub(super) fn replay(id: &ExecutionId, events: &[Recorded]) -> Result<Execution, CliError> {
    Ok(replay_history(id, events)?)
}

/// The runbook that an execution began with.
pub(super) fn runbook(journal: &Journal, execution: &Execution) -> Result<StoredRunbook, CliError> {
    Ok(read_recorded_runbook(journal, execution)?)
}
