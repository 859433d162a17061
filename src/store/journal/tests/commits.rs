//! Appends that share commits, and commits that fail.

use rusqlite::Connection;

use super::*;
use crate::limits::JOURNAL_BATCH;
use crate::store::{StoreError, Stored};

/// Runs work on the connection of the writer.
fn on_writer(
    journal: &Journal,
    work: impl FnOnce(&Connection) -> rusqlite::Result<()> + Send + 'static,
) -> Stored<'_, ()> {
    journal.writer.submit(|connection| Ok(work(connection)?))
}

/// Keeps the writer busy until the sender is dropped; work submitted in the meantime shares one commit.
fn hold(journal: &Journal) -> (std::sync::mpsc::Sender<()>, Stored<'_, ()>) {
    let (sender, receiver) = std::sync::mpsc::channel::<()>();
    let (begun, has_begun) = std::sync::mpsc::channel();
    let held = journal.writer.submit(move |_| {
        begun.send(()).unwrap();
        // Ends with an error when the sender is dropped.
        let _ = receiver.recv();
        Ok(())
    });
    has_begun.recv().unwrap();
    (sender, held)
}

#[tokio::test]
async fn concurrent_appends_share_a_commit() {
    const APPENDS: u32 = 500;
    assert!(APPENDS as usize <= JOURNAL_BATCH);
    let folder = Folder::new();
    let journal = folder.journal();
    for number in 1..=APPENDS {
        begin(&journal, number).await;
    }
    let before = journal.commits();
    assert_eq!(before, u64::from(APPENDS), "each append alone has its own commit");
    let (sender, held) = hold(&journal);
    let numbers: Vec<ExecutionId> = (1..=APPENDS).map(id).collect();
    let events: Vec<Vec<Recorded>> = (1..=APPENDS).map(|number| History::new(number).steps(1, 1)).collect();
    let appends: Vec<_> = numbers.iter().zip(&events).map(|(id, events)| journal.append(id, events)).collect();
    drop(sender);
    held.await.unwrap();
    for append in appends {
        append.await.unwrap();
    }
    assert_eq!(journal.commits() - before, 1);
    drop(journal);
    let journal = folder.journal();
    for (id, events) in numbers.iter().zip(&events) {
        assert_eq!(journal.events(id, 1).await.as_ref(), Ok(events));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn appends_of_concurrent_executions_are_all_stored() {
    const EXECUTIONS: u32 = 300;
    const APPENDS: u64 = 10;
    let folder = Folder::new();
    let journal = Arc::new(folder.journal());
    let tasks: Vec<_> = (1..=EXECUTIONS)
        .map(|number| {
            let journal = Arc::clone(&journal);
            tokio::spawn(async move {
                let history = begin(&journal, number).await;
                for sequence in 1..=APPENDS {
                    journal.append(&id(number), &history.steps(sequence, 1)).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    drop(journal);
    let journal = folder.journal();
    for number in 1..=EXECUTIONS {
        let history = History::new(number);
        assert_eq!(journal.events(&id(number), 0).await, Ok([history.begin(), history.steps(1, APPENDS)].concat()));
    }
}

#[tokio::test]
async fn rejected_write_leaves_others_in_its_commit() {
    let folder = Folder::new();
    let journal = folder.journal();
    let first = begin(&journal, 1).await;
    let second = begin(&journal, 2).await;
    let before = journal.commits();
    let (sender, held) = hold(&journal);
    let (one, two, three) = (id(1), id(2), id(3));
    let (good, bad, unknown) = (first.steps(1, 2), second.steps(7, 1), first.steps(1, 1));
    let (new, again) = (History::new(4).begin(), first.begin());
    let appends = [
        journal.append(&two, &bad),
        journal.append(&one, &good),
        journal.append(&three, &unknown),
        journal.create(TEXT, &again),
        journal.create(TEXT, &new),
    ];
    drop(sender);
    held.await.unwrap();
    let mut results = Vec::new();
    for append in appends {
        results.push(append.await);
    }
    let expected = [
        Err(StoreError::Conflict { execution: id(2), expected: 1, found: 7 }),
        Ok(()),
        Err(StoreError::Unknown { execution: id(3) }),
        Err(StoreError::AlreadyThere { execution: id(1) }),
        Ok(()),
    ];
    assert_eq!(results, expected);
    assert_eq!(journal.commits() - before, 1);
    assert_eq!(journal.events(&id(1), 1).await, Ok(good));
    assert_eq!(journal.events(&id(2), 0).await, Ok(second.begin()));
    assert_eq!(journal.events(&id(4), 0).await, Ok(new));
}

#[tokio::test]
async fn rejected_write_costs_no_commit() {
    let folder = Folder::new();
    let journal = folder.journal();
    begin(&journal, 1).await;
    let before = journal.commits();
    let refused = journal.append(&id(1), &History::new(1).steps(2, 1)).await;
    assert_eq!(refused, Err(StoreError::Conflict { execution: id(1), expected: 1, found: 2 }));
    assert_eq!(journal.claim(&id(9)).await, Ok(crate::store::Claim::Unknown));
    assert_eq!(journal.commits(), before);
}

#[tokio::test]
async fn full_disk_rejects_only_the_writes_that_do_not_fit() {
    let folder = Folder::new();
    let journal = folder.journal();
    let first = begin(&journal, 1).await;
    begin(&journal, 2).await;
    let full = || StoreError::Full { file: folder.file() };
    // SQLite's own limit simulates a full disk.
    on_writer(&journal, |connection| {
        let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
        connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
    })
    .await
    .unwrap();
    let (sender, held) = hold(&journal);
    let (one, small) = (id(1), first.steps(1, 1));
    let mut large = History::new(3);
    large.started.launch.folder = "x".repeat(1_000_000);
    let (large, after) = (large.begin(), History::new(4).begin());
    let waiting = [journal.append(&one, &small), journal.create(TEXT, &large), journal.create(TEXT, &after)];
    drop(sender);
    held.await.unwrap();
    let mut results = Vec::new();
    for one in waiting {
        results.push(one.await);
    }
    assert_eq!(results, [Ok(()), Err(full()), Ok(())]);
    // The stored events are readable, and nothing of the rejected execution is stored.
    assert_eq!(journal.events(&id(1), 0).await, Ok([first.begin(), small.clone()].concat()));
    assert_eq!(journal.events(&id(4), 0).await, Ok(after));
    assert_eq!(journal.entry(&id(3)).await, Ok(None));
    assert_eq!(journal.create(TEXT, &large).await, Err(full()));
    // With space again, writes succeed.
    on_writer(&journal, |connection| connection.pragma_update_and_check(None, "max_page_count", 1_000_000, |_| Ok(())))
        .await
        .unwrap();
    journal.create(TEXT, &large).await.unwrap();
    journal.append(&id(1), &first.steps(2, 1)).await.unwrap();
    drop(journal);
    let journal = folder.journal();
    assert_eq!(journal.events(&id(1), 0).await, Ok([first.begin(), first.steps(1, 2)].concat()));
    assert_eq!(journal.events(&id(3), 0).await, Ok(large));
}

/// The results of two appends and of work between them that rolls back their shared commit. Asserts that the journal
/// works after that.
async fn roll_back_shared_commit(
    work: impl FnOnce(&Connection) -> rusqlite::Result<()> + Send + 'static,
) -> [Result<(), String>; 3] {
    let folder = Folder::new();
    let journal = folder.journal();
    let history = begin(&journal, 1).await;
    begin(&journal, 2).await;
    let before = journal.commits();
    let (sender, held) = hold(&journal);
    let (one, two, events) = (id(1), id(2), history.steps(1, 1));
    let first = journal.append(&one, &events);
    let between = on_writer(&journal, work);
    let last = journal.append(&two, &events);
    drop(sender);
    held.await.unwrap();
    let results = [first.await, between.await, last.await].map(|result| result.map_err(|error| error.to_string()));
    assert_eq!(journal.commits(), before);
    for number in [1, 2] {
        assert_eq!(journal.events(&id(number), 0).await, Ok(History::new(number).begin()));
        journal.append(&id(number), &events).await.unwrap();
        assert_eq!(journal.events(&id(number), 1).await, Ok(events.clone()));
    }
    results.map(|result| result.map_err(|error| error.replace(&*folder.path().to_string_lossy(), "FOLDER")))
}

#[tokio::test]
async fn failed_commit_fails_all_writes_in_it() {
    // A log line of an unknown execution: only the commit detects it.
    let results = roll_back_shared_commit(|connection| {
        connection
            .execute_batch("PRAGMA defer_foreign_keys = 1; INSERT INTO lines VALUES (999, 0, 0, 'x', 1, 'x', 'x')")
    });
    let why = "cannot use the journal FOLDER/journal.db: FOREIGN KEY constraint failed";
    assert_eq!(results.await, [why; 3].map(|why| Err(why.to_owned())));
}

#[tokio::test]
async fn rolled_back_transaction_fails_all_writes_in_it() {
    // SQLite rolls back by itself when the disk fails.
    let results = roll_back_shared_commit(|connection| {
        connection.execute_batch("ROLLBACK")?;
        Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR), None))
    });
    let why = "cannot read or write the journal FOLDER/journal.db: Error code 10: disk I/O error";
    assert_eq!(results.await, [why; 3].map(|why| Err(why.to_owned())));
}

#[tokio::test]
async fn busy_writer_reports_lock_timeout() {
    let folder = Folder::new();
    let journal = folder.journal();
    let history = begin(&journal, 1).await;
    on_writer(&journal, |connection| connection.busy_timeout(std::time::Duration::ZERO)).await.unwrap();
    let shell = folder.shell();
    shell.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let events = history.steps(1, 1);
    let busy = StoreError::Busy { file: folder.file(), seconds: crate::limits::JOURNAL_BUSY.as_secs() };
    assert_eq!(journal.append(&id(1), &events).await, Err(busy));
    // Readers do not wait, and a new process opens it.
    assert_eq!(journal.events(&id(1), 0).await, Ok(history.begin()));
    assert_eq!(folder.journal().events(&id(1), 0).await, Ok(history.begin()));
    shell.execute_batch("ROLLBACK").unwrap();
    journal.append(&id(1), &events).await.unwrap();
    assert_eq!(journal.events(&id(1), 1).await, Ok(events));
}
