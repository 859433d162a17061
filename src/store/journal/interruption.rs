//! Records how a process left an execution before its end, and whether people were notified of the interruption.

use std::sync::Arc;

use super::{ExecutionState, Journal, entries};
use crate::event::LeaveReason;
use crate::name::ExecutionId;
use crate::store::Stored;

impl Journal {
    /// Leaves an execution, with its children, for another process to resume. Without a reason it looks like a crash.
    /// Executions that this process does not own stay as they are.
    pub fn release<'a>(&'a self, execution: &'a ExecutionId, reason: Option<LeaveReason>) -> Stored<'a, ()> {
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

    /// Leaves every execution of this process, before it ends on an internal error.
    pub fn release_all(&self, reason: LeaveReason) -> Stored<'_, ()> {
        let process = Arc::clone(&self.process);
        self.writer.submit(move |connection| {
            let release = "UPDATE executions SET owner = NULL, left_by = ?2 WHERE owner = ?1 AND ended_at IS NULL";
            connection.prepare_cached(release)?.execute((process.id(), reason.as_str()))?;
            Ok(())
        })
    }

    /// Claims the notification of an interruption: true for the first process that asks since the interruption, false
    /// for all others, and for an execution that is not interrupted.
    pub fn claim_interruption_notice<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, bool> {
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

    /// Returns the notification to the next process that finds the interruption: this one could not send it.
    pub fn return_interruption_notice<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, ()> {
        let execution = execution.clone();
        self.writer.submit(move |connection| {
            let give_back = "UPDATE executions SET is_interruption_notified = 0 WHERE id = ?1";
            connection.prepare_cached(give_back)?.execute([execution.as_str()])?;
            Ok(())
        })
    }
}
