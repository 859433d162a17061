//! How an execution was left before its end, and the notification of it.

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

/// How the executions with these numbers stand.
async fn left(journal: &Journal, numbers: &[u32]) -> Vec<(ExecutionState, Option<LeaveReason>)> {
    let mut left = Vec::new();
    for number in numbers {
        let entry = journal.entry(&id(*number)).await.unwrap().unwrap();
        left.push((entry.status, entry.left));
    }
    left
}

#[tokio::test]
async fn a_reason_is_kept_until_somebody_claims_the_execution() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    for (number, reason) in (1..).zip(LeaveReason::ALL) {
        begin(&one, number).await;
        one.release(&id(number), Some(reason)).await.unwrap();
        assert_eq!(left(&two, &[number]).await, [(ExecutionState::Interrupted, Some(reason))]);
        assert_eq!(two.claim(&id(number)).await, Ok(Claim::Won));
        assert_eq!(two.entry(&id(number)).await.unwrap().unwrap().left, None);
    }
    // What crashes from then on has crashed.
    drop(two);
    let automatic = one.interrupted().await.unwrap().iter().map(Entry::is_resumed_automatically).collect::<Vec<_>>();
    assert_eq!(
        (left(&one, &[1, 2, 3]).await, automatic),
        ([(ExecutionState::Interrupted, None); 3].to_vec(), vec![true; 3])
    );
}

#[tokio::test]
async fn children_are_left_with_their_parent_and_nothing_else_is() {
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
        "a child, its child, one that ended, a stranger, and one of another process"
    );
}

#[tokio::test]
async fn one_process_notifies_once_of_an_interruption() {
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
    // The next interruption is another one.
    assert_eq!(three.claim(&id(1)).await, Ok(Claim::Won));
    three.release(&id(1), Some(LeaveReason::Termination)).await.unwrap();
    claims.push(two.claim_interruption_notice(&id(1)).await.unwrap());
    assert_eq!(claims, [true, false, false, true, true]);
    assert_eq!(two.claim_interruption_notice(&id(9)).await, Ok(false), "there is none");
}

#[tokio::test]
async fn a_process_that_fails_leaves_all_of_its_executions() {
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
    // A process that is about to end writes no more.
    let refused = StoreError::NotOwner { execution: id(1) };
    assert_eq!(one.append(&id(1), &History::new(1).steps(1, 1)).await, Err(refused));
}
