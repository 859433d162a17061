//! The id of an execution, in every command that takes one.

use super::*;

#[test]
fn unique_prefix_or_last_identifies_an_execution() {
    let situation = kept(&[succeeded(ONE, "2026-11-19T03:00:00Z"), failed(THREE, "2026-11-20T03:00:00Z")]);
    for given in [ONE, "4105a4fc", "4", "4105A4FC-F9"] {
        assert_eq!(executions(&situation, &["events", given]).status, Some(0), "{given}");
    }
    assert_eq!(executions(&situation, &["events", "last"]).status, Some(1));
}

#[test]
fn an_unknown_or_ambiguous_id_is_refused_with_candidates() {
    let situation = kept(&[succeeded(ONE, "2026-11-19T03:00:00Z"), failed(TWO, "2026-11-20T03:00:00Z")]);
    let refused = ["4105a4ff", "4105a4f", "zzz", ""].map(|given| executions(&situation, &["show", given]));
    let refused = refused.map(|outcome| outcome.told().replace(ONE, "ONE").replace(TWO, "TWO"));
    insta::assert_snapshot!(refused.join("\n"));
}

#[test]
fn every_command_reports_an_empty_journal() {
    let situation = Situation::new();
    let told = [
        vec!["show", "last"],
        vec!["logs", "last"],
        vec!["events", "last"],
        vec!["export", "last"],
        vec!["diff", "last", "last"],
        vec!["prune", "--older-than", "1d"],
    ]
    .map(|arguments| executions(&situation, &arguments).told());
    insta::assert_snapshot!(told.join("\n"));
}
