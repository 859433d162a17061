//! Ownership of executions: one running process owns each, and another can claim it only after that process ends.

use std::sync::Barrier;

use super::*;
use crate::clock::Clock;
use crate::limits::LEASE;
use crate::store::{Claim, ExecutionState, StoreError};

#[tokio::test]
async fn reopened_journal_has_the_stored_events_and_documents() {
    let folder = Folder::new();
    let events = whole(&folder.journal(), 1).await;
    let journal = folder.journal();
    assert_eq!(journal.events(&id(1), 0).await, Ok(events.clone()));
    assert_eq!(journal.events(&id(1), 1).await, Ok(events[1..].to_vec()));
    assert_eq!(journal.events(&id(1), 2).await, Ok(Vec::new()));
    let hash = &journal.entry(&id(1)).await.unwrap().unwrap().document.sha256;
    assert_eq!(journal.document(hash).await, Ok(Some(TEXT.to_owned())));
    assert_eq!(journal.document("another").await, Ok(None));
}

#[tokio::test]
async fn running_process_keeps_its_executions() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    begin(&one, 1).await;
    // However long its step takes.
    folder.clock.advance(LEASE * 100);
    let claim = two.claim(&id(1)).await.unwrap();
    let Claim::Running { owner } = claim else { panic!("{claim:?}") };
    assert_eq!((owner.pid, owner.since), (std::process::id(), start()));
    assert_eq!(one.claim(&id(1)).await, Ok(Claim::Running { owner: owner.clone() }));
    assert_eq!(interrupted(&two).await, Vec::<ExecutionId>::new());
    let entry = two.entry(&id(1)).await.unwrap().unwrap();
    assert_eq!((entry.status, entry.owner), (ExecutionState::Running(Status::InProgress), Some(owner)));
}

#[tokio::test]
async fn executions_of_an_ended_process_are_interrupted_until_claimed() {
    let folder = Folder::new();
    let one = folder.journal();
    for number in [2, 1] {
        begin(&one, number).await;
    }
    whole(&one, 3).await;
    drop(one);
    let two = folder.journal();
    // The oldest first.
    assert_eq!(interrupted(&two).await, [id(2), id(1)]);
    let entry = two.entry(&id(1)).await.unwrap().unwrap();
    assert_eq!((entry.status, entry.owner), (ExecutionState::Interrupted, None));
    assert_eq!(two.claim(&id(1)).await, Ok(Claim::Won));
    assert_eq!(two.claim(&id(3)).await, Ok(Claim::Ended(Status::Success)));
    assert_eq!(two.claim(&id(4)).await, Ok(Claim::Unknown));
    assert_eq!(interrupted(&two).await, [id(2)]);
    two.append(&id(1), &History::new(1).steps(1, 1)).await.unwrap();
}

#[test]
fn exactly_one_of_several_claiming_processes_wins() {
    const RACERS: usize = 8;
    let folder = Folder::new();
    let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
    for number in 1..=20 {
        runtime().block_on(begin(&folder.journal(), number));
        let start = Barrier::new(RACERS);
        let (won, appended) = std::thread::scope(|scope| {
            let racers: Vec<_> = (0..RACERS)
                .map(|_| {
                    scope.spawn(|| {
                        let journal = folder.journal();
                        start.wait();
                        let claim = runtime().block_on(journal.claim(&id(number))).unwrap();
                        let won = claim == Claim::Won;
                        let events = History::new(number).steps(1, 1);
                        let appended = runtime().block_on(journal.append(&id(number), &events));
                        // No process continues before all have checked.
                        start.wait();
                        (won, appended)
                    })
                })
                .collect();
            racers.into_iter().map(|racer| racer.join().unwrap()).unzip::<_, _, Vec<_>, Vec<_>>()
        });
        let winners: Vec<usize> = (0..RACERS).filter(|racer| won[*racer]).collect();
        assert_eq!(winners.len(), 1, "{won:?}");
        for (racer, appended) in appended.into_iter().enumerate() {
            let expected = if won[racer] { Ok(()) } else { Err(StoreError::NotOwner { execution: id(number) }) };
            assert_eq!(appended, expected);
        }
    }
}

#[tokio::test]
async fn process_cannot_append_after_another_claims_its_execution() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    let history = begin(&one, 1).await;
    // As if the kernel had ended it: its lock is gone.
    std::fs::remove_file(folder.path().join("processes").join(one.process.id())).unwrap();
    assert_eq!(two.claim(&id(1)).await, Ok(Claim::Won));
    let refused = StoreError::NotOwner { execution: id(1) };
    assert_eq!(one.append(&id(1), &history.steps(1, 1)).await, Err(refused));
    one.release(&id(1), None).await.unwrap();
    two.append(&id(1), &history.steps(1, 1)).await.unwrap();
    assert_eq!(one.events(&id(1), 1).await, Ok(history.steps(1, 1)));
}

