use std::sync::Barrier;

use super::*;
use crate::store::journal::situation::Situation;

#[test]
fn all_who_open_a_new_folder_at_once_succeed() {
    for _ in 0..50 {
        let situation = Situation::new();
        let file = situation.path().join(NAME);
        let start = Barrier::new(8);
        let versions: Vec<_> = std::thread::scope(|scope| {
            let opened = || {
                start.wait();
                let opened = open(&file)?;
                Ok((opened.unwritable, version(&opened.reader).map_err(|error| told(&file, &error))?))
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(opened)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let newest = u32::try_from(MIGRATIONS.len()).unwrap();
        assert_eq!(versions, vec![Ok::<_, StoreError>((None, newest)); 8]);
    }
}

#[test]
fn a_new_journal_gives_space_back_waits_for_others_and_is_its_owners_alone() {
    let situation = Situation::new();
    let folder = situation.path().join("state/of/it");
    make_folder(&folder).unwrap();
    let file = folder.join(NAME);
    let opened = open(&file).unwrap();
    let pragma = |name: &str| opened.reader.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
    let writer = connect(&file).unwrap();
    let writing = |name: &str| writer.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
    let mode = |path: &Path| std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions()) & 0o777;
    let files = ["journal.db", "journal.db-wal", "journal.db-shm"].map(|name| mode(&folder.join(name)));
    let folders = ["state", "state/of", "state/of/it"].map(|name| mode(&situation.path().join(name)));
    assert_eq!(
        (pragma("auto_vacuum"), writing("synchronous"), writing("foreign_keys"), files, folders),
        (2, 2, 1, [0o600; 3], [0o700; 3])
    );
}

#[test]
fn a_journal_that_was_read_while_it_was_read_only_can_be_written_when_it_is_writable_again() {
    use std::os::unix::fs::PermissionsExt;
    let situation = Situation::new();
    let file = situation.path().join(NAME);
    let held = open(&file).unwrap();
    let (log, shared) = (situation.path().join("journal.db-wal"), situation.path().join("journal.db-shm"));
    // So they are left by a reader of a file that may only be read.
    for path in [&log, &shared] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o400)).unwrap();
    }
    let opened = open(&file).unwrap();
    let modes = [&log, &shared].map(|path| path.metadata().unwrap().permissions().mode() & 0o777);
    assert_eq!((held.unwritable, opened.unwritable, modes), (None, None, [0o600; 2]));
}

#[test]
fn what_cannot_be_written_is_read_with_what_stands_in_its_log_or_without() {
    let situation = Situation::new();
    let file = situation.path().join(NAME);
    drop(open(&file).unwrap());
    let why = StoreError::ReadOnly { file: file.clone() };
    let alone = open_for_reading(&file, why.clone()).map(|opened| (opened.unwritable, version(&opened.reader)));
    let writer = open(&file).unwrap();
    let beside = open_for_reading(&file, why.clone()).map(|opened| (opened.unwritable, version(&opened.reader)));
    drop(writer);
    let newest = u32::try_from(MIGRATIONS.len()).unwrap();
    assert_eq!((alone, beside), (Ok((Some(why.clone()), Ok(newest))), Ok((Some(why), Ok(newest)))));
}
