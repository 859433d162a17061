//! Locks: one holder at a time, first come first served, and interrupted executions hold none.

use super::*;
use crate::store::{Claim, ExecutionState, LockState, OnConflict, Request, RequestKind};

const LOCK: &str = "restart-i-1";

fn waits_for(ahead: &[u32]) -> LockState {
    LockState::Waiting { holder: id(ahead[0]), ahead: ahead.len() as u64 }
}

async fn acquire(journal: &Journal, number: u32) -> LockState {
    journal.acquire_lock(LOCK, &id(number), OnConflict::Queue).await.unwrap()
}

#[tokio::test]
async fn lock_queue_is_first_come_first_served() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    let first = begin(&one, 1).await;
    begin(&two, 2).await;
    begin(&one, 3).await;
    assert_eq!(acquire(&one, 1).await, LockState::Held);
    assert_eq!(acquire(&two, 2).await, waits_for(&[1]));
    assert_eq!(acquire(&one, 3).await, waits_for(&[1, 2]));
    // Repeated requests keep the queue positions.
    assert_eq!(acquire(&one, 3).await, waits_for(&[1, 2]));
    assert_eq!(acquire(&two, 2).await, waits_for(&[1]));
    assert_eq!(acquire(&one, 1).await, LockState::Held);
    let status = |number| one.entry(&id(number)).unwrap().unwrap().status;
    assert_eq!([status(1), status(2)], [ExecutionState::Running(Status::InProgress), ExecutionState::Queued]);
    // The end of the holder releases the lock to the next execution only.
    one.append(&id(1), &first.end(1, Status::Success)).await.unwrap();
    assert_eq!(acquire(&one, 3).await, waits_for(&[2]));
    assert_eq!(acquire(&two, 2).await, LockState::Held);
    assert_eq!(acquire(&one, 3).await, waits_for(&[2]));
}

#[tokio::test]
async fn locks_are_independent() {
    let folder = Folder::new();
    let journal = folder.journal();
    begin(&journal, 1).await;
    begin(&journal, 2).await;
    assert_eq!(acquire(&journal, 1).await, LockState::Held);
    assert_eq!(journal.acquire_lock("another", &id(2), OnConflict::Reject).await, Ok(LockState::Held));
}

#[tokio::test]
async fn refused_execution_takes_no_queue_position() {
    let folder = Folder::new();
    let journal = folder.journal();
    for number in [1, 2, 3] {
        begin(&journal, number).await;
    }
    assert_eq!(journal.acquire_lock(LOCK, &id(1), OnConflict::Reject).await, Ok(LockState::Held));
    let refused = LockState::Refused { holder: id(1) };
    assert_eq!(journal.acquire_lock(LOCK, &id(2), OnConflict::Reject).await, Ok(refused));
    assert_eq!(acquire(&journal, 3).await, waits_for(&[1]));
}

#[tokio::test]
async fn replacing_execution_cancels_all_ahead_and_is_next() {
    let folder = Folder::new();
    let journal = folder.journal();
    let first = begin(&journal, 1).await;
    let second = begin(&journal, 2).await;
    begin(&journal, 3).await;
    assert_eq!(acquire(&journal, 1).await, LockState::Held);
    assert_eq!(acquire(&journal, 2).await, waits_for(&[1]));
    assert_eq!(journal.acquire_lock(LOCK, &id(3), OnConflict::Replace).await, Ok(waits_for(&[1, 2])));
    let asked = Request {
        kind: RequestKind::Cancel,
        by: format!("execution {}, which takes over lock {LOCK}", id(3)),
        at: start(),
    };
    assert_eq!(journal.requests(&id(1)), Ok(vec![(1, asked.clone())]));
    assert_eq!(journal.requests(&id(2)), Ok(vec![(2, asked)]));
    assert_eq!(journal.requests(&id(3)), Ok(Vec::new()));
    // It waits until they have ended.
    assert_eq!(acquire(&journal, 3).await, waits_for(&[1, 2]));
    journal.append(&id(1), &first.end(1, Status::Cancelled)).await.unwrap();
    journal.append(&id(2), &second.end(1, Status::Cancelled)).await.unwrap();
    assert_eq!(acquire(&journal, 3).await, LockState::Held);
    assert_eq!(journal.requests(&id(1)), Ok(Vec::new()));
}

#[tokio::test]
async fn interrupted_lock_holder_is_removed_and_queues_last_when_resumed() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    begin(&one, 1).await;
    begin(&two, 2).await;
    assert_eq!(acquire(&one, 1).await, LockState::Held);
    assert_eq!(acquire(&two, 2).await, waits_for(&[1]));
    drop(one);
    assert_eq!(acquire(&two, 2).await, LockState::Held);
    let three = folder.journal();
    assert_eq!(three.claim(&id(1)).await, Ok(Claim::Won));
    assert_eq!(acquire(&three, 1).await, waits_for(&[2]));
}

#[tokio::test]
async fn lock_holder_resumed_before_a_poll_keeps_the_lock() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    begin(&one, 1).await;
    begin(&two, 2).await;
    assert_eq!(acquire(&one, 1).await, LockState::Held);
    drop(one);
    assert_eq!(two.claim(&id(1)).await, Ok(Claim::Won));
    assert_eq!(acquire(&two, 2).await, waits_for(&[1]));
    assert_eq!(acquire(&two, 1).await, LockState::Held);
}

#[tokio::test]
async fn interrupted_execution_in_the_queue_blocks_no_other() {
    let folder = Folder::new();
    let (one, two, three) = (folder.journal(), folder.journal(), folder.journal());
    let first = begin(&one, 1).await;
    begin(&two, 2).await;
    begin(&three, 3).await;
    assert_eq!(acquire(&one, 1).await, LockState::Held);
    assert_eq!(acquire(&two, 2).await, waits_for(&[1]));
    assert_eq!(acquire(&three, 3).await, waits_for(&[1, 2]));
    drop(two);
    // It is removed at the head of the queue.
    assert_eq!(acquire(&three, 3).await, waits_for(&[1, 2]));
    one.append(&id(1), &first.end(1, Status::Failed)).await.unwrap();
    assert_eq!(acquire(&three, 3).await, LockState::Held);
}

#[tokio::test]
async fn unknown_execution_cannot_acquire_a_lock() {
    let folder = Folder::new();
    let unknown = crate::store::StoreError::Unknown { execution: id(1) };
    assert_eq!(folder.journal().acquire_lock(LOCK, &id(1), OnConflict::Queue).await, Err(unknown));
}
