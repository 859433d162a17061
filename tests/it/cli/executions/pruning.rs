//! `executions prune`

use super::*;
use crate::cli::terminal::on_terminal;

fn three() -> Situation {
    with_journal(&[
        succeeded(ONE, "2020-11-18T03:00:00Z"),
        failed(TWO, "2020-11-19T03:00:00Z"),
        interrupted(THREE, "2020-11-20T03:00:00Z"),
    ])
}

fn left(situation: &Situation) -> usize {
    let outcome = executions(situation, &["list", "--output", "json"]);
    serde_json::from_str::<Vec<Value>>(&outcome.stdout).unwrap().len()
}

fn prune(situation: &Situation, flags: &[&str]) -> CommandOutcome {
    executions(situation, &[&["prune"], flags].concat())
}

#[test]
fn prune_removes_old_executions_but_no_unfinished_ones() {
    let situation = three();
    let old = ["--older-than", "30d"];
    let dry_run = prune(&situation, &[&old[..], &["--dry-run"]].concat());
    dry_run.assert(0, "", &["dry run: 2 executions", "1 Success, 1 Failed"]);
    assert_eq!(left(&situation), 3);
    let yes = [&old[..], &["--yes"]].concat();
    let failed = prune(&situation, &[&yes[..], &["--status", "Failed"]].concat());
    failed.assert(0, "", &["1 execution removed", " freed\n"]);
    assert_eq!(left(&situation), 2);
    prune(&situation, &yes).assert(0, "", &["1 execution removed", " freed\n"]);
    prune(&situation, &yes).assert(0, "", &["nothing to remove"]);
    let list = executions(&situation, &["list", "--output", "json"]).json();
    let remaining: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (&it["AutomationExecutionId"], &it["AutomationExecutionStatus"]))
        .collect();
    assert_eq!(remaining, [(&json!(THREE), &json!("Interrupted"))]);
}

#[test]
fn prune_keeps_younger_executions() {
    let situation = three();
    prune(&situation, &["--older-than", "100y"]).assert(0, "", &["nothing to remove"]);
    assert_eq!(left(&situation), 3);
}

#[test]
fn invalid_age_is_rejected() {
    let situation = three();
    let rows =
        [("0d", "every ended execution"), ("30", "`30d`"), ("-3d", "negative"), ("soon", "`7d`"), ("30000y", "`7d`")];
    for (age, text) in rows {
        prune(&situation, &[&format!("--older-than={age}")]).assert(2, "", &["--older-than: ", text]);
    }
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
