//! `executions prune`

use super::*;
use crate::cli::terminal::on_terminal;

fn three() -> Situation {
    kept(&[
        succeeded(ONE, "2020-11-18T03:00:00Z"),
        failed(TWO, "2020-11-19T03:00:00Z"),
        broken_off(THREE, "2020-11-20T03:00:00Z"),
    ])
}

fn left(situation: &Situation) -> usize {
    let outcome = executions(situation, &["list", "--output", "json"]);
    serde_json::from_str::<Vec<Value>>(&outcome.stdout).unwrap().len()
}

/// What was told, without the size.
fn pruned(situation: &Situation, flags: &[&str]) -> String {
    let outcome = executions(situation, &[&["prune"], flags].concat());
    let size = fancy_regex::Regex::new(r"\d[\d.]* (bytes|KB|MB)").unwrap();
    size.replace_all(&outcome.told(), "SIZE").into_owned()
}

#[test]
fn prune_removes_old_executions_but_no_unfinished_ones() {
    let situation = three();
    insta::assert_snapshot!(
        [
            pruned(&situation, &["--older-than", "30d", "--dry-run"]),
            pruned(&situation, &["--older-than", "30d", "--yes", "--status", "Failed"]),
            pruned(&situation, &["--older-than", "30d", "--yes"]),
            pruned(&situation, &["--older-than", "30d", "--yes"]),
        ]
        .join("\n")
    );
    assert_eq!(left(&situation), 1);
    insta::assert_snapshot!(narrow(&told(&executions(&situation, &["list"]))).lines().nth(3).unwrap());
}

#[test]
fn prune_keeps_younger_executions() {
    let situation = three();
    insta::assert_snapshot!(pruned(&situation, &["--older-than", "100y"]));
    assert_eq!(left(&situation), 3);
}

#[test]
fn invalid_age_is_rejected() {
    let situation = three();
    let refused =
        ["0d", "30", "-3d", "soon", "30000y"].map(|age| pruned(&situation, &[&format!("--older-than={age}")]));
    insta::assert_snapshot!(refused.join("\n"));
    assert_eq!(left(&situation), 3);
}

#[test]
fn prune_asks_for_confirmation_on_a_terminal() {
    let situation = three();
    let prune = ["executions", "prune", "--older-than", "30d", "--state-dir", "state"];
    for (answer, code, after) in [("\n", 5, 3), ("n\n", 5, 3), ("y\n", 0, 1)] {
        let (_, exit) = on_terminal(&situation, &prune, &[("Remove 2 executions? [y/N] ", answer)]);
        assert_eq!((exit, left(&situation)), (code, after), "{answer:?}");
    }
    let situation = three();
    assert_eq!(on_terminal(&situation, &[&prune[..], &["--yes"]].concat(), &[]).1, 0);
    assert_eq!(left(&situation), 1);
}
