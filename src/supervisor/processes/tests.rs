use super::*;

fn listed(pid: i32, parent: i32) -> Listed {
    Listed { pid, parent, group: pid, session: pid, is_zombie: false, started_at: 0 }
}

#[test]
fn process_name_with_parentheses_and_spaces_is_parsed() {
    let stat = b"77 (a) Z 1 (b) S 12 34 56 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1000 10 18446744073709551615";
    let expected = Listed { pid: 77, parent: 12, group: 34, session: 56, is_zombie: false, started_at: 98765 };
    assert_eq!(parse(77, stat), Some(expected));
    assert_eq!([parse(77, b""), parse(77, b"77 (a"), parse(77, b"77 (a) S 1 2")], [None, None, None]);
}

#[test]
fn descendants_are_found_in_any_pid_order() {
    let all = [
        listed(2, 9),
        listed(3, 2),
        Listed { is_zombie: true, ..listed(4, 3) },
        listed(5, 4),
        listed(6, 1),
        listed(9, 8),
        listed(8, 1),
    ];
    let found: Vec<i32> = descendants(&all, 8).into_iter().map(|process| process.pid).collect();
    assert_eq!(found, [2, 3, 5, 9]);
}

#[test]
fn process_with_a_reused_pid_is_not_killed() {
    let mut child = std::process::Command::new("sleep").arg("600").spawn().unwrap();
    let pid = i32::try_from(child.id()).unwrap();
    let found = look(pid).unwrap();
    kill(Listed { started_at: found.started_at + 1, ..found });
    assert_eq!(look(pid).map(|now| (now.pid, now.is_zombie)), Some((pid, false)));
    kill(found);
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&child.wait().unwrap()), Some(9));
}
