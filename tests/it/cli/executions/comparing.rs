//! `executions diff`

use super::*;

#[test]
fn two_equal_runs_differ_only_in_durations() {
    let slower = Made::new(THREE, "2026-11-20T04:00:00Z", &["drain", "restart"])
        .ok("drain", 4_000, Some("restart"))
        .ok("restart", 6_000, None)
        .ended(Status::Success, None);
    let situation = kept(&[succeeded(ONE, "2026-11-20T03:00:00Z"), slower]);
    insta::assert_snapshot!(told(&executions(&situation, &["diff", "4105", "last"])));
}

#[test]
fn another_parameter_runbook_path_and_output() {
    let changed = failed(THREE, "2026-11-20T04:00:00Z")
        .parameter("Service", json!("api"))
        .runbook("restart-v2", &format!("{DOCUMENT}    onFailure: Abort\n"));
    let situation = kept(&[succeeded(ONE, "2026-11-20T03:00:00Z"), changed]);
    insta::assert_snapshot!(told(&executions(&situation, &["diff", "4105", "last"])));
    let json = executions(&situation, &["diff", "4105", "last", "--output", "json"]);
    let compared: Value = serde_json::from_str(&json.stdout).unwrap();
    insta::assert_snapshot!(serde_json::to_string(&compared["Path"]).unwrap());
    assert_eq!((json.status, &compared["Same"]), (Some(1), &json!(false)));
}

#[test]
fn incomparable_executions_exit_with_2() {
    let situation = kept(&[succeeded(ONE, "2026-11-20T03:00:00Z")]);
    assert_eq!(executions(&situation, &["diff", "last", "77"]).status, Some(2));
}
