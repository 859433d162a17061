//! Locks: one holder at a time, in request order; an interrupted execution does not block them.

use super::*;
use crate::store::{Claim, ExecutionState, LockState, OnConflict};

const LOCK: &str = "restart-i-1";

fn waits_for(ahead: &[u32]) -> LockState {
    LockState::Waiting { holder: id(ahead[0]), ahead: ahead.len() as u64 }
}

async fn turn(journal: &Journal, number: u32) -> LockState {
    journal.acquire_lock(LOCK, &id(number), OnConflict::Queue).await.unwrap()
}

#[tokio::test]
async fn lock_is_acquired_in_request_order() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    let first = begin(&one, 1).await;
    begin(&two, 2).await;
    begin(&one, 3).await;
    assert_eq!(turn(&one, 1).await, LockState::Held);
    assert_eq!(turn(&two, 2).await, waits_for(&[1]));
    assert_eq!(turn(&one, 3).await, waits_for(&[1, 2]));
    // Asking again does not change the order.
    assert_eq!(turn(&one, 3).await, waits_for(&[1, 2]));
    assert_eq!(turn(&two, 2).await, waits_for(&[1]));
    assert_eq!(turn(&one, 1).await, LockState::Held);
    let status = async |number| one.entry(&id(number)).await.unwrap().unwrap().status;
    let states = [status(1).await, status(2).await];
    assert_eq!(states, [ExecutionState::Running(Status::InProgress), ExecutionState::Queued]);
    // The end of the holder passes the lock to the next execution only.
    one.append(&id(1), &first.end(1, Status::Success)).await.unwrap();
    assert_eq!(turn(&one, 3).await, waits_for(&[2]));
    assert_eq!(turn(&two, 2).await, LockState::Held);
    assert_eq!(turn(&one, 3).await, waits_for(&[2]));
}

#[tokio::test]
async fn interrupted_lock_holder_loses_the_lock_and_queues_last_when_resumed() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    begin(&one, 1).await;
    begin(&two, 2).await;
    assert_eq!(turn(&one, 1).await, LockState::Held);
    assert_eq!(turn(&two, 2).await, waits_for(&[1]));
    drop(one);
    assert_eq!(turn(&two, 2).await, LockState::Held);
    let three = folder.journal();
    assert_eq!(three.claim(&id(1)).await, Ok(Claim::Won));
    assert_eq!(turn(&three, 1).await, waits_for(&[2]));
}

#[tokio::test]
async fn lock_holder_resumed_before_a_poll_keeps_the_lock() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    begin(&one, 1).await;
    begin(&two, 2).await;
    assert_eq!(turn(&one, 1).await, LockState::Held);
    drop(one);
    assert_eq!(two.claim(&id(1)).await, Ok(Claim::Won));
    assert_eq!(turn(&two, 2).await, waits_for(&[1]));
    assert_eq!(turn(&two, 1).await, LockState::Held);
}

#[tokio::test]
async fn interrupted_execution_in_the_queue_blocks_no_other() {
    let folder = Folder::new();
    let (one, two, three) = (folder.journal(), folder.journal(), folder.journal());
    let first = begin(&one, 1).await;
    begin(&two, 2).await;
    begin(&three, 3).await;
    assert_eq!(turn(&one, 1).await, LockState::Held);
    assert_eq!(turn(&two, 2).await, waits_for(&[1]));
    assert_eq!(turn(&three, 3).await, waits_for(&[1, 2]));
    drop(two);
    // It is removed when its turn comes.
    assert_eq!(turn(&three, 3).await, waits_for(&[1, 2]));
    one.append(&id(1), &first.end(1, Status::Failed)).await.unwrap();
    assert_eq!(turn(&three, 3).await, LockState::Held);
}
