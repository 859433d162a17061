use std::sync::Barrier;

use super::*;
use crate::store::journal::situation::Situation;

#[test]
fn concurrent_opening_of_a_new_folder_succeeds() {
    for _ in 0..50 {
        let situation = Situation::new();
        let file = situation.path().join(NAME);
        let start = Barrier::new(8);
        let versions: Vec<_> = std::thread::scope(|scope| {
            let opened = || {
                start.wait();
                let opened = open(&file)?;
                Ok((opened.unwritable, version(&opened.reader).map_err(|error| store_error(&file, &error))?))
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(opened)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let newest = u32::try_from(MIGRATIONS.len()).unwrap();
        assert_eq!(versions, vec![Ok::<_, StoreError>((None, newest)); 8]);
    }
}

#[test]
fn new_journal_has_auto_vacuum_durable_writes_and_owner_only_access() {
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
fn journal_read_while_read_only_is_writable_again() {
    use std::os::unix::fs::PermissionsExt;
    let situation = Situation::new();
    let file = situation.path().join(NAME);
    let held = open(&file).unwrap();
    let (log, shared) = (situation.path().join("journal.db-wal"), situation.path().join("journal.db-shm"));
    // A reader of a read-only file leaves them with this mode.
    for path in [&log, &shared] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o400)).unwrap();
    }
    let opened = open(&file).unwrap();
    let modes = [&log, &shared].map(|path| path.metadata().unwrap().permissions().mode() & 0o777);
    assert_eq!((held.unwritable, opened.unwritable, modes), (None, None, [0o600; 2]));
}

#[test]
fn read_only_journal_is_read_with_and_without_its_write_ahead_log() {
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
