//! Exporting an execution as one file.

use super::error::AutomationError;
use super::{Automation, documents};
use crate::name::ExecutionId;
use crate::store::{Archive, ArchivedLine};

impl Automation {
    /// Writes an execution as the text of an archive: its runbook, its events, its log and a hash over all of it.
    pub async fn export(&self, execution: &ExecutionId) -> Result<String, AutomationError> {
        let journal = self.journal("export")?;
        let events = journal.history(execution).await?;
        let identity = documents::replay_history(execution, &events)?.started().document.clone();
        let missing = || AutomationError::DocumentMissing { execution: execution.clone() };
        let document = journal.document(&identity.sha256).await?.ok_or_else(missing)?;
        let lines = journal.log_lines(execution, 0).await?;
        let archive = Archive {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            document,
            events,
            log: lines
                .into_iter()
                .map(|(_, line)| ArchivedLine {
                    at: line.at,
                    step: line.step.to_string(),
                    attempt: line.attempt,
                    function: line.function,
                    text: line.text,
                })
                .collect(),
        };
        archive.write().map_err(|source| AutomationError::Export { execution: execution.clone(), source })
    }
}
