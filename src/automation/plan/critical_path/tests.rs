use super::*;

fn node<'a>(name: &'a str, millis: u64, next: &[&'a str]) -> StepNode<'a> {
    StepNode { name, inside: None, millis: Some(millis), next: next.to_vec() }
}

fn outcome(nodes: &[StepNode<'_>]) -> (Option<f64>, String, String) {
    let (worst, unreachable) = find_critical_path(nodes);
    (worst.seconds, worst.path.join(" "), unreachable.join(" "))
}

#[test]
fn critical_path_includes_failure_edges_and_excludes_unreachable_steps() {
    let nodes = [
        node("a", 1_000, &["b", "e"]),
        node("b", 2_000, &["c"]),
        node("c", 4_500, &[]),
        node("d", 60_000, &["c"]),
        node("e", 3_000, &["c"]),
    ];
    assert_eq!(outcome(&nodes), (Some(8.5), "a e c".to_owned(), "d".to_owned()));
}

#[test]
fn one_step_without_a_timeout_makes_the_path_unbounded() {
    let nodes = [
        node("a", 1_000, &["b", "c"]),
        StepNode { name: "b", inside: None, millis: None, next: vec![] },
        node("c", u64::MAX, &[]),
    ];
    assert_eq!(outcome(&nodes), (None, "a b".to_owned(), String::new()));
}

#[test]
fn deep_diamond_is_walked_once() {
    let names: Vec<String> = (0..10_000).map(|at| format!("s{at}")).collect();
    let nodes: Vec<StepNode<'_>> = names
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let next = [at + 1, at + 2].iter().filter_map(|next| names.get(*next).map(String::as_str)).collect();
            StepNode { name, inside: None, millis: Some(1_000), next }
        })
        .collect();
    let (worst, unreachable) = find_critical_path(&nodes);
    assert_eq!((worst.seconds, worst.path.len(), unreachable.len()), (Some(10_000.0), 10_000, 0));
}

#[test]
fn critical_path_of_no_steps_and_of_a_missing_next_step() {
    assert_eq!(outcome(&[]), (None, String::new(), String::new()));
    assert_eq!(outcome(&[node("a", 0, &["gone"])]), (Some(0.0), "a".to_owned(), String::new()));
}

#[test]
fn loop_takes_all_iterations_and_its_exits_become_next_steps() {
    let inside = |name, millis, next: &[&'static str]| StepNode { inside: Some("each"), ..node(name, millis, next) };
    let mut nodes = [
        node("each", 0, &["after"]),
        inside("one", 1_000, &["two", "other"]),
        inside("two", 500, &[]),
        inside("never", 9_000, &[]),
        node("after", 2_000, &[]),
        node("other", 5_000, &[]),
    ];
    assert_eq!(collapse_loop(&mut nodes, "each", 10, None), (Some(15_000), vec!["never".to_owned()]));
    assert_eq!(nodes[0].next, ["after", "other"]);
    assert_eq!(collapse_loop(&mut nodes, "each", 10, Some(3_000)).0, Some(3_000));
    nodes[1].millis = None;
    assert_eq!(collapse_loop(&mut nodes, "each", 10, None).0, None);
}