#[tokio::test]
async fn released_execution_can_be_claimed_while_its_process_runs() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    let history = begin(&one, 1).await;
    one.release(&id(1), None).await.unwrap();
    assert_eq!(interrupted(&two).await, [id(1)]);
    let refused = StoreError::NotOwner { execution: id(1) };
    assert_eq!(one.append(&id(1), &history.steps(1, 1)).await, Err(refused));
    assert_eq!(two.claim(&id(1)).await, Ok(Claim::Won));
    // Only the owner can release it.
    one.release(&id(1), None).await.unwrap();
    two.append(&id(1), &history.steps(1, 1)).await.unwrap();
}

/// Moves the process of a journal to another machine, whose locks are not visible here.
fn move_away(folder: &Folder, journal: &Journal) {
    let moved = folder.shell().execute("UPDATE processes SET host = 'elsewhere' WHERE id = ?1", [journal.process.id()]);
    assert_eq!(moved, Ok(1));
    // A file on this machine says nothing about locks on another.
    std::fs::remove_file(folder.path().join("processes").join(journal.process.id())).unwrap();
}

#[tokio::test]
async fn process_on_another_machine_keeps_its_executions_until_its_lease_expires() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    begin(&one, 1).await;
    move_away(&folder, &one);
    folder.clock.advance(LEASE);
    assert!(matches!(two.claim(&id(1)).await, Ok(Claim::Running { .. })));
    folder.clock.advance(std::time::Duration::from_nanos(1));
    assert_eq!(two.claim(&id(1)).await, Ok(Claim::Won));
}

#[tokio::test]
async fn idle_process_on_another_machine_renews_its_heartbeat_with_its_next_execution() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    whole(&one, 1).await;
    move_away(&folder, &one);
    // It owned nothing for a long time, and wrote no heartbeat.
    folder.clock.advance(LEASE * 10);
    begin(&one, 2).await;
    assert!(matches!(two.claim(&id(2)).await, Ok(Claim::Running { .. })));
}

#[tokio::test]
async fn idle_process_of_another_machine_keeps_its_row_and_lock_file() {
    let folder = Folder::new();
    whole(&folder.journal(), 1).await;
    // Its lock is not visible on this machine.
    let lock = folder.path().join("processes/idle");
    std::fs::write(&lock, "").unwrap();
    folder.shell().execute("INSERT INTO processes VALUES ('idle', 1, 'elsewhere', 0, 0)", []).unwrap();
    begin(&folder.journal(), 2).await;
    let rows = folder.shell().query_row("SELECT count(*) FROM processes WHERE id = 'idle'", [], |row| row.get(0));
    assert_eq!((rows, lock.exists()), (Ok(1), true), "its next execution needs both");
}

#[tokio::test]
async fn rows_and_files_of_ended_processes_are_deleted() {
    let folder = Folder::new();
    let crashed = folder.journal();
    begin(&crashed, 1).await;
    let gone = crashed.process.id().to_owned();
    // As after a crash: the lock is released, and the file stays.
    drop(crashed);
    std::fs::write(folder.path().join("processes").join(&gone), "").unwrap();
    let two = folder.journal();
    assert_eq!(two.claim(&id(1)).await, Ok(Claim::Won));
    let three = folder.journal();
    begin(&three, 2).await;
    let files = || -> Vec<String> {
        let entries = std::fs::read_dir(folder.path().join("processes")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let mut running = vec![two.process.id().to_owned(), three.process.id().to_owned()];
    running.sort();
    assert_eq!(files(), running);
    let rows: i64 = folder.shell().query_row("SELECT count(*) FROM processes", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 2);
    drop((two, three));
    assert_eq!(files(), Vec::<String>::new());
}

#[tokio::test]
async fn process_that_only_reads_is_not_registered() {
    let folder = Folder::new();
    whole(&folder.journal(), 1).await;
    let journal = folder.journal();
    assert_eq!(journal.entry(&id(1)).await.unwrap().unwrap().status, ExecutionState::Ended(Status::Success));
    assert_eq!(std::fs::read_dir(folder.path().join("processes")).unwrap().count(), 0);
    assert_eq!((journal.commits(), folder.clock.now()), (0, start()));
}
