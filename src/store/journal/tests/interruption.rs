//! Interrupted executions: why their process left them, and the notification.

use super::*;
use crate::event::{LeaveReason, Parent};
use crate::name::{StepExecutionId, StepName};
use crate::store::{Claim, Entry, ExecutionState, StoreError};

/// Begins an execution as a step of another one.
async fn begin_child(journal: &Journal, number: u32, parent: u32) {
    let mut history = History::new(number);
    history.started.launch.parent = Some(Box::new(Parent {
        execution: id(parent),
        step: StepName::new("step1"),
        step_execution: StepExecutionId::new("run"),
        attempt: 1,
        target: None,
        ancestors: Vec::new(),
    }));
    journal.create(TEXT, &history.begin()).await.unwrap();
}

/// The states of these executions, and why they were left.
async fn left(journal: &Journal, numbers: &[u32]) -> Vec<(ExecutionState, Option<LeaveReason>)> {
    let mut left = Vec::new();
    for number in numbers {
        let entry = journal.entry(&id(*number)).await.unwrap().unwrap();
        left.push((entry.status, entry.left));
    }
    left
}

#[tokio::test]
async fn leave_reason_is_kept_until_a_claim() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    for (number, reason) in (1..).zip(LeaveReason::ALL) {
        begin(&one, number).await;
        one.release(&id(number), Some(reason)).await.unwrap();
        assert_eq!(left(&two, &[number]).await, [(ExecutionState::Interrupted, Some(reason))]);
        assert_eq!(two.claim(&id(number)).await, Ok(Claim::Won));
        assert_eq!(two.entry(&id(number)).await.unwrap().unwrap().left, None);
    }
    // A crash after the claim records no reason.
    drop(two);
    let automatic = one.interrupted().await.unwrap().iter().map(Entry::is_resumed_automatically).collect::<Vec<_>>();
    assert_eq!(
        (left(&one, &[1, 2, 3]).await, automatic),
        ([(ExecutionState::Interrupted, None); 3].to_vec(), vec![true; 3])
    );
}

#[tokio::test]
async fn release_includes_children_of_the_same_process_only() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    for number in [1, 5] {
        begin(&one, number).await;
    }
    begin_child(&one, 2, 1).await;
    begin_child(&one, 3, 2).await;
    begin_child(&one, 4, 1).await;
    one.append(&id(4), &History::new(4).end(1, Status::Success)).await.unwrap();
    // Another process runs this one.
    begin_child(&two, 6, 1).await;
    one.release(&id(1), Some(LeaveReason::Termination)).await.unwrap();
    let (terminated, running) = (
        (ExecutionState::Interrupted, Some(LeaveReason::Termination)),
        (ExecutionState::Running(Status::InProgress), None),
    );
    let ended = (ExecutionState::Ended(Status::Success), None);
    assert_eq!(
        left(&two, &[1, 2, 3, 4, 5, 6]).await,
        [terminated, terminated, terminated, ended, running, running],
        "parent, child, grandchild, ended child, unrelated execution, child of another process"
    );
}

#[tokio::test]
async fn only_one_process_notifies_of_an_interruption() {
    let folder = Folder::new();
    let one = folder.journal();
    begin(&one, 1).await;
    let [two, three] = [folder.journal(), folder.journal()];
    assert_eq!(two.claim_interruption_notice(&id(1)).await, Ok(false), "it is running");
    drop(one);
    let mut claims = Vec::new();
    for journal in [&two, &three, &two] {
        claims.push(journal.claim_interruption_notice(&id(1)).await.unwrap());
    }
    // It could not be sent.
    two.return_interruption_notice(&id(1)).await.unwrap();
    claims.push(three.claim_interruption_notice(&id(1)).await.unwrap());
    // A new interruption is notified again.
    assert_eq!(three.claim(&id(1)).await, Ok(Claim::Won));
    three.release(&id(1), Some(LeaveReason::Termination)).await.unwrap();
    claims.push(two.claim_interruption_notice(&id(1)).await.unwrap());
    assert_eq!(claims, [true, false, false, true, true]);
    assert_eq!(two.claim_interruption_notice(&id(9)).await, Ok(false), "unknown execution");
}

#[tokio::test]
async fn internal_error_releases_all_executions_of_the_process() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    begin(&one, 1).await;
    begin(&one, 2).await;
    one.append(&id(2), &History::new(2).end(1, Status::Success)).await.unwrap();
    begin(&two, 3).await;
    one.release_all(LeaveReason::InternalError).await.unwrap();
    assert_eq!(
        left(&two, &[1, 2, 3]).await,
        [
            (ExecutionState::Interrupted, Some(LeaveReason::InternalError)),
            (ExecutionState::Ended(Status::Success), None),
            (ExecutionState::Running(Status::InProgress), None),
        ]
    );
    // After the release the process cannot append.
    let refused = StoreError::NotOwner { execution: id(1) };
    assert_eq!(one.append(&id(1), &History::new(1).steps(1, 1)).await, Err(refused));
}
