//! Importing executions of another journal, and pruning.

use jiff::ToSpan;

use super::*;
use crate::event::sha256;
use crate::limits::{LINE_BYTES, LINES, PRUNE_BATCH};
use crate::name::StepName;
use crate::store::{Claim, ExecutionState, Filter, Pruned, StoreError, StoredLine};

#[tokio::test]
async fn imported_execution_equals_the_exported_one() {
    let (here, elsewhere) = (Folder::new(), Folder::new());
    let events = run_to_end(&here.journal(), 1).await;
    let (one, two) = (here.journal(), elsewhere.journal());
    two.import(TEXT, &events).await.unwrap();
    assert_eq!(two.events(&id(1), 0), Ok(events.clone()));
    let there = one.entry(&id(1)).unwrap().map(|entry| crate::store::Entry { is_imported: true, ..entry });
    assert_eq!(two.entry(&id(1)), Ok(there));
    assert_eq!(two.document(&sha256(TEXT)), Ok(Some(TEXT.to_owned())));
    assert_eq!(two.import(TEXT, &events).await, Err(StoreError::AlreadyThere { execution: id(1) }));
}

#[tokio::test]
async fn imported_unfinished_execution_can_be_claimed() {
    let folder = Folder::new();
    let history = History::new(1);
    let journal = folder.journal();
    journal.import(TEXT, &[history.begin(), history.steps(1, 3)].concat()).await.unwrap();
    let entry = journal.entry(&id(1)).unwrap().unwrap();
    assert_eq!(
        (entry.status, entry.current_step.as_deref(), entry.events),
        (ExecutionState::Interrupted, Some("step3"), 4)
    );
    assert!(entry.is_imported, "its original journal may resume it too");
    assert_eq!(journal.claim(&id(1)).await, Ok(Claim::Won));
    journal.append(&id(1), &history.steps(4, 1)).await.unwrap();
    assert!(!journal.entry(&id(1)).unwrap().unwrap().is_imported);
}

#[tokio::test]
async fn import_includes_log_lines_within_limits() {
    let line = |text: &str| StoredLine {
        at: start(),
        step: StepName::new("step"),
        attempt: 1,
        function: "say".to_owned(),
        text: text.to_owned(),
    };
    let (here, there) = (Folder::new(), Folder::new());
    let (one, two) = (here.journal(), there.journal());
    let events = run_to_end(&one, 1).await;
    one.log(&id(1), vec![line("short"), line(&"x".repeat(2 * LINE_BYTES))]);
    drop(one);
    let lines = here.journal().log_lines(&id(1), 0).unwrap();
    two.import(TEXT, &events).await.unwrap();
    // A truncated line is not truncated again, and an import cannot fill the disk.
    let too_much = vec![(3, line(&"y".repeat(9 * LINE_BYTES))), (LINES + 1, line("too late"))];
    two.import_lines(&id(1), [lines.clone(), too_much].concat()).await.unwrap();
    let shortened = format!("{}… ({} bytes in all)", "y".repeat(LINE_BYTES), 9 * LINE_BYTES);
    assert_eq!(two.log_lines(&id(1), 0), Ok([lines, vec![(3, line(&shortened))]].concat()));
}

#[tokio::test]
async fn prune_removes_only_executions_that_ended_before() {
    let folder = Folder::new();
    let journal = folder.journal();
    for (number, status) in
        [(1, Some(Status::Success)), (2, Some(Status::Failed)), (3, None), (4, Some(Status::Success))]
    {
        let mut history = History::new(number);
        history.at = start().checked_add(i64::from(number).hours()).unwrap();
        // 1 has its own document, 2 shares one with 4.
        let text = if number == 1 { "alone" } else { TEXT };
        history.started.document.sha256 = sha256(text);
        journal.create(text, &history.begin()).await.unwrap();
        if let Some(status) = status {
            journal.append(&id(number), &history.end(1, status)).await.unwrap();
        }
    }
    let before = start().checked_add(4.hours()).unwrap();
    let left = |journal: &Journal| -> Vec<ExecutionId> {
        let entries = journal.list(&Filter::default(), &crate::store::Page::default()).unwrap();
        entries.into_iter().map(|entry| entry.id).collect()
    };
    assert_eq!(journal.prunable(before, &[Status::Failed]), Ok(1));
    assert_eq!(journal.prunable(before, &[]), Ok(2));
    assert_eq!(journal.prune(before, &[Status::Failed]).await.unwrap().executions, 1);
    assert_eq!(left(&journal), [id(4), id(3), id(1)]);
    assert_eq!(journal.document(&sha256(TEXT)), Ok(Some(TEXT.to_owned())));
    assert_eq!(journal.prune(before, &[]).await.unwrap().executions, 1);
    assert_eq!(left(&journal), [id(4), id(3)]);
    assert_eq!(journal.document(&sha256("alone")), Ok(None));
    // Unfinished executions stay, whatever their age.
    let never = jiff::Timestamp::MAX;
    assert_eq!(journal.prune(never, &[]).await.unwrap().executions, 1);
    assert_eq!(left(&journal), [id(3)]);
    assert_eq!(journal.prune(never, &[]).await, Ok(Pruned { executions: 0, bytes: 0 }));
    assert_eq!(journal.document(&sha256(TEXT)), Ok(Some(TEXT.to_owned())));
}

#[tokio::test]
async fn pruned_rows_are_deleted_and_disk_space_is_freed() {
    let folder = Folder::new();
    let journal = folder.journal();
    // It ends last and is kept.
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
