//! Events and the texts of documents.

use super::*;
use crate::event::sha256;
use crate::store::StoreError;

#[tokio::test]
async fn appended_events_are_read_back_unchanged() {
    each(|store| async move {
        let history = History::new(1);
        let (begin, steps, end) = (history.begin(), history.steps(1, 4), history.end(5, Status::Failed));
        store.create(TEXT, &begin).await.unwrap();
        store.append(&id(1), &steps).await.unwrap();
        store.append(&id(1), &end).await.unwrap();
        assert_eq!(store.history(&id(1)).await, Ok(joined(&[&begin, &steps, &end])));
    })
    .await;
}

#[tokio::test]
async fn create_accepts_several_events() {
    each(|store| async move {
        let history = History::new(1);
        let whole = joined(&[&history.begin(), &history.steps(1, 2), &history.end(3, Status::Success)]);
        store.create(TEXT, &whole).await.unwrap();
        assert_eq!(store.history(&id(1)).await, Ok(whole));
    })
    .await;
}

#[tokio::test]
async fn events_of_executions_are_separate() {
    each(|store| async move {
        let (one, two) = (History::new(1), History::new(2));
        store.create(TEXT, &one.begin()).await.unwrap();
        store.create(TEXT, &two.begin()).await.unwrap();
        store.append(&id(2), &two.steps(1, 1)).await.unwrap();
        assert_eq!(store.history(&id(1)).await, Ok(one.begin()));
        assert_eq!(store.history(&id(2)).await, Ok(joined(&[&two.begin(), &two.steps(1, 1)])));
    })
    .await;
}

#[tokio::test]
async fn unknown_execution_has_no_events_and_rejects_appends() {
    each(|store| async move {
        let history = History::new(1);
        assert_eq!(store.history(&id(1)).await, Ok(Vec::new()));
        assert_eq!(store.append(&id(1), &history.begin()).await, Err(StoreError::Unknown { execution: id(1) }));
        assert_eq!(store.history(&id(1)).await, Ok(Vec::new()));
    })
    .await;
}

#[tokio::test]
async fn create_without_a_start_event_is_rejected() {
    each(|store| async move {
        let history = History::new(1);
        assert_eq!(store.create(TEXT, &[]).await, Err(StoreError::NoStart));
        assert_eq!(store.create(TEXT, &history.steps(0, 2)).await, Err(StoreError::NoStart));
        assert_eq!(store.history(&id(1)).await, Ok(Vec::new()));
    })
    .await;
}

#[tokio::test]
async fn second_create_of_an_execution_is_rejected() {
    each(|store| async move {
        let history = History::new(1);
        store.create(TEXT, &history.begin()).await.unwrap();
        assert_eq!(store.create(TEXT, &history.begin()).await, Err(StoreError::AlreadyThere { execution: id(1) }));
        assert_eq!(store.history(&id(1)).await, Ok(history.begin()));
    })
    .await;
}

#[tokio::test]
async fn append_with_wrong_sequence_numbers_is_rejected_and_stores_nothing() {
    each(|store| async move {
        let history = History::new(1);
        store.create(TEXT, &history.begin()).await.unwrap();
        store.append(&id(1), &history.steps(1, 2)).await.unwrap();
        let kept = joined(&[&history.begin(), &history.steps(1, 2)]);
        let refused = |expected, found| Err(StoreError::Conflict { execution: id(1), expected, found });
        let with_a_gap = joined(&[&history.steps(3, 1), &history.steps(5, 1)]);
        let twice_the_same = joined(&[&history.steps(3, 1), &history.steps(3, 1)]);
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
    each(|store| async move {
        let history = History::new(1);
        let with_a_gap = joined(&[&history.begin(), &history.steps(2, 1)]);
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
    each(|store| async move {
        let history = History::new(1);
        store.create(TEXT, &history.begin()).await.unwrap();
        assert_eq!(store.append(&id(1), &[]).await, Ok(()));
        assert_eq!(store.history(&id(1)).await, Ok(history.begin()));
    })
    .await;
}

#[tokio::test]
async fn ended_execution_rejects_appends() {
    each(|store| async move {
        let history = History::new(1);
        let whole = joined(&[&history.begin(), &history.end(1, Status::Success)]);
        store.create(TEXT, &whole).await.unwrap();
        let refused = Err(StoreError::NotOwner { execution: id(1) });
        assert_eq!(store.append(&id(1), &history.steps(2, 1)).await, refused);
        assert_eq!(store.history(&id(1)).await, Ok(whole));
    })
    .await;
}

#[tokio::test]
async fn events_are_read_in_pages_from_any_number() {
    each(|store| async move {
        let history = begin(&*store, 1).await;
        store.append(&id(1), &history.steps(1, 4)).await.unwrap();
        let all = joined(&[&history.begin(), &history.steps(1, 4)]);
        for (from, limit) in [(0, 2), (2, 2), (4, 2), (5, 2), (0, 9), (3, 0), (u64::MAX, 1)] {
            let first = usize::try_from(from).unwrap_or(usize::MAX).min(all.len());
            let last = first.saturating_add(limit as usize).min(all.len());
            assert_eq!(store.events_page(&id(1), from, limit).await, Ok(all[first..last].to_vec()), "{from} {limit}");
        }
        assert_eq!(store.events(&id(1), 3).await, Ok(all[3..].to_vec()));
        assert_eq!(store.events(&id(9), 0).await, Ok(Vec::new()));
        assert_eq!(store.first_event(&id(1)).await, Ok(Some(all[0].clone())));
        assert_eq!(store.first_event(&id(9)).await, Ok(None));
    })
    .await;
}

#[tokio::test]
async fn document_is_stored_once_per_hash() {
    each(|store| async move {
        begin(&*store, 1).await;
        store.create("a text of the same hash", &History::new(2).begin()).await.unwrap();
        assert_eq!(store.document(&sha256(TEXT)).await, Ok(Some(TEXT.to_owned())));
        assert_eq!(store.document("another").await, Ok(None));
    })
    .await;
}
