//! The id of an execution, in every command that takes one.

use super::*;

#[test]
fn unique_prefix_or_last_identifies_an_execution() {
    let situation = with_journal(&[succeeded(ONE, "2026-11-19T03:00:00Z"), failed(THREE, "2026-11-20T03:00:00Z")]);
    for given in [ONE, "4105a4fc", "4", "4105A4FC-F9"] {
        assert_eq!(executions(&situation, &["events", given]).status, Some(0), "{given}");
    }
    assert_eq!(executions(&situation, &["events", "last"]).status, Some(1));
}

#[test]
fn an_unknown_or_ambiguous_id_is_refused_with_candidates() {
    let situation = with_journal(&[succeeded(ONE, "2026-11-19T03:00:00Z"), failed(TWO, "2026-11-20T03:00:00Z")]);
    let unknown = executions(&situation, &["show", "4105a4ff"]);
    unknown.assert(2, "", &["no execution ID in state", "did you mean ID or ID?"]);
    let ambiguous = executions(&situation, &["show", "4105a4f"]);
    ambiguous.assert(2, "", &["4105a4f matches 2 executions", "ID restart Failed", "ID restart Success"]);
    for outcome in [unknown, ambiguous] {
        assert!(outcome.stderr.contains(ONE) && outcome.stderr.contains(TWO), "{}", outcome.text());
    }
    executions(&situation, &["show", "zzz"]).assert(
        2,
        "",
        &["no execution zzz in state", "`runwright executions list`"],
    );
    executions(&situation, &["show", ""]).assert(2, "", &["empty id in state", "`last`"]);
}

#[test]
fn every_command_reports_an_empty_journal() {
    let situation = Situation::new();
    let commands: [&[&str]; 5] =
        [&["show", "last"], &["logs", "last"], &["events", "last"], &["export", "last"], &["diff", "last", "last"]];
    for arguments in commands {
        let empty = ["there are no executions in state\n", "`runwright run FILE`", "--state-dir FOLDER"];
        executions(&situation, arguments).assert(2, "", &empty);
    }
    executions(&situation, &["prune", "--older-than", "1d"]).assert(0, "", &["no executions in state\n"]);
}
