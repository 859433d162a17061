//! Journals of every earlier version are migrated with their content.

use serde_json::json;

use super::file::MIGRATIONS;
use super::*;
use crate::event::{OnInterrupted, Signal};
use crate::name::{ParameterName, StepExecutionId, StepName};
use crate::store::{
    Claim, ExecutionState, Filter, LockState, OnConflict, Page, Request, RequestKind, StoreError, StoredLine,
};

/// The content of a journal of each version, in its schema. A new migration needs one more, and none is ever changed.
const CONTENTS: [&str; MIGRATIONS.len()] = [
    include_str!("versions/0001.sql"),
    include_str!("versions/0002.sql"),
    include_str!("versions/0003.sql"),
    include_str!("versions/0004.sql"),
    include_str!("versions/0005.sql"),
    include_str!("versions/0006.sql"),
    include_str!("versions/0007.sql"),
];

/// A journal of an earlier version with its content.
fn of_version(version: usize) -> Folder {
    let folder = Folder::new();
    std::fs::create_dir(folder.path()).unwrap();
    let shell = folder.shell();
    shell.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL").unwrap();
    for migration in &MIGRATIONS[..version] {
        shell.execute_batch(migration).unwrap();
    }
    shell.pragma_update(None, "application_id", 0x726e_7772).unwrap();
    shell.pragma_update(None, "user_version", u32::try_from(version).unwrap()).unwrap();
    shell.execute_batch(CONTENTS[version - 1]).unwrap();
    folder
}

fn version(folder: &Folder) -> usize {
    folder.shell().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

/// The tables and indexes.
fn schema(folder: &Folder) -> Vec<(String, Option<String>)> {
    let shell = folder.shell();
    let mut statement = shell.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

/// The executions in the journal of every version.
fn history(number: u32) -> History {
    let mut history = History::new(number);
    history.started.format = 1;
    history.started.parameters.insert(ParameterName::new("Count"), json!(number));
    history.started.parameters.insert(ParameterName::new("Stage"), json!("prod"));
    history.started.launch.labels.insert("stage".to_owned(), "prod".to_owned());
    // Stored whether the user had chosen it or not.
    history.started.launch.on_interrupted = Some(OnInterrupted::Retry);
    history
}

#[tokio::test]
async fn journal_of_every_earlier_version_is_migrated_with_its_content() {
    let newest = Folder::new();
    newest.journal();
    for held in 1..=MIGRATIONS.len() {
        let folder = of_version(held);
        let journal = folder.journal();
        assert_eq!(version(&folder), MIGRATIONS.len(), "from version {held}");
        assert_eq!(schema(&folder), schema(&newest), "from version {held}");
        let (failed, left) = (history(1), history(2));
        let whole = [failed.begin(), failed.steps(1, 2), failed.end(3, Status::Failed)].concat();
        let begun = [left.begin(), left.steps(1, 1)].concat();
        assert_eq!(journal.events(&id(1), 0).await, Ok(whole), "from version {held}");
        assert_eq!(journal.events(&id(2), 0).await, Ok(begun), "from version {held}");
        let document = &failed.started.document;
        assert_eq!(journal.document(&document.sha256).await, Ok(Some(TEXT.to_owned())));
        let of_prod = Filter {
            labels: vec![("stage".to_owned(), "prod".to_owned())],
            parameters: vec![("Stage".to_owned(), "prod".to_owned())],
            ..Filter::default()
        };
        let shown: Vec<_> = journal.list(&of_prod, &Page::default()).await.unwrap();
        let shown: Vec<_> = shown.into_iter().map(|entry| (entry.id, entry.status, entry.document)).collect();
        let expected = [
            (id(2), ExecutionState::Interrupted, document.clone()),
            (id(1), ExecutionState::Ended(Status::Failed), document.clone()),
        ];
        assert_eq!(shown, expected, "from version {held}");
        // The interrupted execution is resumed.
        assert_eq!(journal.claim(&id(2)).await, Ok(Claim::Won));
        assert_eq!(journal.acquire_lock("restart", &id(2), OnConflict::Queue).await, Ok(LockState::Held));
        journal.append(&id(2), &left.steps(2, 1)).await.unwrap();
        journal.append(&id(2), &left.end(3, Status::Success)).await.unwrap();
        // Old executions can be pruned.
        assert_eq!(journal.prune(jiff::Timestamp::MAX, &[]).await.unwrap().executions, 2);
    }
}

#[tokio::test]
async fn requests_log_lines_and_locks_of_version_2_are_kept() {
    let folder = of_version(2);
    let journal = folder.journal();
    let cancel = Request { kind: RequestKind::Cancel, by: "operator".to_owned(), at: start() };
    assert_eq!(journal.requests(&id(2)).await, Ok(vec![(1, cancel)]));
    let line = StoredLine {
        at: start(),
        step: StepName::new("step1"),
        attempt: 1,
        function: "say".to_owned(),
        text: "hello".to_owned(),
    };
    assert_eq!(journal.log_lines(&id(1), 0).await, Ok(vec![(1, line)]));
    let entry = journal.entry(&id(2)).await.unwrap().unwrap();
    assert_eq!((entry.lock.as_deref(), entry.owner), (Some("restart"), None));
}

#[tokio::test]
async fn signals_of_version_3_are_kept() {
    let folder = of_version(3);
    let journal = folder.journal();
    let cancel = Request { kind: RequestKind::Cancel, by: "operator".to_owned(), at: start() };
    let approve = Request {
        kind: RequestKind::Signal {
            signal: Signal::Approve,
            step_execution: StepExecutionId::new("run"),
            comment: Some("go on".to_owned()),
            rest: false,
        },
        ..cancel.clone()
    };
    assert_eq!(journal.requests(&id(2)).await, Ok(vec![(1, cancel), (2, approve)]));
    assert!(!journal.entry(&id(2)).await.unwrap().unwrap().is_imported);
}

#[tokio::test]
async fn failed_migration_leaves_the_journal_unchanged() {
    let folder = of_version(1);
    // Conflicts with the second migration, near its end.
    folder.shell().execute_batch("CREATE TABLE lines (a)").unwrap();
    let before = schema(&folder);
    let error = Journal::create(&folder.path(), Arc::new(folder.clock.clone())).unwrap_err();
    let StoreError::Other { file, why } = error else { panic!("{error:?}") };
    assert_eq!(file, folder.file());
    assert!(why.starts_with("table lines already exists"), "{why}");
    assert_eq!((version(&folder), schema(&folder)), (1, before));
    folder.shell().execute_batch("DROP TABLE lines").unwrap();
    assert_eq!(folder.journal().count(&Filter::default()).await, Ok(2));
}
