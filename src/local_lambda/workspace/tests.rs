use std::os::unix::fs::symlink;

use super::*;

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The folder of a killed process: complete, with an unheld lock.
fn create_abandoned_folder(temporary: &Path, name: &str) {
    let Folder { mut directory, _lock } = Folder::create(temporary).unwrap();
    directory.disable_cleanup(true);
    std::fs::rename(directory.path(), temporary.join(name)).unwrap();
}

#[test]
fn only_folders_of_killed_processes_are_removed() {
    let temporary = tempfile::tempdir().unwrap();
    let at = |name: &str| temporary.path().join(name);
    let used = Folder::create(temporary.path()).unwrap();
    let used_name = used.directory.path().file_name().unwrap().to_str().unwrap().to_owned();
    create_abandoned_folder(temporary.path(), "runwright-killed");
    create_abandoned_folder(temporary.path(), "another-name");
    create_abandoned_folder(temporary.path(), "runwright-readable");
    std::fs::set_permissions(at("runwright-readable"), std::fs::Permissions::from_mode(0o755)).unwrap();
    // A folder of the user with the same name prefix.
    std::fs::create_dir(at("runwright-checkout")).unwrap();
    std::fs::set_permissions(at("runwright-checkout"), std::fs::Permissions::from_mode(0o700)).unwrap();
    std::fs::write(at("runwright-checkout/work"), "mine").unwrap();
    symlink(at("another-name"), at("runwright-link")).unwrap();
    // Its lock is a symlink to an unheld lock.
    create_abandoned_folder(temporary.path(), "runwright-linked-lock");
    std::fs::remove_file(at("runwright-linked-lock").join(LOCK)).unwrap();
    symlink(at("another-name").join(LOCK), at("runwright-linked-lock").join(LOCK)).unwrap();

    sweep(temporary.path());

    let mut left = vec![
        used_name,
        "another-name".to_owned(),
        "runwright-checkout".to_owned(),
        "runwright-link".to_owned(),
        "runwright-linked-lock".to_owned(),
        "runwright-readable".to_owned(),
    ];
    left.sort();
    assert_eq!(names(temporary.path()), left);
}

#[test]
fn symlink_in_an_abandoned_folder_is_removed_without_its_target() {
    let (temporary, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(outside.path().join("kept"), "").unwrap();
    create_abandoned_folder(temporary.path(), "runwright-killed");
    symlink(outside.path(), temporary.path().join("runwright-killed/runtime/link")).unwrap();
    symlink(outside.path(), temporary.path().join("runwright-killed/link")).unwrap();
    sweep(temporary.path());
    assert_eq!((names(temporary.path()), names(outside.path())), (Vec::new(), vec!["kept".to_owned()]));
}

#[test]
fn cleanup_removes_a_limited_number_of_folders() {
    let temporary = tempfile::tempdir().unwrap();
    for number in 0..=WORK_FOLDERS_SWEPT {
        create_abandoned_folder(temporary.path(), &format!("runwright-{number}"));
    }
    sweep(temporary.path());
    assert_eq!(names(temporary.path()).len(), 1);
    sweep(temporary.path());
    assert_eq!(names(temporary.path()), Vec::<String>::new());
}
