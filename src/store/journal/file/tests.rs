use std::sync::Barrier;

use super::*;
use crate::store::journal::situation::Situation;

#[test]
fn all_who_open_a_new_folder_at_once_succeed() {
    for _ in 0..20 {
        let situation = Situation::new();
        let file = situation.path().join(NAME);
        let start = Barrier::new(8);
        let versions: Vec<_> = std::thread::scope(|scope| {
            let opened = || {
                start.wait();
                let opened = open(&file)?;
                Ok((opened.can_write, version(&opened.reader).map_err(|error| told(&file, &error))?))
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(opened)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let newest = u32::try_from(MIGRATIONS.len()).unwrap();
        assert_eq!(versions, vec![Ok::<_, StoreError>((true, newest)); 8]);
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
