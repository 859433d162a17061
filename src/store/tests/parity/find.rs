//! The execution that a person names.

use super::*;
use crate::store::{Filter, FindError, find_execution};

/// The id of the execution found, or the error with its help.
async fn found(store: &dyn Store, given: &str) -> String {
    match find_execution(store, given).await {
        Ok(entry) => entry.id.to_string(),
        Err(error) => format!("{error}\n{}", error.help().unwrap_or_default()),
    }
}

#[tokio::test]
async fn execution_is_found_by_a_unique_prefix_of_its_id() {
    each(|store| async move {
        let store = &*store;
        for number in [0xabcd_0001, 0xabcd_0002, 0xabef_0001, 0x1234_5678] {
            whole(store, number).await;
        }
        for given in ["12345678-0000-4000-8000-000000000000", "1", "12345", "last", " 1234 "] {
            assert_eq!(found(store, given).await, id(0x1234_5678).as_str(), "{given}");
        }
        assert_eq!(found(store, "ABE").await, id(0xabef_0001).as_str());
        let errors = [
            found(store, "abcd").await,
            found(store, "abed0001").await,
            found(store, "ffff").await,
            found(store, "").await,
        ];
        insta::allow_duplicates! {
            insta::assert_snapshot!(errors[0], @"
            abcd matches 2 executions
            use a longer prefix:
              abcd0002-0000-4000-8000-000000000000 book Success
              abcd0001-0000-4000-8000-000000000000 book Success
            ");
            insta::assert_snapshot!(errors[1], @"
            there is no execution abed0001
            did you mean abcd0001-0000-4000-8000-000000000000 or abef0001-0000-4000-8000-000000000000 or abcd0002-0000-4000-8000-000000000000?
            ");
            insta::assert_snapshot!(errors[2], @"
            there is no execution ffff
            `runwright executions list` shows them
            ");
            insta::assert_snapshot!(errors[3], @"
            there is no execution with an empty id
            `runwright executions list` shows them
            ");
        }
    })
    .await;
}

#[tokio::test]
async fn ambiguous_prefix_names_the_newest_executions() {
    each(|store| async move {
        let store = &*store;
        for number in 0..7 {
            whole(store, 0xab00_0000 + number).await;
        }
        let errors = [found(store, "ab").await];
        insta::allow_duplicates! {
            insta::assert_snapshot!(errors[0], @"
            ab matches 7 executions
            use a longer prefix:
              ab000006-0000-4000-8000-000000000000 book Success
              ab000005-0000-4000-8000-000000000000 book Success
              ab000004-0000-4000-8000-000000000000 book Success
              ab000003-0000-4000-8000-000000000000 book Success
              ab000002-0000-4000-8000-000000000000 book Success
              and 2 more
            ");
        }
        let (count, newest) = store.with_prefix("ab", 1).await.unwrap();
        assert_eq!((count, listed(&newest)), (7, vec![0xab00_0006]));
        assert_eq!(store.with_prefix("", 9).await, Ok((0, Vec::new())));
    })
    .await;
}

#[tokio::test]
async fn empty_store_finds_no_execution() {
    each(|store| async move {
        let store = &*store;
        assert_eq!(find_execution(store, "last").await, Err(FindError::Empty));
        let errors = [found(store, "last").await, found(store, "abc").await];
        insta::allow_duplicates! {
            insta::assert_snapshot!(errors[0], @"
            there are no executions yet
            `runwright run FILE` starts one
            ");
            insta::assert_snapshot!(errors[1], @"
            there is no execution abc
            `runwright executions list` shows them
            ");
        }
        assert_eq!(store.count(&Filter::default()).await, Ok(0));
        assert_eq!(store.newest().await, Ok(None));
        assert_eq!(store.recent_ids(5).await, Ok(Vec::new()));
    })
    .await;
}

#[tokio::test]
async fn newest_execution_is_the_last_stored_one_that_is_neither_imported_nor_a_child() {
    each(|store| async move {
        store.import(TEXT, &History::new(1).begin()).await.unwrap();
        let newest = async || store.newest().await.unwrap().map(|entry| entry.id);
        assert_eq!(newest().await, Some(id(1)), "there is no other");
        let mut early = History::new(2);
        early.at = jiff::Timestamp::UNIX_EPOCH;
        store.create(TEXT, &early.begin()).await.unwrap();
        store.create(TEXT, &child(3, 2).begin()).await.unwrap();
        store.import(TEXT, &History::new(4).begin()).await.unwrap();
        assert_eq!(newest().await, Some(id(2)), "whatever its clock said");
        assert_eq!(store.recent_ids(3).await.map(|ids| numbers(&ids)), Ok(vec![4, 3, 2]));
    })
    .await;
}
