//! Damaged, truncated and read-only journal files.

use std::fs;

use super::*;
use crate::store::{ChangeCursor, Claim, Filter, Page, Pruned, Request, RequestKind, StoreError, find_execution};

const EXECUTIONS: u32 = 6;
const EVENTS: u64 = 60;

/// Some executions with many events each, in one file that no process has open.
async fn filled() -> Folder {
    let folder = Folder::new();
    let journal = folder.journal();
    for number in 1..=EXECUTIONS {
        journal.import(TEXT, &events(number)).await.unwrap();
    }
    folder
}

fn events(number: u32) -> Vec<Recorded> {
    let history = History::new(number);
    [history.begin(), history.steps(1, EVENTS - 2), history.end(EVENTS - 1, Status::Success)].concat()
}

/// The byte ranges of the pages that hold events.
fn pages_of_events(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    // Of the file format of SQLite: the size of pages, and the kind of page that holds rows of a table.
    let size = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    let holds_events = |page: &[u8]| page[0] == 0x0d && page.windows(11).any(|text| text == b"StepStarted");
    let starts = (0..bytes.len()).step_by(size);
    starts.map(|start| start..start + size).filter(|page| holds_events(&bytes[page.clone()])).collect()
}

#[tokio::test]
async fn damaged_page_loses_only_its_own_events() {
    let folder = filled().await;
    let undamaged = fs::read(folder.file()).unwrap();
    let pages = pages_of_events(&undamaged);
    assert!(pages.len() > EXECUTIONS as usize, "{pages:?}");
    let (mut whole, mut lost) = (0, 0);
    for page in &pages {
        let mut bytes = undamaged.clone();
        bytes[page.clone()].fill(0xff);
        fs::write(folder.file(), bytes).unwrap();
        let journal = folder.journal();
        let listed = journal.list(&Filter::default(), &Page::default()).await.unwrap();
        assert_eq!(listed.len(), EXECUTIONS as usize, "bytes {page:?}");
        for number in 1..=EXECUTIONS {
            match journal.events(&id(number), 0).await {
                Ok(read) => {
                    assert!(read == events(number), "bytes {page:?}: execution {number} differs from what was stored");
                    whole += 1;
                }
                Err(StoreError::Corrupt { file, why }) => {
                    assert_eq!((file, why.as_str()), (folder.file(), "database disk image is malformed"));
                    lost += 1;
                }
                Err(other) => panic!("bytes {page:?}: {other:?}"),
            }
        }
        // A new execution is stored, or fails with an error.
        let begun = journal.create(TEXT, &History::new(99).begin()).await;
        assert!(matches!(begun, Ok(()) | Err(StoreError::Corrupt { .. })), "bytes {page:?}: {begun:?}");
    }
    // A page has rows of one execution, or of two adjacent ones.
    let damaged = u32::try_from(pages.len()).unwrap();
    assert_eq!(whole + lost, damaged * EXECUTIONS);
    assert!((damaged..=2 * damaged).contains(&lost), "{lost} of {damaged} pages");
}

#[tokio::test]
async fn truncated_file_is_reported() {
    let folder = filled().await;
    let undamaged = fs::read(folder.file()).unwrap();
    for length in [50, 600, 4096, undamaged.len() / 2] {
        fs::write(folder.file(), &undamaged[..length]).unwrap();
        let error = match Journal::open_existing(&folder.path(), Arc::new(folder.clock.clone())) {
            Ok(journal) => journal.unwrap().events(&id(EXECUTIONS), 0).await.unwrap_err(),
            Err(error) => error,
        };
        let is_reported = match error {
            StoreError::Foreign { file } | StoreError::Corrupt { file, .. } => file == folder.file(),
            _ => false,
        };
        assert!(is_reported, "{length} bytes");
    }
}

/// A journal that can be read and not written.
fn for_reading(folder: &Folder) -> Result<Journal, StoreError> {
    let opened = file::open_for_reading(&folder.file(), StoreError::ReadOnly { file: folder.file() })?;
    Ok(Journal::from_parts(&folder.path(), Arc::new(folder.clock.clone()), opened))
}

#[tokio::test]
async fn read_only_journal_is_readable_and_rejects_writes() {
    let folder = filled().await;
    let journal = for_reading(&folder).unwrap();
    assert_eq!(journal.events(&id(3), 0).await, Ok(events(3)));
    assert_eq!(find_execution(&journal, "last").await.map(|entry| entry.id), Ok(id(EXECUTIONS)));
    assert_eq!(journal.requests(&id(3)).await, Ok(Vec::new()));
    assert_eq!(journal.log_lines(&id(3), 0).await, Ok(Vec::new()));
    assert_eq!(journal.poll_changes(&mut ChangeCursor::default()).await, Ok(true));
    let refused = || StoreError::ReadOnly { file: folder.file() };
    let cancel = Request { kind: RequestKind::Cancel, by: "operator".to_owned(), at: start() };
    assert_eq!(journal.create(TEXT, &History::new(9).begin()).await, Err(refused()));
    assert_eq!(journal.claim(&id(3)).await, Err::<Claim, _>(refused()));
    assert_eq!(journal.request(&id(3), cancel).await, Err(refused()));
    assert_eq!(journal.prune(jiff::Timestamp::MAX, &[]).await, Err::<Pruned, _>(refused()));
    journal.log(&id(3), Vec::new());
    assert_eq!(journal.commits(), 0);
}

#[tokio::test]
async fn read_only_journal_reads_new_events_of_other_processes() {
    let folder = Folder::new();
    let writer = folder.journal();
    let history = begin(&writer, 1).await;
    let reader = for_reading(&folder).unwrap();
    let mut reader_changes = ChangeCursor::default();
    for changed in [true, false] {
        assert_eq!(reader.poll_changes(&mut reader_changes).await, Ok(changed));
    }
    writer.append(&id(1), &history.steps(1, 1)).await.unwrap();
    for changed in [true, false] {
        assert_eq!(reader.poll_changes(&mut reader_changes).await, Ok(changed));
    }
    assert_eq!(reader.events(&id(1), 1).await, Ok(history.steps(1, 1)));
}

#[tokio::test]
async fn opening_for_reading_does_not_migrate() {
    let folder = Folder::new();
    fs::create_dir(folder.path()).unwrap();
    folder.shell().execute_batch(file::MIGRATIONS[0]).unwrap();
    folder.shell().execute_batch("PRAGMA application_id = 1919842162; PRAGMA user_version = 1").unwrap();
    let before = fs::read(folder.file()).unwrap();
    assert_eq!(for_reading(&folder).unwrap_err(), StoreError::ReadOnly { file: folder.file() });
    assert!(fs::read(folder.file()).unwrap() == before);
}
