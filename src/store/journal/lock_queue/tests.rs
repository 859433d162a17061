use super::*;
use crate::store::Store;
use crate::store::journal::situation::{Situation, begin, ended};

/// The lock states of these executions, which ask again in this order.
async fn acquire_all<const N: usize>(journal: &Journal, ids: [&ExecutionId; N]) -> [LockState; N] {
    let mut turns = [const { LockState::Held }; N];
    for (turn, id) in turns.iter_mut().zip(ids) {
        *turn = journal.acquire_lock("lock", id, OnConflict::Queue).await.unwrap();
    }
    turns
}

fn waiting(holder: &ExecutionId, ahead: u64) -> LockState {
    LockState::Waiting { holder: holder.clone(), ahead }
}

#[tokio::test]
async fn lock_is_acquired_in_request_order() {
    let situation = Situation::new();
    let journal = situation.journal();
    let [a, b, c] = begin(&journal, ["a", "b", "c"]).await;
    let before = acquire_all(&journal, [&a, &b, &c]).await;
    let again = acquire_all(&journal, [&c, &b, &a]).await;
    journal.append(&a, &[ended(1)]).await.unwrap();
    let after = acquire_all(&journal, [&c, &b]).await;
    let last = acquire_all(&journal, [&c, &b]).await;
    assert_eq!(
        (before, again, after, last),
        (
            [LockState::Held, waiting(&a, 1), waiting(&a, 2)],
            [waiting(&a, 2), waiting(&a, 1), LockState::Held],
            // It asks first and finds the lock free, but is not at the head of the queue.
            [waiting(&b, 1), LockState::Held],
            [waiting(&b, 1), LockState::Held],
        )
    );
}

#[tokio::test]
async fn interrupted_executions_do_not_block_the_lock() {
    let situation = Situation::new();
    let (crashes, lives) = (situation.journal(), situation.journal());
    let [holder, first] = begin(&crashes, ["holder", "first"]).await;
    let [second, third] = begin(&lives, ["second", "third"]).await;
    acquire_all(&crashes, [&holder, &first]).await;
    let before = acquire_all(&lives, [&second, &third]).await;
    drop(crashes);
    let after = acquire_all(&lives, [&third, &second]).await;
    // Resumed executions queue like any other.
    for id in [&holder, &first] {
        lives.claim(id).await.unwrap();
    }
    let resumed = acquire_all(&lives, [&holder, &first]).await;
    assert_eq!(
        (before, after, resumed),
        (
            [waiting(&holder, 2), waiting(&holder, 3)],
            [waiting(&second, 1), LockState::Held],
            [waiting(&second, 2), waiting(&second, 3)],
        )
    );
}

#[tokio::test]
async fn lock_holder_left_and_resumed_at_once_keeps_the_lock() {
    let situation = Situation::new();
    let journal = situation.journal();
    let [a, b] = begin(&journal, ["a", "b"]).await;
    acquire_all(&journal, [&a, &b]).await;
    journal.release(&a, None).await.unwrap();
    journal.claim(&a).await.unwrap();
    assert_eq!(acquire_all(&journal, [&b, &a]).await, [waiting(&a, 1), LockState::Held]);
}

#[tokio::test]
async fn rejected_execution_does_not_queue_and_replacement_cancels_each_predecessor_once() {
    let situation = Situation::new();
    let journal = situation.journal();
    let [a, b, c, d] = begin(&journal, ["a", "b", "c", "d"]).await;
    acquire_all(&journal, [&a, &b]).await;
    let refused = journal.acquire_lock("lock", &c, OnConflict::Reject).await.unwrap();
    let replaces = [
        journal.acquire_lock("lock", &d, OnConflict::Replace).await.unwrap(),
        journal.acquire_lock("lock", &d, OnConflict::Replace).await.unwrap(),
    ];
    let asked = [&a, &b, &c, &d].map(|id| {
        let requests = journal.requests(id).unwrap();
        requests.into_iter().map(|(_, request)| format!("{:?} by {}", request.kind, request.by)).collect::<Vec<_>>()
    });
    let request = vec!["Cancel by execution d, which takes over lock lock".to_owned()];
    assert_eq!(
        (refused, replaces, asked),
        (
            LockState::Refused { holder: a.clone() },
            [waiting(&a, 2), waiting(&a, 2)],
            [request.clone(), request, vec![], vec![]]
        )
    );
}
