//! `executions show`

use serde_json::Value;

use super::*;

#[test]
fn a_failed_execution() {
    let made = failed(ONE, "2026-11-20T03:00:00Z").label("ticket", "OPS-7").parameter("Hosts", json!(["a", "b"]));
    insta::assert_snapshot!(told(&executions(&kept(&[made]), &["show", "last"])), @"");
}

#[test]
fn one_that_nobody_carries_on() {
    let situation = kept(&[broken_off(ONE, "2026-11-20T03:00:00Z")]);
    insta::assert_snapshot!(told(&executions(&situation, &["show", "4105"])), @"");
}

#[test]
fn one_step_whole() {
    let situation = kept(&[succeeded(ONE, "2026-11-20T03:00:00Z")]);
    insta::assert_snapshot!(told(&executions(&situation, &["show", "last", "--step", "drain"])), @"");
    insta::assert_snapshot!(told(&executions(&situation, &["show", "last", "--step", "drian"])), @"");
}

#[test]
fn json_is_the_shape_of_the_service_and_what_the_history_adds() {
    let situation = kept(&[broken_off(ONE, "2026-11-20T03:00:00Z")]);
    let outcome = executions(&situation, &["show", "last", "--output", "json"]);
    let shown: Value = serde_json::from_str(&outcome.stdout).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&shown["History"]).unwrap(), @"");
    assert_eq!(
        [&shown["AutomationExecutionStatus"], &shown["StepExecutions"][1]["StepStatus"], &shown["CurrentStepName"]],
        ["Interrupted", "Interrupted", "restart"]
    );
}

#[test]
fn a_locale_without_utf_8_and_colours_when_asked_for() {
    let situation = kept(&[succeeded(ONE, "2026-11-20T03:00:00Z")]).env("LANG", "C");
    let ascii = executions(&situation, &["show", "last"]);
    assert!(ascii.stdout.is_ascii(), "{}", ascii.stdout);
    let coloured = executions(&situation, &["show", "last", "--color", "always"]);
    assert!(coloured.stdout.contains("\u{1b}[32m###"), "{}", coloured.stdout);
}
