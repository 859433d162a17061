//! Taking executions over from processes that are gone.

use std::sync::Arc;

use super::process::Owner;
use super::{Entry, ExecutionState, Journal, append, entries};
use crate::event::Status;
use crate::name::ExecutionId;
use crate::store::{StoreError, Stored};

/// What came of an attempt to carry an execution on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It belongs to this process now.
    Won,
    /// A living process runs it.
    Running {
        /// Which.
        owner: Owner,
    },
    /// Its process is dead, and processes of local functions that it started are about to end.
    FunctionsRunning {
        /// The process id that the ended process had; 0 where it is not known.
        pid: u32,
    },
    /// It has ended.
    Ended(Status),
    /// There is none.
    Unknown,
}

impl Journal {
    /// Takes an execution over that no process runs. Of several processes that try, one wins.
    pub fn claim<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Claim> {
        let (process, execution) = (Arc::clone(&self.process), execution.clone());
        self.writer.submit(move |connection| {
            let Some((number, entry)) = entries::entry(connection, &process, &execution)? else {
                return Ok(Claim::Unknown);
            };
            match (entry.status, entry.owner) {
                (ExecutionState::Ended(status), _) => Ok(Claim::Ended(status)),
                (ExecutionState::Running(_) | ExecutionState::Queued, Some(owner)) => Ok(Claim::Running { owner }),
                (ExecutionState::Running(_) | ExecutionState::Queued, None) | (ExecutionState::Interrupted, _) => {
                    if let Some(claim) = process.awaited(connection, number)? {
                        return Ok(claim);
                    }
                    append::own(connection, number, &process)?;
                    Ok(Claim::Won)
                }
            }
        })
    }

    /// The same from a living process that hands the execution over.
    pub fn claim_from<'a>(&'a self, execution: &'a ExecutionId, from: &'a str) -> Stored<'a, Claim> {
        let (process, execution, from) = (Arc::clone(&self.process), execution.clone(), from.to_owned());
        self.writer.submit(move |connection| {
            let Some((number, entry)) = entries::entry(connection, &process, &execution)? else {
                return Ok(Claim::Unknown);
            };
            match (entry.status, entry.owner) {
                (ExecutionState::Ended(status), _) => Ok(Claim::Ended(status)),
                (ExecutionState::Running(_) | ExecutionState::Queued, Some(owner)) if owner.id != from => {
                    Ok(Claim::Running { owner })
                }
                (ExecutionState::Running(_) | ExecutionState::Queued | ExecutionState::Interrupted, _) => {
                    append::own(connection, number, &process)?;
                    Ok(Claim::Won)
                }
            }
        })
    }

    /// What has not ended and no process runs, the oldest first.
    pub fn interrupted(&self) -> Result<Vec<Entry>, StoreError> {
        let process = Arc::clone(&self.process);
        self.read(|connection| entries::interrupted(connection, &process))
    }
}
