//! Which executions this process owns. No other process could claim one, so an execution is interrupted only when
//! this process has left it, or imported it.

use std::os::fd::OwnedFd;

use super::{MemoryStore, ready};
use crate::event::LeaveReason;
use crate::name::ExecutionId;
use crate::store::{Claim, ExecutionState, Lease, Stored};

impl MemoryStore {
    /// Claims an execution, also from the owner with this id.
    fn take_over(&self, execution: &ExecutionId, from: Option<&str>) -> Claim {
        let mut content = self.content();
        let Some(found) = content.get_mut(execution) else { return Claim::Unknown };
        match (found.state(false), from) {
            (ExecutionState::Ended(status), _) => return Claim::Ended(status),
            (ExecutionState::Running(_) | ExecutionState::Queued, from) if from != Some(&self.owner.id) => {
                return Claim::Running { owner: self.owner.clone() };
            }
            (ExecutionState::Running(_) | ExecutionState::Queued | ExecutionState::Interrupted, _) => found.own(),
        }
        content.note_change();
        Claim::Won
    }
}

impl Lease for MemoryStore {
    fn process(&self) -> &str {
        &self.owner.id
    }

    fn claim<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Claim> {
        ready(Ok(self.take_over(execution, None)))
    }

    fn claim_from<'a>(&'a self, execution: &'a ExecutionId, from: &'a str) -> Stored<'a, Claim> {
        ready(Ok(self.take_over(execution, Some(from))))
    }

    fn release<'a>(&'a self, execution: &'a ExecutionId, reason: Option<LeaveReason>) -> Stored<'a, ()> {
        let mut content = self.content();
        let mut tree = vec![execution.clone()];
        while let Some(id) = tree.pop() {
            tree.extend(content.children(&id).map(|child| child.id().clone()));
            if let Some(found) = content.get_mut(&id).filter(|found| found.is_owned) {
                found.is_owned = false;
                found.left = reason;
                content.note_change();
            }
        }
        ready(Ok(()))
    }

    fn release_all(&self, reason: LeaveReason) -> Stored<'_, ()> {
        let mut content = self.content();
        for found in content.executions.values_mut().filter(|found| found.is_owned) {
            found.is_owned = false;
            found.left = Some(reason);
        }
        content.note_change();
        ready(Ok(()))
    }

    fn orphaned_children<'a>(&'a self, parent: &'a ExecutionId) -> Stored<'a, Vec<ExecutionId>> {
        let content = self.content();
        let left = content.children(parent).filter(|child| content.state(child) == ExecutionState::Interrupted);
        ready(Ok(left.map(|child| child.id().clone()).collect()))
    }

    fn claim_interruption_notice<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, bool> {
        let mut content = self.content();
        let is_interrupted = |state| state == ExecutionState::Interrupted;
        let found = content.get_mut(execution).filter(|found| is_interrupted(found.state(false)));
        let is_first = found.is_some_and(|found| !std::mem::replace(&mut found.is_interruption_notified, true));
        if is_first {
            content.note_change();
        }
        ready(Ok(is_first))
    }

    fn return_interruption_notice<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, ()> {
        let mut content = self.content();
        if let Some(found) = content.get_mut(execution) {
            found.is_interruption_notified = false;
            content.note_change();
        }
        ready(Ok(()))
    }

    fn functions_lock(&self) -> Option<OwnedFd> {
        None
    }
}
