//! The queues of locks.

use jiff::Timestamp;

use super::{Content, MemoryStore, ready};
use crate::name::ExecutionId;
use crate::store::lock_queue::replacing_requester;
use crate::store::{LockQueue, LockState, OnConflict, Request, RequestKind, StoreError, Stored};

/// The position of an execution in the queue of its lock. Each execution has one at most.
#[derive(Debug, Clone)]
pub(super) struct Turn {
    lock: String,
    pub(super) execution: ExecutionId,
    pub(super) is_held: bool,
}

impl Content {
    fn acquire(
        &mut self,
        lock: &str,
        execution: &ExecutionId,
        on_conflict: OnConflict,
        now: Timestamp,
    ) -> Result<LockState, StoreError> {
        self.require(execution)?;
        let holder = match self.first_in_queue(lock, execution) {
            Some(first) if first.execution != *execution => first.execution,
            Some(own) if own.is_held => return Ok(LockState::Held),
            Some(_) | None => {
                self.hold(lock, execution);
                return Ok(LockState::Held);
            }
        };
        if on_conflict == OnConflict::Reject {
            return Ok(LockState::Refused { holder });
        }
        if self.turns.iter().all(|turn| turn.execution != *execution) {
            self.turns.push(Turn { lock: lock.to_owned(), execution: execution.clone(), is_held: false });
            self.note_change();
        }
        let ahead: Vec<ExecutionId> = self
            .turns
            .iter()
            .take_while(|turn| turn.execution != *execution)
            .filter(|turn| turn.lock == lock)
            .map(|turn| turn.execution.clone())
            .collect();
        if on_conflict == OnConflict::Replace {
            self.replace(lock, execution, &ahead, now);
        }
        Ok(LockState::Waiting { holder, ahead: u64::try_from(ahead.len()).unwrap_or(u64::MAX) })
    }

    /// The turn of the execution that has the lock, or gets it next. Removes those ahead of it that are gone.
    fn first_in_queue(&mut self, lock: &str, own: &ExecutionId) -> Option<Turn> {
        for is_held in [true, false] {
            let is_in_queue = |turn: &&Turn| turn.lock == lock && turn.is_held == is_held;
            while let Some(first) = self.turns.iter().find(is_in_queue).cloned() {
                if first.execution == *own || self.get(&first.execution).is_some_and(|found| found.is_owned) {
                    return Some(first);
                }
                self.turns.retain(|turn| turn.execution != first.execution);
                self.note_change();
            }
        }
        None
    }

    fn hold(&mut self, lock: &str, execution: &ExecutionId) {
        match self.turns.iter_mut().find(|turn| turn.execution == *execution) {
            Some(own) => own.is_held = true,
            None => self.turns.push(Turn { lock: lock.to_owned(), execution: execution.clone(), is_held: true }),
        }
        self.note_change();
    }

    /// Cancels all that are ahead of an execution, each once.
    fn replace(&mut self, lock: &str, execution: &ExecutionId, ahead: &[ExecutionId], now: Timestamp) {
        let by = replacing_requester(execution, lock);
        for id in ahead {
            let mut asked = self.requests.values().filter(|(asked, _)| asked == id);
            if !asked.any(|(_, request)| request.kind == RequestKind::Cancel && request.by == by) {
                self.post_request(id, Request { kind: RequestKind::Cancel, by: by.clone(), at: now });
            }
        }
    }
}

impl LockQueue for MemoryStore {
    fn acquire_lock<'a>(
        &'a self,
        lock: &'a str,
        execution: &'a ExecutionId,
        on_conflict: OnConflict,
    ) -> Stored<'a, LockState> {
        ready(self.content().acquire(lock, execution, on_conflict, self.clock.now()))
    }
}
