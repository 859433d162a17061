//! Which process owns an execution, how it left one before the end, and whether people were notified of that.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use super::{Journal, append, entries};
use crate::event::LeaveReason;
use crate::name::ExecutionId;
use crate::store::{Claim, ExecutionIndex, ExecutionState, Lease, Stored};

impl Lease for Journal {
    fn process(&self) -> &str {
        self.process.id()
    }

    fn claim<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Claim> {
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

    fn claim_from<'a>(&'a self, execution: &'a ExecutionId, from: &'a str) -> Stored<'a, Claim> {
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

    fn release<'a>(&'a self, execution: &'a ExecutionId, reason: Option<LeaveReason>) -> Stored<'a, ()> {
        let (process, execution, ends) = (Arc::clone(&self.process), execution.clone(), self.ends.clone());
        self.writer.submit(move |connection| {
            let release = "WITH RECURSIVE tree (id) AS \
                           (SELECT ?1 UNION SELECT child.id FROM executions child JOIN tree ON child.parent = tree.id) \
                           UPDATE executions SET owner = NULL, left_by = ?3 \
                           WHERE id IN tree AND owner = ?2 AND ended_at IS NULL RETURNING id";
            let mut statement = connection.prepare_cached(release)?;
            let reason = reason.map(LeaveReason::as_str);
            let released =
                statement.query_map((execution.as_str(), process.id(), reason), |row| row.get::<_, String>(0))?;
            for id in released {
                ends.forget(&ExecutionId::new(id?));
            }
            Ok(())
        })
    }

    fn release_all(&self, reason: LeaveReason) -> Stored<'_, ()> {
        let process = Arc::clone(&self.process);
        self.writer.submit(move |connection| {
            let release = "UPDATE executions SET owner = NULL, left_by = ?2 WHERE owner = ?1 AND ended_at IS NULL";
            connection.prepare_cached(release)?.execute((process.id(), reason.as_str()))?;
            Ok(())
        })
    }

    fn claim_interruption_notice<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, bool> {
        let (process, execution) = (Arc::clone(&self.process), execution.clone());
        self.writer.submit(move |connection| {
            let Some((number, entry)) = entries::entry(connection, &process, &execution)? else { return Ok(false) };
            if entry.status != ExecutionState::Interrupted {
                return Ok(false);
            }
            let claim = "UPDATE executions SET is_interruption_notified = 1 \
                         WHERE number = ?1 AND is_interruption_notified = 0";
            Ok(connection.prepare_cached(claim)?.execute([number])? > 0)
        })
    }

    fn return_interruption_notice<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, ()> {
        let execution = execution.clone();
        self.writer.submit(move |connection| {
            let give_back = "UPDATE executions SET is_interruption_notified = 0 WHERE id = ?1";
            connection.prepare_cached(give_back)?.execute([execution.as_str()])?;
            Ok(())
        })
    }

    fn orphaned_children<'a>(&'a self, parent: &'a ExecutionId) -> Stored<'a, Vec<ExecutionId>> {
        let children = self.children(parent);
        Box::pin(async move {
            let left = children.await?.into_iter().filter(|child| child.status == ExecutionState::Interrupted);
            Ok(left.map(|child| child.id).collect())
        })
    }

    fn functions_lock(&self) -> Option<OwnedFd> {
        self.process.functions_lock().map(OwnedFd::from)
    }
}
