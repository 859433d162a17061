//! `executions show`

use serde_json::Value;

use super::*;

#[test]
fn failed_execution_is_shown() {
    let made = failed(ONE, "2026-11-20T03:00:00Z").label("ticket", "OPS-7").parameter("Hosts", json!(["a", "b"]));
    insta::assert_snapshot!(stable_text(&executions(&with_journal(&[made]), &["show", "last"])));
}

#[test]
fn interrupted_execution_is_shown_with_the_command_to_resume() {
    let situation = with_journal(&[interrupted(ONE, "2026-11-20T03:00:00Z")]);
    let shown = executions(&situation, &["show", "4105"]);
    let states = [
        "restart Interrupted",
        "in step restart",
        "runwright resume 4105a4fc",
        "last event",
        "1/3 drain       Success",
    ];
    let rest = ["2/3 restart     Interrupted", "the call may have run", "not run yet: undrain"];
    let found = states.iter().chain(&rest).map(|text| shown.stdout.find(text));
    let found: Vec<Option<usize>> = found.collect();
    assert!(found.iter().all(Option::is_some) && found.is_sorted(), "{}", shown.stdout);
    assert_eq!((shown.status, shown.stdout.contains("ended  ")), (Some(0), false), "{}", shown.stdout);
}

#[test]
fn show_step_prints_full_values() {
    let situation = with_journal(&[succeeded(ONE, "2026-11-20T03:00:00Z")]);
    let shown = executions(&situation, &["show", "last", "--step", "drain"]);
    let lines: Vec<&str> = shown.stdout.lines().map(|line| line.trim_start_matches([' ', '│'])).collect();
    let values = [
        "inputs",
        "FunctionName = drain-node",
        "InputPayload =",
        "{",
        "\"service\": \"web\"",
        "}",
        "outputs",
        "StatusCode = 200",
        "Payload =",
        "{",
        "\"done\": \"drain\"",
        "}",
    ];
    assert!(shown.status == Some(0) && lines.ends_with(&values), "{}", shown.text());
    assert!(shown.stdout.contains("1/2 drain") && !shown.stdout.contains("2/2"), "{}", shown.stdout);
    executions(&situation, &["show", "last", "--step", "drian"]).assert(2, "", &["no step drian\n", "`drain`"]);
}

#[test]
fn json_has_the_shape_of_the_service_and_the_history() {
    let situation = with_journal(&[interrupted(ONE, "2026-11-20T03:00:00Z")]);
    let outcome = executions(&situation, &["show", "last", "--output", "json"]);
    let shown: Value = serde_json::from_str(&outcome.stdout).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&shown["History"]).unwrap());
    assert_eq!(
        [&shown["AutomationExecutionStatus"], &shown["StepExecutions"][1]["StepStatus"], &shown["CurrentStepName"]],
        ["Interrupted", "Interrupted", "restart"]
    );
}

#[test]
fn output_is_ascii_without_utf_8_and_coloured_on_request() {
    let situation = with_journal(&[succeeded(ONE, "2026-11-20T03:00:00Z")]).env("LANG", "C");
    let ascii = executions(&situation, &["show", "last"]);
    assert!(ascii.stdout.is_ascii(), "{}", ascii.stdout);
    let coloured = executions(&situation, &["show", "last", "--color", "always"]);
    assert!(coloured.stdout.contains("\u{1b}[32m###"), "{}", coloured.stdout);
}

#[test]
fn run_output_matches_show() {
    let situation = Situation::new().functions().runbook(
        "",
        &["name: talk, inputs: {FunctionName: say}", "name: try, maxAttempts: 2, inputs: {FunctionName: fail}"],
    );
    let flags = ["--functions", "template.yaml", "--retry-delay", "0", "--quiet", "--state-dir", "state"];
    assert_eq!(situation.run(&[&["run", "book.yaml"], &flags[..]].concat()).status, Some(1));
    let shown = executions(&situation, &["show", "last"]).stdout;
    let words = ["✗ book Failed", "✓ 1/2 talk", "✗ 2/2 try", "attempt 1 of 2 failed", "attempt 2 of 2 failed", "Boom"];
    assert_eq!(words.map(|word| shown.contains(word)), [true; 6], "{shown}");
    let logs = executions(&situation, &["logs", "last"]).stdout;
    let lines = logs.lines().filter_map(|line| line.split_once("Z ")).map(|(_, text)| text);
    let own = ["START", "END", "REPORT"];
    let lines: Vec<&str> = lines.filter(|text| !own.iter().any(|word| text.contains(word))).collect();
    assert_eq!(lines, ["talk 1 one", "talk 1 two", "try 1 looking", "try 2 looking"]);
}
