//! Ownership of executions: claims, releases and interruptions.

use super::*;
use crate::event::LeaveReason;
use crate::store::{Claim, ExecutionState, StoreError};

/// The states of executions, and how they were left.
async fn left(store: &dyn Store, numbers: &[u32]) -> Vec<(ExecutionState, Option<LeaveReason>)> {
    let mut left = Vec::new();
    for number in numbers {
        let entry = entry(store, *number).await;
        left.push((entry.status, entry.left));
    }
    left
}

#[tokio::test]
async fn process_owns_the_executions_it_creates() {
    each(|store| async move {
        begin(&*store, 1).await;
        let entry = entry(&*store, 1).await;
        let owner = entry.owner.unwrap();
        assert_eq!(entry.status, ExecutionState::Running(Status::InProgress));
        assert_eq!((owner.id.as_str(), owner.pid, owner.since), (store.process(), std::process::id(), start()));
        assert!(!owner.host.is_empty());
        assert_eq!(store.claim(&id(1)).await, Ok(Claim::Running { owner: owner.clone() }));
        assert_eq!(store.claim_from(&id(1), "another").await, Ok(Claim::Running { owner }));
        let own = store.process().to_owned();
        assert_eq!(store.claim_from(&id(1), &own).await, Ok(Claim::Won), "the process hands it over to itself");
        assert_eq!(store.claim(&id(9)).await, Ok(Claim::Unknown));
        assert_eq!(store.claim_from(&id(9), "another").await, Ok(Claim::Unknown));
        whole(&*store, 2).await;
        assert_eq!(store.claim(&id(2)).await, Ok(Claim::Ended(Status::Success)));
        assert_eq!(store.claim_from(&id(2), "another").await, Ok(Claim::Ended(Status::Success)));
    })
    .await;
}

