//! Opening a folder: what is created, and which files are rejected.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Barrier;

use super::*;
use crate::clock::SystemClock;
use crate::store::StoreError;

impl Folder {
    fn open(&self) -> Result<Journal, StoreError> {
        Journal::create(&self.path(), Arc::new(self.clock.clone()))
    }

    fn open_existing(&self) -> Result<Option<Journal>, StoreError> {
        Journal::open_existing(&self.path(), Arc::new(self.clock.clone()))
    }

    /// A journal with one execution that no process has open, in one file.
    async fn closed(&self) -> Vec<Recorded> {
        let events = whole(&self.journal(), 1).await;
        assert!(
            !self.folder.path().join("state/journal.db-wal").exists(),
            "the last process to close it removes the log"
        );
        events
    }
}

/// The error of opening, which is the same for writing and for reading.
fn refused(folder: &Folder) -> StoreError {
    let error = folder.open().unwrap_err();
    assert_eq!(folder.open_existing().unwrap_err(), error);
    error
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn opening_for_reading_creates_nothing() {
    let folder = Folder::new();
    assert!(matches!(folder.open_existing(), Ok(None)));
    assert!(!folder.path().exists());
    fs::create_dir(folder.path()).unwrap();
    assert!(matches!(folder.open_existing(), Ok(None)));
    fs::write(folder.file(), "").unwrap();
    assert!(matches!(folder.open_existing(), Ok(None)), "an empty file is not a journal yet");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    folder.open().unwrap();
    assert!(matches!(folder.open_existing(), Ok(Some(_))));
}

#[tokio::test]
async fn created_files_and_folders_are_accessible_by_the_owner_only() {
    let folder = Folder::new();
    let deep = folder.folder.path().join("a/b/state");
    let journal = Journal::create(&deep, Arc::new(folder.clock.clone())).unwrap();
    begin(&journal, 1).await;
    let folders = ["a", "a/b", "a/b/state", "a/b/state/processes"].map(|path| mode(&folder.folder.path().join(path)));
    assert_eq!(folders, [0o700; 4]);
    let lock = format!("processes/{}", journal.process.id());
    let files = ["journal.db", "journal.db-wal", "journal.db-shm", lock.as_str()].map(|name| mode(&deep.join(name)));
    assert_eq!(files, [0o600; 4]);
}

#[test]
fn concurrent_creation_of_a_journal_succeeds() {
    const PROCESSES: u32 = 8;
    for round in 0..12 {
        let folder = Folder::new();
        let start = Barrier::new(PROCESSES as usize);
        let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
        std::thread::scope(|scope| {
            let makers: Vec<_> = (1..=PROCESSES)
                .map(|number| {
                    let (folder, start) = (&folder, &start);
                    scope.spawn(move || {
                        start.wait();
                        let journal = Journal::create(&folder.path(), Arc::new(SystemClock))?;
                        let events = History::new(number).begin();
                        runtime().block_on(journal.create(TEXT, &events))
                    })
                })
                .collect();
            for maker in makers {
                assert_eq!(maker.join().unwrap(), Ok(()), "round {round}");
            }
        });
        let count = runtime().block_on(folder.journal().count(&crate::store::Filter::default()));
        assert_eq!(count, Ok(u64::from(PROCESSES)));
    }
}

#[test]
fn file_in_place_of_the_folder_is_reported() {
    let folder = Folder::new();
    fs::write(folder.path(), "no folder").unwrap();
    assert_eq!(refused(&folder), StoreError::NotAFolder { folder: folder.path() });
    let below = folder.path().join("below/it");
    let error = Journal::create(&below, Arc::new(folder.clock.clone())).unwrap_err();
    assert_eq!(error, StoreError::NotAFolder { folder: folder.path() });
    let error = Journal::open_existing(&below, Arc::new(folder.clock.clone())).unwrap_err();
    assert_eq!(error, StoreError::NotAFolder { folder: folder.path() });
}

#[test]
fn folder_in_place_of_the_file_is_reported() {
    let folder = Folder::new();
    fs::create_dir_all(folder.file()).unwrap();
    assert_eq!(refused(&folder), StoreError::Foreign { file: folder.file() });
}

#[test]
fn file_that_is_not_a_database_is_rejected_unchanged() {
    let folder = Folder::new();
    fs::create_dir(folder.path()).unwrap();
    let text = "dear diary\n".repeat(100);
    fs::write(folder.file(), &text).unwrap();
    assert_eq!(refused(&folder), StoreError::Foreign { file: folder.file() });
    assert_eq!(fs::read_to_string(folder.file()).unwrap(), text);
}

#[test]
fn database_of_another_program_is_rejected_unchanged() {
    for sql in [
        "PRAGMA application_id = 7; CREATE TABLE t (a)",
        "CREATE TABLE t (a)",
        "PRAGMA user_version = 1; CREATE TABLE t (a)",
        "PRAGMA user_version = 9",
    ] {
        let folder = Folder::new();
        fs::create_dir(folder.path()).unwrap();
        folder.shell().execute_batch(sql).unwrap();
        let before = fs::read(folder.file()).unwrap();
        assert_eq!(refused(&folder), StoreError::Foreign { file: folder.file() }, "{sql}");
        assert!(fs::read(folder.file()).unwrap() == before, "{sql}");
    }
}

#[tokio::test]
async fn journal_of_a_newer_version_is_rejected_unchanged() {
    let folder = Folder::new();
    folder.closed().await;
    let known = u32::try_from(file::MIGRATIONS.len()).unwrap();
    folder.shell().pragma_update(None, "user_version", known + 1).unwrap();
    let before = fs::read(folder.file()).unwrap();
    assert_eq!(refused(&folder), StoreError::Newer { file: folder.file(), found: known + 1, known });
    assert!(fs::read(folder.file()).unwrap() == before);
}

#[tokio::test]
async fn unknown_event_names_the_required_version_and_other_executions_are_readable() {
    let folder = Folder::new();
    folder.closed().await;
    let journal = folder.journal();
    whole(&journal, 2).await;
    folder.shell().execute("UPDATE events SET kind = 'StepDreamt' WHERE execution = 1 AND sequence = 1", []).unwrap();
    let mut refused =
        StoreError::UnknownEvent { execution: id(1), sequence: 1, kind: "StepDreamt".to_owned(), needed: None };
    assert_eq!(journal.events(&id(1), 0).await, Err(refused.clone()));
    let version = "UPDATE events SET body = replace(body, '\"version\":\"\"', '\"version\":\"9.1.0\"') \
                   WHERE execution = 1 AND sequence = 0";
    assert_eq!(folder.shell().execute(version, []), Ok(1));
    if let StoreError::UnknownEvent { needed, .. } = &mut refused {
        *needed = Some("9.1.0".to_owned());
    }
    assert_eq!(journal.events(&id(1), 0).await, Err(refused.clone()));
    assert_eq!(journal.events(&id(1), 1).await, Err(refused));
    assert_eq!(journal.events(&id(2), 0).await.map(|events| events.len()), Ok(2));
}
