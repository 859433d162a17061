use super::*;
use crate::event::Recorded;
use crate::store::journal::situation::{Situation, attempt, begin, ended};
use crate::store::{EventStore, ExecutionIndex};

#[tokio::test]
async fn prune_transaction_is_bounded_by_rows_and_a_longer_execution_is_removed_alone() {
    let situation = Situation::new();
    let journal = situation.journal();
    let ids = begin(&journal, ["short", "long", "longer", "last", "running"]).await;
    let lengths = [2, PRUNE_ROWS - 1, PRUNE_ROWS + 1, 2];
    for (id, length) in ids.iter().zip(lengths) {
        let mut events: Vec<Recorded> = (1..length - 1).map(attempt).collect();
        events.push(ended(length - 1));
        journal.append(id, &events).await.unwrap();
    }
    // Moves the write-ahead log into the file, so that its size counts.
    let connection = file::connect(&journal.file).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let before = std::fs::metadata(&journal.file).unwrap().len();
    let commits = journal.commits();
    let now = Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(1);
    let pruned = journal.prune(now, &[]).await.unwrap();
    let left: Vec<String> = journal.recent_ids(10).await.unwrap().iter().map(ToString::to_string).collect();
    // No two consecutive executions fit into one transaction, and the document is still in use.
    assert_eq!((pruned.executions, left, journal.commits() - commits), (4, vec!["running".to_owned()], 4));
    let after = std::fs::metadata(&journal.file).unwrap().len();
    assert_eq!(before - after, pruned.bytes);
    assert!(after < before / 10, "{before} bytes became {after}");
    assert_eq!(journal.events(&ids[4], 0).await.unwrap().len(), 1);
}

#[tokio::test]
async fn prune_removes_only_unused_document_texts() {
    let situation = Situation::new();
    let journal = situation.journal();
    let [gone, stays] = begin(&journal, ["gone", "stays"]).await;
    journal.append(&gone, &[ended(1)]).await.unwrap();
    let now = Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(1);
    journal.prune(now, &[]).await.unwrap();
    let shared = journal.document("text").await.unwrap();
    journal.append(&stays, &[ended(1)]).await.unwrap();
    journal.prune(now, &[]).await.unwrap();
    assert_eq!((shared, journal.document("text").await.unwrap()), (Some(String::new()), None));
}
