//! Detection of changes.

use super::*;
use crate::store::{ChangeCursor, OnConflict, Request, RequestKind, StoreError};

async fn polls(store: &dyn Store, cursor: &mut ChangeCursor) -> [Result<bool, StoreError>; 2] {
    [store.poll_changes(cursor).await, store.poll_changes(cursor).await]
}

#[tokio::test]
async fn every_follower_detects_each_change_once() {
    each(|store| async move {
        let (mut first, mut second) = (ChangeCursor::default(), ChangeCursor::default());
        assert_eq!(polls(&*store, &mut first).await, [Ok(true), Ok(false)]);
        let history = begin(&*store, 1).await;
        assert_eq!(polls(&*store, &mut first).await, [Ok(true), Ok(false)]);
        store.append(&id(1), &history.steps(1, 1)).await.unwrap();
        assert_eq!(polls(&*store, &mut first).await, [Ok(true), Ok(false)]);
        store
            .request(&id(1), Request { kind: RequestKind::Cancel, by: "operator".to_owned(), at: start() })
            .await
            .unwrap();
        assert_eq!(polls(&*store, &mut first).await, [Ok(true), Ok(false)]);
        store.acquire_lock("lock", &id(1), OnConflict::Queue).await.unwrap();
        assert_eq!(polls(&*store, &mut first).await, [Ok(true), Ok(false)]);
        store.release(&id(1), None).await.unwrap();
        assert_eq!(polls(&*store, &mut first).await, [Ok(true), Ok(false)]);
        assert_eq!(polls(&*store, &mut second).await, [Ok(true), Ok(false)]);
    })
    .await;
}

#[tokio::test]
async fn rejected_and_empty_writes_are_not_changes() {
    each(|store| async move {
        let mut cursor = ChangeCursor::default();
        let history = begin(&*store, 1).await;
        assert_eq!(polls(&*store, &mut cursor).await, [Ok(true), Ok(false)]);
        assert!(store.append(&id(1), &history.steps(7, 1)).await.is_err());
        store.append(&id(1), &[]).await.unwrap();
        store.claim(&id(1)).await.unwrap();
        store.claim(&id(9)).await.unwrap();
        store.history(&id(1)).await.unwrap();
        store.release(&id(9), None).await.unwrap();
        assert_eq!(store.poll_changes(&mut cursor).await, Ok(false));
    })
    .await;
}
