//! Finds one execution and reads its history.

use super::Automation;
use super::documents::replay_history;
use super::error::AutomationError;
use super::stop::is_late_stop;
use crate::event::Recorded;
use crate::execution::{Execution, Phase};
use crate::limits::HISTORY_SHORTEST_ID;
use crate::name::ExecutionId;
use crate::store::{Entry, FindError, Request, find_execution};

/// An execution with its history.
#[derive(Debug, Clone)]
pub struct StoredExecution {
    /// Its row in lists, with the status that other processes see.
    pub entry: Entry,
    /// Its events.
    pub events: Vec<Recorded>,
    /// Its state.
    pub execution: Execution,
    /// The requests to stop it that came too late: it ended before they were received.
    pub late_stops: Vec<Request>,
}

impl Automation {
    /// Finds an execution by its id, by a unique prefix of an id, or `last`.
    pub async fn find(&self, named: &str) -> Result<Entry, AutomationError> {
        if named.trim().is_empty() {
            return Err(FindError::None { given: String::new(), near: Vec::new() }.into());
        }
        Ok(find_execution(self.journal("find")?, named).await?)
    }

    /// The row of an execution in lists.
    pub async fn entry(&self, execution: &ExecutionId) -> Result<Entry, AutomationError> {
        let entry = self.journal("get")?.entry(execution).await?;
        entry.ok_or_else(|| AutomationError::Gone { execution: execution.clone() })
    }

    /// Reads an execution that was found, with its history.
    pub async fn get(&self, entry: Entry) -> Result<StoredExecution, AutomationError> {
        let events = self.journal("get")?.history(&entry.id).await?;
        let execution = replay_history(&entry.id, &events)?;
        let late_stops = match execution.phase() {
            Phase::Ended { .. } => {
                let requests = self.journal("get")?.requests(&entry.id).await?.into_iter();
                requests.map(|(_, request)| request).filter(|request| is_late_stop(&execution, &request.kind)).collect()
            }
            Phase::Between(_) | Phase::InStep => Vec::new(),
        };
        Ok(StoredExecution { entry, events, execution, late_stops })
    }

    /// The text of the runbook of an execution, where the journal has it.
    pub async fn document(&self, entry: &Entry) -> Result<Option<String>, AutomationError> {
        Ok(self.journal("get")?.document(&entry.document.sha256).await?)
    }

    /// The shortest unique prefix of an id with at least eight characters.
    pub async fn short_id<'a>(&self, id: &'a ExecutionId) -> &'a str {
        let whole = id.as_str();
        let beginnings = (HISTORY_SHORTEST_ID..whole.len()).filter_map(|length| whole.get(..length));
        // A hyphen at the end would look like a missing part.
        for beginning in beginnings.filter(|beginning| !beginning.ends_with('-')) {
            if self.find(beginning).await.is_ok() {
                return beginning;
            }
        }
        whole
    }
}
