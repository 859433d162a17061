use std::os::unix::fs::symlink;

use super::*;

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A folder as a killed process leaves it: with everything, and a lock that nobody holds.
fn abandon(temporary: &Path, name: &str) {
    let Folder { mut directory, _lock } = Folder::create(temporary).unwrap();
    directory.disable_cleanup(true);
    std::fs::rename(directory.path(), temporary.join(name)).unwrap();
}

#[test]
fn the_folder_of_a_killed_program_is_removed_and_no_other_one() {
    let temporary = tempfile::tempdir().unwrap();
    let at = |name: &str| temporary.path().join(name);
    let used = Folder::create(temporary.path()).unwrap();
    let used_name = used.directory.path().file_name().unwrap().to_str().unwrap().to_owned();
    abandon(temporary.path(), "runwright-killed");
    abandon(temporary.path(), "another-name");
    abandon(temporary.path(), "runwright-readable");
    std::fs::set_permissions(at("runwright-readable"), std::fs::Permissions::from_mode(0o755)).unwrap();
    // A user's own folder whose name only begins so.
    std::fs::create_dir(at("runwright-checkout")).unwrap();
    std::fs::set_permissions(at("runwright-checkout"), std::fs::Permissions::from_mode(0o700)).unwrap();
    std::fs::write(at("runwright-checkout/work"), "mine").unwrap();
    symlink(at("another-name"), at("runwright-link")).unwrap();
    // Its lock is a link to a lock that nobody holds.
    abandon(temporary.path(), "runwright-linked-lock");
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
fn a_link_in_an_abandoned_folder_is_removed_and_what_it_leads_to_stays() {
    let (temporary, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(outside.path().join("kept"), "").unwrap();
    abandon(temporary.path(), "runwright-killed");
    symlink(outside.path(), temporary.path().join("runwright-killed/runtime/link")).unwrap();
    symlink(outside.path(), temporary.path().join("runwright-killed/link")).unwrap();
    sweep(temporary.path());
    assert_eq!((names(temporary.path()), names(outside.path())), (Vec::new(), vec!["kept".to_owned()]));
}

#[test]
fn one_program_removes_a_bounded_number_of_folders() {
    let temporary = tempfile::tempdir().unwrap();
    for number in 0..=WORK_FOLDERS_SWEPT {
        abandon(temporary.path(), &format!("runwright-{number}"));
    }
    sweep(temporary.path());
    assert_eq!(names(temporary.path()).len(), 1);
    sweep(temporary.path());
    assert_eq!(names(temporary.path()), Vec::<String>::new());
}
