//! Parity of the memory store and the journal as a `Store`.

use std::future::Future;
use std::sync::Arc;

use super::histories::{History, TEXT, id, start};
use crate::clock::ManualClock;
use crate::event::{Recorded, Status};
use crate::store::{Journal, MemoryStore, Store, StoreError};

/// Runs a test on a new instance of every store.
async fn for_each_store<F: Future<Output = ()>>(try_on: impl Fn(Arc<dyn Store>) -> F) {
    try_on(Arc::new(MemoryStore::new())).await;
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::create(folder.path(), Arc::new(ManualClock::at(start()))).unwrap();
    try_on(Arc::new(journal)).await;
}

fn concat_events(parts: &[&[Recorded]]) -> Vec<Recorded> {
    parts.concat()
}

#[tokio::test]
async fn appended_events_round_trip() {
    for_each_store(|store| async move {
        let history = History::new(1);
        let (begin, steps, end) = (history.begin(), history.steps(1, 4), history.end(5, Status::Failed));
        store.create(TEXT, &begin).await.unwrap();
        store.append(&id(1), &steps).await.unwrap();
        store.append(&id(1), &end).await.unwrap();
        assert_eq!(store.history(&id(1)).await, Ok(concat_events(&[&begin, &steps, &end])));
    })
    .await;
}

#[tokio::test]
async fn execution_may_start_with_several_events() {
    for_each_store(|store| async move {
        let history = History::new(1);
        let whole = concat_events(&[&history.begin(), &history.steps(1, 2), &history.end(3, Status::Success)]);
        store.create(TEXT, &whole).await.unwrap();
        assert_eq!(store.history(&id(1)).await, Ok(whole));
    })
    .await;
}

#[tokio::test]
async fn events_of_executions_are_separate() {
    for_each_store(|store| async move {
        let (one, two) = (History::new(1), History::new(2));
        store.create(TEXT, &one.begin()).await.unwrap();
        store.create(TEXT, &two.begin()).await.unwrap();
        store.append(&id(2), &two.steps(1, 1)).await.unwrap();
        assert_eq!(store.history(&id(1)).await, Ok(one.begin()));
        assert_eq!(store.history(&id(2)).await, Ok(concat_events(&[&two.begin(), &two.steps(1, 1)])));
    })
    .await;
}

#[tokio::test]
async fn unknown_execution_has_no_events_and_rejects_appends() {
    for_each_store(|store| async move {
        let history = History::new(1);
        assert_eq!(store.history(&id(1)).await, Ok(Vec::new()));
        assert_eq!(store.append(&id(1), &history.begin()).await, Err(StoreError::Unknown { execution: id(1) }));
        assert_eq!(store.history(&id(1)).await, Ok(Vec::new()));
    })
    .await;
}

#[tokio::test]
async fn first_event_must_be_execution_started() {
    for_each_store(|store| async move {
        let history = History::new(1);
        assert_eq!(store.create(TEXT, &[]).await, Err(StoreError::NoStart));
        assert_eq!(store.create(TEXT, &history.steps(0, 2)).await, Err(StoreError::NoStart));
        assert_eq!(store.history(&id(1)).await, Ok(Vec::new()));
    })
    .await;
}

#[tokio::test]
async fn second_create_is_rejected() {
    for_each_store(|store| async move {
        let history = History::new(1);
        store.create(TEXT, &history.begin()).await.unwrap();
        assert_eq!(store.create(TEXT, &history.begin()).await, Err(StoreError::AlreadyThere { execution: id(1) }));
        assert_eq!(store.history(&id(1)).await, Ok(history.begin()));
    })
    .await;
}

#[tokio::test]
async fn append_out_of_sequence_is_rejected_whole() {
    for_each_store(|store| async move {
        let history = History::new(1);
        store.create(TEXT, &history.begin()).await.unwrap();
        store.append(&id(1), &history.steps(1, 2)).await.unwrap();
        let kept = concat_events(&[&history.begin(), &history.steps(1, 2)]);
        let refused = |expected, found| Err(StoreError::Conflict { execution: id(1), expected, found });
        let with_a_gap = concat_events(&[&history.steps(3, 1), &history.steps(5, 1)]);
        let twice_the_same = concat_events(&[&history.steps(3, 1), &history.steps(3, 1)]);
        assert_eq!(store.append(&id(1), &history.steps(2, 2)).await, refused(3, 2));
        assert_eq!(store.append(&id(1), &history.steps(4, 1)).await, refused(3, 4));
        assert_eq!(store.append(&id(1), &with_a_gap).await, refused(4, 5));
        assert_eq!(store.append(&id(1), &twice_the_same).await, refused(4, 3));
        assert_eq!(store.history(&id(1)).await, Ok(kept));
    })
    .await;
}

#[tokio::test]
async fn create_with_a_sequence_gap_is_rejected() {
    for_each_store(|store| async move {
        let history = History::new(1);
        let with_a_gap = concat_events(&[&history.begin(), &history.steps(2, 1)]);
        let refused = StoreError::Conflict { execution: id(1), expected: 1, found: 2 };
        assert_eq!(store.create(TEXT, &with_a_gap).await, Err(refused));
        let mut late = history.begin();
        late[0].sequence = 7;
        let refused = StoreError::Conflict { execution: id(1), expected: 0, found: 7 };
        assert_eq!(store.create(TEXT, &late).await, Err(refused));
        assert_eq!(store.history(&id(1)).await, Ok(Vec::new()));
    })
    .await;
}

#[tokio::test]
async fn empty_append_changes_nothing() {
    for_each_store(|store| async move {
        let history = History::new(1);
        store.create(TEXT, &history.begin()).await.unwrap();
        assert_eq!(store.append(&id(1), &[]).await, Ok(()));
        assert_eq!(store.history(&id(1)).await, Ok(history.begin()));
    })
    .await;
}

#[tokio::test]
async fn ended_execution_rejects_appends() {
    for_each_store(|store| async move {
        let history = History::new(1);
        let whole = concat_events(&[&history.begin(), &history.end(1, Status::Success)]);
        store.create(TEXT, &whole).await.unwrap();
        let refused = Err(StoreError::NotOwner { execution: id(1) });
        assert_eq!(store.append(&id(1), &history.steps(2, 1)).await, refused);
        assert_eq!(store.history(&id(1)).await, Ok(whole));
    })
    .await;
}
