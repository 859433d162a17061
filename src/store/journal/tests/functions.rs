//! Executions of an ended process whose functions still run: they are resumed only after these have ended.

use std::os::fd::OwnedFd;

use super::*;
use crate::event::LeaveReason;
use crate::limits::FUNCTIONS_END;
use crate::store::{Claim, ExecutionState, LockState, OnConflict, StoreError, claim_after_functions};

/// The lock that a supervisor of functions holds.
fn supervisor(journal: &Journal) -> OwnedFd {
    journal.functions_lock().unwrap()
}

const RUNNING: fn() -> Result<Claim, StoreError> = || Ok(Claim::FunctionsRunning { pid: std::process::id() });

#[tokio::test]
async fn execution_is_interrupted_at_once_and_claimed_after_the_functions_of_its_process_end() {
    let folder = Folder::new();
    let one = folder.journal();
    begin(&one, 1).await;
    let functions = supervisor(&one);
    let two = folder.journal();
    assert!(matches!(two.claim(&id(1)).await, Ok(Claim::Running { .. })));
    drop(one);
    assert_eq!(two.entry(&id(1)).await.unwrap().unwrap().status, ExecutionState::Interrupted);
    assert_eq!((two.claim(&id(1)).await, two.claim(&id(1)).await), (RUNNING(), RUNNING()));
    drop(functions);
    assert_eq!(two.claim(&id(1)).await, Ok(Claim::Won));
}

#[tokio::test]
async fn released_execution_waits_for_the_functions_of_every_ended_process() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    begin(&one, 1).await;
    begin(&two, 2).await;
    let (of_one, of_two) = (supervisor(&one), supervisor(&two));
    one.release(&id(1), Some(LeaveReason::User)).await.unwrap();
    drop(one);
    let three = folder.journal();
    assert_eq!(three.claim(&id(1)).await, RUNNING());
    drop(of_one);
    // The other process still runs, so its functions do not block the claim.
    assert_eq!(three.claim(&id(1)).await, Ok(Claim::Won));
    drop((of_two, two));
}

#[tokio::test]
async fn functions_of_the_same_process_do_not_block_a_claim() {
    let folder = Folder::new();
    let one = folder.journal();
    begin(&one, 1).await;
    let _functions = supervisor(&one);
    one.release(&id(1), None).await.unwrap();
    assert_eq!(one.claim(&id(1)).await, Ok(Claim::Won));
}

#[tokio::test]
async fn lock_is_released_after_the_functions_of_its_ended_holder() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    for (journal, number) in [(&one, 1), (&two, 2)] {
        begin(journal, number).await;
    }
    assert_eq!(one.acquire_lock("lock", &id(1), OnConflict::Queue).await, Ok(LockState::Held));
    let functions = supervisor(&one);
    drop(one);
    let waiting = two.acquire_lock("lock", &id(2), OnConflict::Queue).await;
    assert_eq!(waiting, Ok(LockState::Waiting { holder: id(1), ahead: 1 }));
    drop(functions);
    assert_eq!(two.acquire_lock("lock", &id(2), OnConflict::Queue).await, Ok(LockState::Held));
}

#[tokio::test]
async fn wait_for_functions_is_reported_once_and_times_out() {
    let folder = Folder::new();
    let one = folder.journal();
    begin(&one, 1).await;
    let functions = supervisor(&one);
    drop(one);
    let two = folder.journal();
    let execution = id(1);
    let mut reported = Vec::new();
    let mut claim = Box::pin(claim_after_functions(&two, &folder.clock, &execution, |pid| reported.push(pid)));
    let timed_out = loop {
        tokio::select! {
            claim = &mut claim => break claim,
            () = tokio::task::yield_now() => {
                if folder.clock.advance_to_next() {
                    folder.clock.advance(FUNCTIONS_END / 100);
                }
            }
        }
    };
    drop((claim, functions));
    let nothing = |_| panic!("there is nothing to wait for");
    let won = claim_after_functions(&two, &folder.clock, &execution, nothing).await;
    assert_eq!((timed_out, reported, won), (RUNNING(), vec![std::process::id()], Ok(Claim::Won)));
}

#[tokio::test]
async fn functions_file_of_an_ended_process_is_deleted_after_its_functions() {
    let folder = Folder::new();
    let one = folder.journal();
    whole(&one, 1).await;
    let (process, functions) = (one.process().to_owned(), supervisor(&one));
    drop(one);
    let file = folder.path().join("processes").join(format!("{process}.functions"));
    begin(&folder.journal(), 2).await;
    assert!(file.exists(), "its functions run");
    drop(functions);
    begin(&folder.journal(), 3).await;
    assert!(!file.exists());
}
