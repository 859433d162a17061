//! The reason why a process left an execution, and the notification of the interruption.

use super::*;
use crate::event::{LeaveReason, Parent};
use crate::name::{StepExecutionId, StepName};
use crate::store::{Claim, Entry, ExecutionState, StoreError};

/// Starts an execution as a step of another one.
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

/// The states of the executions with these numbers.
fn states(journal: &Journal, numbers: &[u32]) -> Vec<(ExecutionState, Option<LeaveReason>)> {
    let entry = |number: &u32| journal.entry(&id(*number)).unwrap().unwrap();
    numbers.iter().map(entry).map(|entry| (entry.status, entry.left)).collect()
}

#[tokio::test]
async fn leave_reason_is_stored_until_the_execution_is_claimed() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    for (number, reason) in (1..).zip(LeaveReason::ALL) {
        begin(&one, number).await;
        one.release(&id(number), Some(reason)).await.unwrap();
        assert_eq!(states(&two, &[number]), [(ExecutionState::Interrupted, Some(reason))]);
        assert_eq!(two.claim(&id(number)).await, Ok(Claim::Won));
        assert_eq!(two.entry(&id(number)).unwrap().unwrap().left, None);
    }
    // A later crash is recorded as a crash.
    drop(two);
    let automatic = one.interrupted().unwrap().iter().map(Entry::is_resumed_automatically).collect::<Vec<_>>();
    assert_eq!(
        (states(&one, &[1, 2, 3]), automatic),
        ([(ExecutionState::Interrupted, None); 3].to_vec(), vec![true; 3])
    );
}

#[tokio::test]
async fn executions_left_by_their_user_or_an_internal_error_are_resumed_by_id_only() {
    let folder = Folder::new();
    let journal = folder.journal();
    for (number, reason) in (1..).zip(LeaveReason::ALL) {
        begin(&journal, number).await;
        journal.release(&id(number), Some(reason)).await.unwrap();
    }
    begin(&journal, 4).await;
    journal.release(&id(4), None).await.unwrap();
    journal.import(TEXT, &History::new(5).begin()).await.unwrap();
    let automatic: Vec<bool> = journal.interrupted().unwrap().iter().map(Entry::is_resumed_automatically).collect();
    assert_eq!(automatic, [false, true, false, true, false]);
}

#[tokio::test]
async fn leaving_a_parent_leaves_its_children_only() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    for number in [1, 5] {
        begin(&one, number).await;
    }
    begin_child(&one, 2, 1).await;
    begin_child(&one, 3, 2).await;
    begin_child(&one, 4, 1).await;
    one.append(&id(4), &History::new(4).end(1, Status::Success)).await.unwrap();
    // Another process runs this execution.
    begin_child(&two, 6, 1).await;
    one.release(&id(1), Some(LeaveReason::Termination)).await.unwrap();
    let (terminated, running) = (
        (ExecutionState::Interrupted, Some(LeaveReason::Termination)),
        (ExecutionState::Running(Status::InProgress), None),
    );
    let ended = (ExecutionState::Ended(Status::Success), None);
    assert_eq!(
        states(&two, &[1, 2, 3, 4, 5, 6]),
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
    assert_eq!(two.claim_interruption_notice(&id(1)).await, Ok(false), "the execution is running");
    drop(one);
    let mut claims = Vec::new();
    for journal in [&two, &three, &two] {
        claims.push(journal.claim_interruption_notice(&id(1)).await.unwrap());
    }
    // Sending failed.
    two.return_interruption_notice(&id(1)).await.unwrap();
    claims.push(three.claim_interruption_notice(&id(1)).await.unwrap());
    // The next interruption has its own notification.
    assert_eq!(three.claim(&id(1)).await, Ok(Claim::Won));
    three.release(&id(1), Some(LeaveReason::Termination)).await.unwrap();
    claims.push(two.claim_interruption_notice(&id(1)).await.unwrap());
    assert_eq!(claims, [true, false, false, true, true]);
    assert_eq!(two.claim_interruption_notice(&id(9)).await, Ok(false), "there is no such execution");
}

#[tokio::test]
async fn failing_process_leaves_all_of_its_executions() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    begin(&one, 1).await;
    begin(&one, 2).await;
    one.append(&id(2), &History::new(2).end(1, Status::Success)).await.unwrap();
    begin(&two, 3).await;
    one.release_all(LeaveReason::InternalError).await.unwrap();
    assert_eq!(
        states(&two, &[1, 2, 3]),
        [
            (ExecutionState::Interrupted, Some(LeaveReason::InternalError)),
            (ExecutionState::Ended(Status::Success), None),
            (ExecutionState::Running(Status::InProgress), None),
        ]
    );
    // A process that is ending writes no more.
    let refused = StoreError::NotOwner { execution: id(1) };
    assert_eq!(one.append(&id(1), &History::new(1).steps(1, 1)).await, Err(refused));
}
