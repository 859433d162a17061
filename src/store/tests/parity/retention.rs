//! Removal of ended executions.

use jiff::ToSpan;

use super::*;
use crate::event::sha256;
use crate::store::{Filter, Page, Pruned};

async fn remaining(store: &dyn Store) -> Vec<u32> {
    listed(&store.list(&Filter::default(), &Page::default()).await.unwrap())
}

#[tokio::test]
async fn prune_removes_only_executions_that_ended_before() {
    each(|store| async move {
        for (number, status) in
            [(1, Some(Status::Success)), (2, Some(Status::Failed)), (3, None), (4, Some(Status::Success))]
        {
            let mut history = History::new(number);
            history.at = start().checked_add(i64::from(number).hours()).unwrap();
            // 1 has its own document, 2 shares one with 4.
            let text = if number == 1 { "alone" } else { TEXT };
            history.started.document.sha256 = sha256(text);
            store.create(text, &history.begin()).await.unwrap();
            if let Some(status) = status {
                store.append(&id(number), &history.end(1, status)).await.unwrap();
            }
        }
        let before = start().checked_add(4.hours()).unwrap();
        let prune = async |before, statuses: &[Status]| store.prune(before, statuses).await.unwrap().executions;
        assert_eq!(store.prunable(before, &[Status::Failed]).await, Ok(1));
        assert_eq!(store.prunable(before, &[]).await, Ok(2));
        assert_eq!(prune(before, &[Status::Failed]).await, 1);
        assert_eq!(remaining(&*store).await, [4, 3, 1]);
        assert_eq!(store.document(&sha256(TEXT)).await, Ok(Some(TEXT.to_owned())));
        assert_eq!(prune(before, &[]).await, 1);
        assert_eq!(remaining(&*store).await, [4, 3]);
        assert_eq!(store.document(&sha256("alone")).await, Ok(None));
        // An execution that has not ended stays, however old it is.
        let never = jiff::Timestamp::MAX;
        assert_eq!(prune(never, &[]).await, 1);
        assert_eq!(remaining(&*store).await, [3]);
        assert_eq!(store.prune(never, &[]).await, Ok(Pruned { executions: 0, bytes: 0 }));
        assert_eq!(store.document(&sha256(TEXT)).await, Ok(Some(TEXT.to_owned())));
        // A removed execution is unknown, and its id can be used again.
        assert_eq!(store.history(&id(1)).await, Ok(Vec::new()));
        assert_eq!(store.entry(&id(1)).await, Ok(None));
        whole(&*store, 1).await;
        assert_eq!(remaining(&*store).await, [3, 1]);
    })
    .await;
}
