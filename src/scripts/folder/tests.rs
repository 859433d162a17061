use super::*;

const ID: &str = "6e4b2a1c-0f3d-4e5a-9b8c-7d6e5f4a3b2c";

fn names(parent: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(parent).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn at() -> Timestamp {
    "2021-05-24T14:57:35Z".parse().unwrap()
}

#[test]
fn folder_has_the_name_of_the_service_and_belongs_to_the_user_alone() {
    let parent = tempfile::tempdir().unwrap();
    let folder = ScriptFolder::create(parent.path(), ID, at(), false).unwrap();
    folder.write("customer_script.py", "pass").unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(
        (names(parent.path()), mode(folder.path()), mode(&folder.path().join("customer_script.py"))),
        (vec![format!("{ID}-2021-05-24-14-57-35")], 0o700, 0o600)
    );
    drop(folder);
    assert_eq!(names(parent.path()), Vec::<String>::new());
}

#[test]
fn only_folders_of_ended_engines_are_removed() {
    let parent = tempfile::tempdir().unwrap();
    let running = ScriptFolder::create(parent.path(), ID, at(), false).unwrap();
    let kept = ScriptFolder::create(parent.path(), &ID.replace('6', "7"), at(), true).unwrap();
    // As a killed engine leaves it: with a file that nobody locks.
    let abandoned = parent.path().join(format!("{}-2020-01-01-00-00-00", ID.replace('6', "8")));
    private_folder(&abandoned).unwrap();
    File::create(abandoned.join(LOCK)).unwrap();
    private_folder(&parent.path().join("other")).unwrap();
    let next = ScriptFolder::create(parent.path(), &ID.replace('6', "9"), at(), false).unwrap();
    remove_abandoned(parent.path(), at());
    let name = |folder: &ScriptFolder| folder.path().file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(names(parent.path()), [name(&running), name(&kept), name(&next), "other".to_owned()]);
}

#[test]
fn folder_that_was_never_finished_is_removed_once_it_is_old() {
    let parent = tempfile::tempdir().unwrap();
    private_folder(&parent.path().join(format!("{UNFINISHED}{ID}"))).unwrap();
    private_folder(&parent.path().join(".runwright-other")).unwrap();
    let made = Timestamp::try_from(std::fs::metadata(parent.path()).unwrap().modified().unwrap()).unwrap();
    let left_after = |seconds| {
        let now = made + jiff::SignedDuration::from_secs(seconds);
        remove_abandoned(parent.path(), now);
        names(parent.path())
    };
    let (young, old) = (left_after(60), left_after(2 * SCRIPT_FOLDER_SECONDS));
    assert_eq!((young.len(), old), (2, vec![".runwright-other".to_owned()]));
}
