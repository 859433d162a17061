//! `executions diff`

use super::*;

#[test]
fn two_equal_runs_differ_only_in_durations() {
    let slower = Made::new(THREE, "2026-11-20T04:00:00Z", &["drain", "restart"])
        .ok("drain", 4_000, Some("restart"))
        .ok("restart", 6_000, None)
        .ended(Status::Success, None);
    let situation = with_journal(&[succeeded(ONE, "2026-11-20T03:00:00Z"), slower]);
    let diff = executions(&situation, &["diff", "4105", "last", "--output", "json"]);
    let compared = diff.json();
    let ratios: Vec<&Value> = compared["Path"].as_array().unwrap().iter().map(|row| &row["Ratio"]).collect();
    assert_eq!((diff.status, &compared["Same"], ratios), (Some(0), &json!(true), vec![&json!(2.0), &json!(1.0)]));
    let text = executions(&situation, &["diff", "4105", "last"]);
    assert_eq!((text.status, text.stdout.matches(": identical\n").count()), (Some(0), 3), "{}", text.text());
}

#[test]
fn diff_shows_changed_parameters_runbook_and_path() {
    let changed = failed(THREE, "2026-11-20T04:00:00Z")
        .parameter("Service", json!("api"))
        .runbook("restart-v2", &format!("{DOCUMENT}    onFailure: Abort\n"));
    let situation = with_journal(&[succeeded(ONE, "2026-11-20T03:00:00Z"), changed]);
    insta::assert_snapshot!(stable_text(&executions(&situation, &["diff", "4105", "last"])));
    let json = executions(&situation, &["diff", "4105", "last", "--output", "json"]);
    let compared: Value = serde_json::from_str(&json.stdout).unwrap();
    let side =
        |step: &str, status: &str, took: u64| json!({"StepName": step, "Status": status, "Attempts": 1, "Took": took});
    let (drain, ended) = (side("drain", "Success", 2_000), side("restart", "Success", 6_000));
    let path = compared["Path"].as_array().unwrap().iter();
    let path: Vec<_> = path.map(|row| (&row["Left"], &row["Right"])).collect();
    assert_eq!(path, [(&drain, &drain), (&ended, &side("restart", "Failed", 500))]);
    assert_eq!((json.status, &compared["Same"]), (Some(1), &json!(false)));
}

#[test]
fn incomparable_executions_exit_with_2() {
    let situation = with_journal(&[succeeded(ONE, "2026-11-20T03:00:00Z")]);
    assert_eq!(executions(&situation, &["diff", "last", "77"]).status, Some(2));
}