#[tokio::test]
async fn released_execution_rejects_appends_until_claimed() {
    each(|store| async move {
        let history = begin(&*store, 1).await;
        store.release(&id(1), None).await.unwrap();
        assert_eq!(left(&*store, &[1]).await, [(ExecutionState::Interrupted, None)]);
        assert_eq!(entry(&*store, 1).await.owner, None);
        let refused = StoreError::NotOwner { execution: id(1) };
        assert_eq!(store.append(&id(1), &history.steps(1, 1)).await, Err(refused));
        assert_eq!(store.claim(&id(1)).await, Ok(Claim::Won));
        store.append(&id(1), &history.steps(1, 1)).await.unwrap();
        store.release(&id(1), None).await.unwrap();
        assert_eq!(store.claim_from(&id(1), "another").await, Ok(Claim::Won));
        store.release(&id(9), None).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn leave_reason_is_kept_until_a_claim() {
    each(|store| async move {
        for (number, reason) in (1..).zip(LeaveReason::ALL) {
            begin(&*store, number).await;
            store.release(&id(number), Some(reason)).await.unwrap();
            assert_eq!(left(&*store, &[number]).await, [(ExecutionState::Interrupted, Some(reason))]);
            assert_eq!(store.claim(&id(number)).await, Ok(Claim::Won));
            assert_eq!(entry(&*store, number).await.left, None);
        }
    })
    .await;
}

#[tokio::test]
async fn executions_left_by_their_user_or_an_internal_error_are_resumed_by_id_only() {
    each(|store| async move {
        for (number, reason) in (1..).zip(LeaveReason::ALL) {
            begin(&*store, number).await;
            store.release(&id(number), Some(reason)).await.unwrap();
        }
        begin(&*store, 4).await;
        store.release(&id(4), None).await.unwrap();
        store.import(TEXT, &History::new(5).begin()).await.unwrap();
        begin(&*store, 6).await;
        let interrupted = store.interrupted().await.unwrap();
        let automatic: Vec<bool> = interrupted.iter().map(Entry::is_resumed_automatically).collect();
        assert_eq!((listed(&interrupted), automatic), (vec![1, 2, 3, 4, 5], vec![false, true, false, true, false]));
    })
    .await;
}

#[tokio::test]
async fn children_are_released_and_resumed_with_their_parent() {
    each(|store| async move {
        for number in [1, 5] {
            begin(&*store, number).await;
        }
        for (number, parent) in [(2, 1), (3, 2), (4, 1)] {
            store.create(TEXT, &child(number, parent).begin()).await.unwrap();
        }
        store.append(&id(4), &child(4, 1).end(1, Status::Success)).await.unwrap();
        assert_eq!(store.children(&id(1)).await.map(|children| listed(&children)), Ok(vec![2, 4]));
        assert_eq!(store.orphaned_children(&id(1)).await, Ok(Vec::new()));
        store.release(&id(1), Some(LeaveReason::Termination)).await.unwrap();
        let terminated = (ExecutionState::Interrupted, Some(LeaveReason::Termination));
        let ended = (ExecutionState::Ended(Status::Success), None);
        let running = (ExecutionState::Running(Status::InProgress), None);
        let expected = [terminated, terminated, terminated, ended, running];
        assert_eq!(left(&*store, &[1, 2, 3, 4, 5]).await, expected, "parent, child, grandchild, ended child, other");
        assert_eq!(store.orphaned_children(&id(1)).await, Ok(vec![id(2)]));
        assert_eq!(store.orphaned_children(&id(2)).await, Ok(vec![id(3)]));
        // A child is resumed with its parent, as long as that has not ended.
        let interrupted = async || listed(&store.interrupted().await.unwrap());
        assert_eq!(interrupted().await, [1]);
        assert_eq!(store.claim(&id(1)).await, Ok(Claim::Won));
        assert_eq!(interrupted().await, Vec::<u32>::new());
        store.append(&id(1), &History::new(1).end(1, Status::Failed)).await.unwrap();
        assert_eq!(interrupted().await, [2]);
    })
    .await;
}

#[tokio::test]
async fn internal_error_releases_all_executions_of_the_process() {
    each(|store| async move {
        begin(&*store, 1).await;
        whole(&*store, 2).await;
        begin(&*store, 3).await;
        store.release_all(LeaveReason::InternalError).await.unwrap();
        let failed = (ExecutionState::Interrupted, Some(LeaveReason::InternalError));
        let ended = (ExecutionState::Ended(Status::Success), None);
        assert_eq!(left(&*store, &[1, 2, 3]).await, [failed, ended, failed]);
        let refused = StoreError::NotOwner { execution: id(1) };
        assert_eq!(store.append(&id(1), &History::new(1).steps(1, 1)).await, Err(refused));
    })
    .await;
}

#[tokio::test]
async fn interruption_is_notified_once() {
    each(|store| async move {
        begin(&*store, 1).await;
        let claim = async |number| store.claim_interruption_notice(&id(number)).await.unwrap();
        assert!(!claim(1).await, "it is running");
        assert!(!claim(9).await, "unknown execution");
        store.release(&id(1), None).await.unwrap();
        assert_eq!([claim(1).await, claim(1).await], [true, false]);
        // It could not be sent.
        store.return_interruption_notice(&id(1)).await.unwrap();
        assert_eq!([claim(1).await, claim(1).await], [true, false]);
        // A new interruption is notified again.
        assert_eq!(store.claim(&id(1)).await, Ok(Claim::Won));
        store.release(&id(1), Some(LeaveReason::Termination)).await.unwrap();
        assert!(claim(1).await);
        store.return_interruption_notice(&id(9)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn functions_lock_exists_only_in_a_journal() {
    // In memory no other process could resume anything.
    assert!(crate::store::Lease::functions_lock(&MemoryStore::new()).is_none());
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::create(folder.path(), Arc::new(ManualClock::at(start()))).unwrap();
    assert!(crate::store::Lease::functions_lock(&journal).is_some());
}
