use super::*;
use crate::store::journal::situation::{Situation, begin, ended};
use crate::store::{EventStore, Lease, RequestStore};

/// The states of these executions when each asks once more, in this order.
async fn ask<const N: usize>(journal: &Journal, ids: [&ExecutionId; N]) -> [LockState; N] {
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
    let before = ask(&journal, [&a, &b, &c]).await;
    let again = ask(&journal, [&c, &b, &a]).await;
    journal.append(&a, &[ended(1)]).await.unwrap();
    let after = ask(&journal, [&c, &b]).await;
    let last = ask(&journal, [&c, &b]).await;
    assert_eq!(
        (before, again, after, last),
        (
            [LockState::Held, waiting(&a, 1), waiting(&a, 2)],
            [waiting(&a, 2), waiting(&a, 1), LockState::Held],
            // It asks first and finds the lock free, but it is not the next one.
            [waiting(&b, 1), LockState::Held],
            [waiting(&b, 1), LockState::Held],
        )
    );
}

#[tokio::test]
async fn interrupted_executions_do_not_block_the_lock() {
    let situation = Situation::new();
    let (crashes, running) = (situation.journal(), situation.journal());
    let [holder, first] = begin(&crashes, ["holder", "first"]).await;
    let [second, third] = begin(&running, ["second", "third"]).await;
    ask(&crashes, [&holder, &first]).await;
    let before = ask(&running, [&second, &third]).await;
    drop(crashes);
    let after = ask(&running, [&third, &second]).await;
    // Once resumed, they wait at the end of the queue.
    for id in [&holder, &first] {
        running.claim(id).await.unwrap();
    }
    let resumed = ask(&running, [&holder, &first]).await;
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
    ask(&journal, [&a, &b]).await;
    journal.release(&a, None).await.unwrap();
    journal.claim(&a).await.unwrap();
    assert_eq!(ask(&journal, [&b, &a]).await, [waiting(&a, 1), LockState::Held]);
}

#[tokio::test]
async fn rejected_execution_takes_no_queue_position_and_replacing_one_cancels_each_ahead_once() {
    let situation = Situation::new();
    let journal = situation.journal();
    let [a, b, c, d] = begin(&journal, ["a", "b", "c", "d"]).await;
    ask(&journal, [&a, &b]).await;
    let refused = journal.acquire_lock("lock", &c, OnConflict::Reject).await.unwrap();
    let replaces = [
        journal.acquire_lock("lock", &d, OnConflict::Replace).await.unwrap(),
        journal.acquire_lock("lock", &d, OnConflict::Replace).await.unwrap(),
    ];
    let mut asked = Vec::new();
    for id in [&a, &b, &c, &d] {
        let requests = journal.requests(id).await.unwrap();
        let requests = requests.into_iter().map(|(_, request)| format!("{:?} by {}", request.kind, request.by));
        asked.push(requests.collect::<Vec<_>>());
    }
    let request = vec!["Cancel by execution d, which replaces it under lock lock".to_owned()];
    assert_eq!(
        (refused, replaces, asked),
        (
            LockState::Refused { holder: a.clone() },
            [waiting(&a, 2), waiting(&a, 2)],
            vec![request.clone(), request, vec![], vec![]]
        )
    );
}
