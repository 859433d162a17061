//! Removing executions that ended long ago.

use jiff::Timestamp;

use super::Automation;
use super::error::AutomationError;
use crate::event::Status;
use crate::store::Pruned;

/// Which executions to remove. One that has not ended is never removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PruneRequest {
    /// They ended before this moment.
    pub ended_before: Timestamp,
    /// Their final statuses; empty for every status.
    pub statuses: Vec<Status>,
}

/// What a removal would remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrunePreview {
    /// How many executions.
    pub executions: u64,
    /// How many of each status that occurs.
    pub by_status: Vec<(Status, u64)>,
}

impl Automation {
    /// Counts the executions that would be removed.
    pub async fn preview_prune(&self, request: &PruneRequest) -> Result<PrunePreview, AutomationError> {
        let journal = self.journal("prune")?;
        let mut by_status = Vec::new();
        for status in [Status::Success, Status::Failed, Status::TimedOut, Status::Cancelled] {
            if request.statuses.is_empty() || request.statuses.contains(&status) {
                let count = journal.prunable(request.ended_before, &[status]).await?;
                if count > 0 {
                    by_status.push((status, count));
                }
            }
        }
        Ok(PrunePreview { executions: by_status.iter().map(|(_, count)| count).sum(), by_status })
    }

    /// Removes executions permanently.
    pub async fn prune(&self, request: &PruneRequest) -> Result<Pruned, AutomationError> {
        Ok(self.journal("prune")?.prune(request.ended_before, &request.statuses).await?)
    }
}
