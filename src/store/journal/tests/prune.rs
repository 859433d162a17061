//! Removal of executions, and of their space on the disk.

use jiff::ToSpan;

use super::*;
use crate::limits::PRUNE_BATCH;

#[tokio::test]
async fn pruned_executions_leave_no_rows_and_return_their_space_to_the_disk() {
    let folder = Folder::new();
    let journal = folder.journal();
    // It ends last, and is not pruned.
    let mut late = History::new(0);
    late.at = start().checked_add(1.hours()).unwrap();
    journal.import(TEXT, &[late.begin(), late.end(1, Status::Success)].concat()).await.unwrap();
    let empty = ["events", "parameters", "labels", "turns", "requests", "lines"];
    let size = || std::fs::metadata(folder.file()).unwrap().len();
    let rows = |table: &str| -> u64 {
        let count = format!("SELECT count(*) FROM {table} WHERE execution <> 1");
        folder.shell().query_row(&count, [], |row| row.get(0)).unwrap()
    };
    let count = u64::from(PRUNE_BATCH) + 1;
    for number in 1..=u32::try_from(count).unwrap() {
        let mut history = History::new(number);
        history.started.launch.labels.insert("note".to_owned(), "x".repeat(500));
        history.started.launch.folder = "/long".repeat(2000);
        let events = [history.begin(), history.steps(1, 2), history.end(3, Status::Success)].concat();
        journal.import(TEXT, &events).await.unwrap();
    }
    folder.shell().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let full = size();
    assert_eq!((rows("events"), rows("labels")), (4 * count, count));
    let pruned = journal.prune(late.at, &[]).await.unwrap();
    assert_eq!(pruned.executions, count);
    for table in empty {
        assert_eq!(rows(table), 0, "{table}");
    }
    assert!(pruned.bytes > 2_000_000, "{pruned:?}");
    assert_eq!(full - size(), pruned.bytes);
}
