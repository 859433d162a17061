//! Imports of executions from another store.

use super::logs::{line, log};
use super::*;
use crate::event::sha256;
use crate::limits::{LINE_BYTES, LINES};
use crate::store::{Claim, ExecutionState, StoreError};

#[tokio::test]
async fn imported_execution_equals_the_exported_one() {
    each(|store| async move {
        let elsewhere = MemoryStore::new();
        let events = whole(&elsewhere, 1).await;
        store.import(TEXT, &events).await.unwrap();
        assert_eq!(store.history(&id(1)).await, Ok(events.clone()));
        assert_eq!(entry(&*store, 1).await, Entry { is_imported: true, ..entry(&elsewhere, 1).await });
        assert_eq!(store.document(&sha256(TEXT)).await, Ok(Some(TEXT.to_owned())));
        assert_eq!(store.import(TEXT, &events).await, Err(StoreError::AlreadyThere { execution: id(1) }));
        assert_eq!(store.import(TEXT, &events[1..]).await, Err(StoreError::NoStart));
    })
    .await;
}

#[tokio::test]
async fn imported_unfinished_execution_can_be_claimed() {
    each(|store| async move {
        let history = History::new(1);
        store.import(TEXT, &joined(&[&history.begin(), &history.steps(1, 3)])).await.unwrap();
        let imported = entry(&*store, 1).await;
        assert_eq!(
            (imported.status, imported.current_step.as_deref(), imported.events),
            (ExecutionState::Interrupted, Some("step3"), 4)
        );
        assert!(imported.is_imported, "it may be resumed where it came from");
        let refused = StoreError::NotOwner { execution: id(1) };
        assert_eq!(store.append(&id(1), &history.steps(4, 1)).await, Err(refused));
        assert_eq!(store.claim(&id(1)).await, Ok(Claim::Won));
        store.append(&id(1), &history.steps(4, 1)).await.unwrap();
        assert!(!entry(&*store, 1).await.is_imported);
    })
    .await;
}

#[tokio::test]
async fn imported_log_lines_stay_within_the_bounds() {
    each(|store| async move {
        let elsewhere = MemoryStore::new();
        let history = begin(&elsewhere, 1).await;
        log(&elsewhere, vec![line("short"), line("x".repeat(2 * LINE_BYTES))]).await;
        let lines = crate::store::LogStore::log_lines(&elsewhere, &id(1), 0).await.unwrap();
        store.import(TEXT, &history.begin()).await.unwrap();
        // A shortened line is not shortened again, and an import cannot fill the store.
        let too_much = vec![(3, line("y".repeat(9 * LINE_BYTES))), (LINES + 1, line("too late"))];
        store.import_lines(&id(1), [lines.clone(), too_much].concat()).await.unwrap();
        let shortened = format!("{}… ({} bytes in all)", "y".repeat(LINE_BYTES), 9 * LINE_BYTES);
        let expected = [lines, vec![(3, line(shortened))]].concat();
        assert_eq!(store.log_lines(&id(1), 0).await, Ok(expected.clone()));
        // Existing lines stay.
        store.import_lines(&id(1), vec![(2, line("another"))]).await.unwrap();
        assert_eq!(store.log_lines(&id(1), 0).await, Ok(expected));
        let unknown = StoreError::Unknown { execution: id(9) };
        assert_eq!(store.import_lines(&id(9), vec![(1, line("of an unknown execution"))]).await, Err(unknown));
    })
    .await;
}
