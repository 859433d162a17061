use super::*;

fn place<'a>(name: &'a str, millis: u64, next: &[&'a str]) -> Place<'a> {
    Place { name, inside: None, millis: Some(millis), next: next.to_vec() }
}

fn told(places: &[Place<'_>]) -> (Option<f64>, String, String) {
    let (worst, unreachable) = longest(places);
    (worst.seconds, worst.path.join(" "), unreachable.join(" "))
}

#[test]
fn the_longest_way_counts_failure_paths_and_leaves_out_what_is_not_reached() {
    let places = [
        place("a", 1_000, &["b", "e"]),
        place("b", 2_000, &["c"]),
        place("c", 4_500, &[]),
        place("d", 60_000, &["c"]),
        place("e", 3_000, &["c"]),
    ];
    assert_eq!(told(&places), (Some(8.5), "a e c".to_owned(), "d".to_owned()));
}

#[test]
fn one_step_without_a_timeout_leaves_the_whole_without_a_bound() {
    let places = [
        place("a", 1_000, &["b", "c"]),
        Place { name: "b", inside: None, millis: None, next: vec![] },
        place("c", u64::MAX, &[]),
    ];
    assert_eq!(told(&places), (None, "a b".to_owned(), String::new()));
}

#[test]
fn a_diamond_of_many_floors_is_walked_once() {
    let names: Vec<String> = (0..10_000).map(|at| format!("s{at}")).collect();
    let places: Vec<Place<'_>> = names
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let next = [at + 1, at + 2].iter().filter_map(|next| names.get(*next).map(String::as_str)).collect();
            Place { name, inside: None, millis: Some(1_000), next }
        })
        .collect();
    let (worst, unreachable) = longest(&places);
    assert_eq!((worst.seconds, worst.path.len(), unreachable.len()), (Some(10_000.0), 10_000, 0));
}

#[test]
fn ties_and_nothing_at_all() {
    assert_eq!(told(&[]), (None, String::new(), String::new()));
    assert_eq!(told(&[place("a", 0, &["gone"])]), (Some(0.0), "a".to_owned(), String::new()));
}

#[test]
fn a_loop_takes_all_its_iterations_and_leads_where_its_steps_lead() {
    let inside = |name, millis, next: &[&'static str]| Place { inside: Some("each"), ..place(name, millis, next) };
    let mut places = [
        place("each", 0, &["after"]),
        inside("one", 1_000, &["two", "other"]),
        inside("two", 500, &[]),
        inside("never", 9_000, &[]),
        place("after", 2_000, &[]),
        place("other", 5_000, &[]),
    ];
    assert_eq!(repeated(&mut places, "each", 10, None), (Some(15_000), vec!["never".to_owned()]));
    assert_eq!(places[0].next, ["after", "other"]);
    assert_eq!(repeated(&mut places, "each", 10, Some(3_000)).0, Some(3_000));
    places[1].millis = None;
    assert_eq!(repeated(&mut places, "each", 10, None).0, None);
}
