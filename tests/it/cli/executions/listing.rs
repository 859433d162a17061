//! `executions list`

use serde_json::Value;

use super::*;

const STATUSES: [&str; 3] = ["2026-11-18T03:00:00Z", "2026-11-19T03:00:00Z", "2026-11-20T03:00:00Z"];

fn three() -> Situation {
    with_journal(&[
        succeeded(ONE, STATUSES[0]).label("ticket", "OPS-7"),
        failed(TWO, STATUSES[1]).runbook("=cmd()", "schemaVersion: '0.3'\n"),
        interrupted(THREE, STATUSES[2]).parameter("Service", json!("api")),
    ])
}

/// The ids of a list, abbreviated.
fn ids(situation: &Situation, flags: &[&str]) -> Vec<String> {
    let outcome = executions(situation, &[&["list", "--output", "json"], flags].concat());
    assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
    let listed: Vec<Value> = serde_json::from_str(&outcome.stdout).unwrap();
    listed.iter().map(|entry| entry["AutomationExecutionId"].as_str().unwrap()[..8].to_owned()).collect()
}

#[test]
fn newest_first_with_commands_to_resume() {
    insta::assert_snapshot!(narrow(&stable_text(&executions(&three(), &["list"]))));
}

#[test]
fn list_of_an_empty_journal_is_empty() {
    let situation = Situation::new();
    executions(&situation, &["list"]).assert(0, "", &["no executions in state\n"]);
    assert_eq!(executions(&situation, &["list", "--output", "json"]).stdout, "[]\n");
    assert!(!folder(&situation).exists(), "looking makes nothing");
}

#[test]
fn filters_narrow_the_list() {
    let situation = three();
    let expected: [(&[&str], &[&str]); 11] = [
        (&[], &["9b2d7c1e", "4105a4fd", "4105a4fc"]),
        (&["--status", "Failed"], &["4105a4fd"]),
        (&["--status", "success", "--status", "Interrupted"], &["9b2d7c1e", "4105a4fc"]),
        (&["--status", "InProgress"], &[]),
        (&["--runbook", "restart"], &["9b2d7c1e", "4105a4fc"]),
        (&["--runbook", "=*"], &["4105a4fd"]),
        (&["--since", "2026-11-19 03:00:00Z"], &["9b2d7c1e", "4105a4fd"]),
        (&["--until", "2026-11-19"], &["4105a4fd", "4105a4fc"]),
        (&["-p", "Service=api"], &["9b2d7c1e"]),
        (&["--label", "ticket=OPS-7"], &["4105a4fc"]),
        (&["--limit", "1", "--before", "9b2d"], &["4105a4fd"]),
    ];
    for (flags, found) in expected {
        assert_eq!(ids(&situation, flags), found, "{flags:?}");
    }
}

#[test]
fn the_footer_is_the_command_of_the_next_page() {
    let situation = three();
    let first = executions(&situation, &["list", "--limit", "2", "--since", "2026-11-01"]);
    let resume = "runwright resume 9b2d7c1e\n";
    let next_page =
        "next page: runwright executions list --since 2026-11-01 --state-dir state --limit 2 --before 4105a4fd\n";
    assert!(first.stderr.contains(resume) && first.stderr.ends_with(next_page), "{}", first.stderr);
    let command = first.stderr.lines().find_map(|line| line.strip_prefix("next page: runwright ")).unwrap();
    let next = situation.run(&command.split(' ').collect::<Vec<_>>());
    assert_eq!(next.stdout.lines().skip(1).map(|line| &line[..8]).collect::<Vec<_>>(), ["4105a4fc"]);
}

#[test]
fn csv_has_no_formulas() {
    insta::assert_snapshot!(executions(&three(), &["list", "--output", "csv"]).stdout);
}

#[test]
fn json_is_stable() {
    insta::assert_snapshot!(executions(&three(), &["list", "--output", "json", "--limit", "1"]).stdout);
}

#[test]
fn running_execution_is_never_interrupted() {
    let situation = three();
    let journal = running(&situation, &interrupted("77aa00c1-0000-4000-8000-000000000004", "2026-11-20T04:00:00Z"));
    let status = |situation: &Situation| {
        let outcome = executions(situation, &["list", "--limit", "1"]);
        outcome.stdout.lines().last().unwrap().split_whitespace().nth(1).unwrap().to_owned()
    };
    assert_eq!(status(&situation), "InProgress");
    drop(journal);
    assert_eq!(status(&situation), "Interrupted");
}

#[test]
fn invalid_filters_are_rejected() {
    let situation = three();
    let rejected = |flags: &[&str], texts: &[&str]| {
        executions(&situation, &[&["list"], flags].concat()).assert(2, "", texts);
    };
    rejected(&["--since", "yesterday"], &["--since: ", "`7d`", "`2026-11-20`", "RFC 3339"]);
    rejected(&["--since", "2d", "--until", "7d"], &["--since must be before --until", "--since 7d --until 2d"]);
    rejected(&["--limit", "0"], &["'0' for '--limit", "1 to 100000"]);
    rejected(&["--before", "nothing"], &["no execution nothing in state", "`runwright executions list`"]);
}
