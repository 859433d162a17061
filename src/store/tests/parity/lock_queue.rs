//! Locks: one execution at a time, in the order they asked.

use super::*;
use crate::store::{Claim, ExecutionState, LockState, OnConflict, Request, RequestKind, StoreError};

const LOCK: &str = "restart-i-1";

fn waits_for(ahead: &[u32]) -> LockState {
    LockState::Waiting { holder: id(ahead[0]), ahead: ahead.len() as u64 }
}

async fn turn(store: &dyn Store, number: u32) -> LockState {
    store.acquire_lock(LOCK, &id(number), OnConflict::Queue).await.unwrap()
}

#[tokio::test]
async fn lock_is_acquired_in_request_order() {
    each(|store| async move {
        let store = &*store;
        let first = begin(store, 1).await;
        begin(store, 2).await;
        begin(store, 3).await;
        assert_eq!(turn(store, 1).await, LockState::Held);
        assert_eq!(turn(store, 2).await, waits_for(&[1]));
        assert_eq!(turn(store, 3).await, waits_for(&[1, 2]));
        // Asking again does not change the order.
        assert_eq!(turn(store, 3).await, waits_for(&[1, 2]));
        assert_eq!(turn(store, 2).await, waits_for(&[1]));
        assert_eq!(turn(store, 1).await, LockState::Held);
        let states = [entry(store, 1).await.status, entry(store, 2).await.status];
        assert_eq!(states, [ExecutionState::Running(Status::InProgress), ExecutionState::Queued]);
        // The end of the holder passes the lock to the next execution only.
        store.append(&id(1), &first.end(1, Status::Success)).await.unwrap();
        assert_eq!(turn(store, 3).await, waits_for(&[2]));
        assert_eq!(turn(store, 2).await, LockState::Held);
        assert_eq!(turn(store, 3).await, waits_for(&[2]));
    })
    .await;
}

#[tokio::test]
async fn different_locks_are_independent() {
    each(|store| async move {
        begin(&*store, 1).await;
        begin(&*store, 2).await;
        assert_eq!(turn(&*store, 1).await, LockState::Held);
        assert_eq!(store.acquire_lock("another", &id(2), OnConflict::Reject).await, Ok(LockState::Held));
    })
    .await;
}

#[tokio::test]
async fn rejected_execution_takes_no_queue_position() {
    each(|store| async move {
        for number in [1, 2, 3] {
            begin(&*store, number).await;
        }
        assert_eq!(store.acquire_lock(LOCK, &id(1), OnConflict::Reject).await, Ok(LockState::Held));
        let refused = LockState::Refused { holder: id(1) };
        assert_eq!(store.acquire_lock(LOCK, &id(2), OnConflict::Reject).await, Ok(refused));
        assert_eq!(turn(&*store, 3).await, waits_for(&[1]));
    })
    .await;
}

#[tokio::test]
async fn replacing_execution_cancels_all_ahead_once_and_is_next() {
    each(|store| async move {
        let store = &*store;
        let first = begin(store, 1).await;
        let second = begin(store, 2).await;
        begin(store, 3).await;
        assert_eq!(turn(store, 1).await, LockState::Held);
        assert_eq!(turn(store, 2).await, waits_for(&[1]));
        for _ in 0..2 {
            assert_eq!(store.acquire_lock(LOCK, &id(3), OnConflict::Replace).await, Ok(waits_for(&[1, 2])));
        }
        let by = format!("execution {}, which replaces it under lock {LOCK}", id(3));
        let asked = Request { kind: RequestKind::Cancel, by, at: start() };
        let numbered = vec![(1, asked.clone())];
        assert_eq!(store.requests(&id(1)).await, Ok(numbered.clone()));
        assert_eq!(store.requests(&id(2)).await, Ok(vec![(2, asked)]));
        assert_eq!(store.requests(&id(3)).await, Ok(Vec::new()));
        // It waits for their ends.
        assert_eq!(turn(store, 3).await, waits_for(&[1, 2]));
        store.append(&id(1), &first.end(1, Status::Cancelled)).await.unwrap();
        store.append(&id(2), &second.end(1, Status::Cancelled)).await.unwrap();
        assert_eq!(turn(store, 3).await, LockState::Held);
        assert_eq!(store.requests(&id(1)).await, Ok(numbered));
    })
    .await;
}

#[tokio::test]
async fn released_executions_do_not_block_the_lock() {
    each(|store| async move {
        let store = &*store;
        for number in [1, 2, 3, 4] {
            begin(store, number).await;
            turn(store, number).await;
        }
        store.release(&id(1), None).await.unwrap();
        store.release(&id(2), None).await.unwrap();
        // The next running execution removes those ahead of it when it asks.
        assert_eq!(turn(store, 4).await, waits_for(&[3]));
        assert_eq!(turn(store, 3).await, LockState::Held);
        // Once resumed, they wait at the end of the queue.
        for number in [1, 2] {
            assert_eq!(store.claim(&id(number)).await, Ok(Claim::Won));
        }
        assert_eq!(turn(store, 1).await, waits_for(&[3, 4]));
        assert_eq!(turn(store, 2).await, waits_for(&[3, 4, 1]));
    })
    .await;
}

#[tokio::test]
async fn lock_holder_left_and_resumed_at_once_keeps_the_lock() {
    each(|store| async move {
        begin(&*store, 1).await;
        begin(&*store, 2).await;
        assert_eq!(turn(&*store, 1).await, LockState::Held);
        assert_eq!(turn(&*store, 2).await, waits_for(&[1]));
        store.release(&id(1), None).await.unwrap();
        assert_eq!(store.claim(&id(1)).await, Ok(Claim::Won));
        assert_eq!(turn(&*store, 2).await, waits_for(&[1]));
        assert_eq!(turn(&*store, 1).await, LockState::Held);
    })
    .await;
}

#[tokio::test]
async fn unknown_execution_cannot_acquire_a_lock() {
    each(|store| async move {
        let unknown = StoreError::Unknown { execution: id(1) };
        assert_eq!(store.acquire_lock(LOCK, &id(1), OnConflict::Queue).await, Err(unknown));
    })
    .await;
}
