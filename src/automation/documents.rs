//! Reads histories and runbooks from the journal.

use super::error::AutomationError;
use super::locations::executed_runbook;
use super::supplied_targets::unknown_targets;
use crate::diagnostic::Source;
use crate::event::{LaunchTargets, Recorded};
use crate::execution::Execution;
use crate::name::ExecutionId;
use crate::runbook::{self, Runbook};
use crate::store::EventStore;

/// A runbook whose text is in the journal.
#[derive(Debug)]
pub struct StoredRunbook {
    /// Its text.
    pub source: Source,
    /// The runbook.
    pub runbook: Runbook,
}

/// Replays the history of an execution.
pub fn replay_history(id: &ExecutionId, events: &[Recorded]) -> Result<Execution, AutomationError> {
    let corrupt = |source| AutomationError::InvalidHistory { execution: id.clone(), source };
    Execution::replay(events).map_err(corrupt)
}

/// Reads an execution from the journal.
pub(super) async fn read_execution(journal: &dyn EventStore, id: &ExecutionId) -> Result<Execution, AutomationError> {
    replay_history(id, &journal.history(id).await?)
}

/// Reads the runbook that an execution began with.
pub async fn read_recorded_runbook(
    journal: &dyn EventStore,
    execution: &Execution,
) -> Result<StoredRunbook, AutomationError> {
    let identity = &execution.started().document;
    let missing = || AutomationError::DocumentMissing { execution: execution.id().clone() };
    let text = journal.document(&identity.sha256).await?.ok_or_else(missing)?;
    read_runbook(&identity.name, &text)
}

/// Reads the runbook whose steps an execution has: the recorded one, or where the execution runs over targets or locations
/// the one that is made of it.
pub async fn read_executed_runbook(
    journal: &dyn EventStore,
    execution: &Execution,
) -> Result<Runbook, AutomationError> {
    let recorded = read_recorded_runbook(journal, execution).await?.runbook;
    let started = execution.started();
    let unknown = |targets: &LaunchTargets| targets.hidden.then(|| unknown_targets(targets));
    let known = started.launch.targets.as_deref().map(|targets| unknown(targets).unwrap_or_else(|| targets.clone()));
    Ok(executed_runbook(&recorded, started, known.as_ref()).into_owned())
}

/// Reads a runbook that was valid when its text was stored.
pub fn read_runbook(name: &str, text: &str) -> Result<StoredRunbook, AutomationError> {
    let invalid = |source_text: Source, problems| AutomationError::DocumentInvalid {
        name: name.to_owned(),
        source_text: Box::new(source_text),
        problems,
    };
    let document = crate::document::read(name, text.as_bytes())
        .map_err(|unreadable| invalid(unreadable.source, unreadable.problems))?;
    let loaded = runbook::load(&document);
    match loaded.runbook {
        Some(runbook) => Ok(StoredRunbook { source: document.source, runbook }),
        None => Err(invalid(document.source, loaded.diagnostics)),
    }
}
