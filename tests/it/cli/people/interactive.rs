//! Runs step by step without a terminal, through signals.

use std::process::Child;

use serde_json::json;

use super::{INTERACTIVE, RUN, by, situation, until_waiting};
use crate::harness::{Outcome, Situation};
use crate::journal_reads::ReadJournal as _;

fn signal(situation: &Situation, arguments: &[&str]) -> Outcome {
    situation.run(&[&["signal", "last"], arguments].concat())
}

const PAYLOAD: &str = "act.Payload = {\"host\":\"web-1\",\"how\":\"soft\"}\n";

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn steps_are_started_and_skipped_from_another_terminal() {
    let situation = situation();
    let run = situation.start(&INTERACTIVE);
    until_waiting(&situation, "ask");
    let listed = situation.run(&["executions", "list", "--output", "json"]).json()[0].take();
    let shown = situation.run(&["executions", "show", "last", "--output", "json"]).json();
    let steps = shown["StepExecutions"].as_array().unwrap().iter();
    let steps: Vec<_> = steps.map(|step| json!([step["StepName"], step["StepStatus"]])).collect();
    assert_eq!(steps, ["ask", "act", "after"].map(|name| json!([name, "Pending"])));
    assert_eq!(
        [&listed["AutomationExecutionStatus"], &listed["CurrentStepName"], &shown["AutomationExecutionStatus"]],
        ["Waiting", "ask", "Waiting"]
    );
    let text = situation.run(&["executions", "show", "last"]).stdout;
    assert!(text.contains("before step ask") && text.contains("not run yet: ask, act, after"), "{text}");
    signal(&situation, &["approve"]).assert(2, "", &["step ask waits for `start-step` or `skip-step`"]);
    signal(&situation, &["stop-step"]).assert(2, "", &["no step is running"]);
    signal(&situation, &["revoke"]).assert(2, "", &["revoke", "just-in-time access", "stop-step", "`runwright stop`"]);
    signal(&situation, &["start-step", "--step", "act"]).assert(2, "", &["act is not the current step, which is ask"]);
    let skipped = signal(&situation, &["skip-step", "--step", "ask", "--comment", "approved by telephone"]);
    skipped.assert(0, "", &["step ask", "skipped", "runwright attach ID"]);
    until_waiting(&situation, "act");
    assert_eq!(by("anna", &situation, &["signal", "last", "start-step"]).status.code(), Some(0));
    until_waiting(&situation, "after");
    let ended = situation.run(&["stop", "last", "--type", "Complete"]);
    assert_eq!(ended.status, Some(0), "{}", ended.text());
    let waits = ["step ask waits to be started", "runwright signal ID start-step", "step act waits", "book: Success"];
    situation.end(run).assert(0, PAYLOAD, &waits);
    let history =
        "ask skipped by operator: approved by telephone, StartStep by anna, act Success, complete by operator, Success";
    assert_eq!(situation.history("last"), history);
}

#[test]
fn remaining_steps_are_started_from_another_terminal() {
    let steps = ["a", "b", "c"].map(|name| format!("name: {name}, inputs: {{FunctionName: say}}"));
    let situation = Situation::new().functions().runbook("", &steps.each_ref().map(String::as_str));
    let run = situation.start(&INTERACTIVE);
    until_waiting(&situation, "a");
    signal(&situation, &["skip-step", "--rest"]).assert(2, "", &["only the signal StartStep", "--rest", "start-step"]);
    assert_eq!(situation.run(&["signal", "last", "start-step", "--rest"]).status, Some(0));
    situation.end(run).assert(0, "", &["book: Success"]);
    let history = "StartStep and the rest by operator, a Success, b Success, c Success, Success";
    assert_eq!(situation.history("last"), history);
}

#[test]
fn hanging_step_is_abandoned_and_on_failure_decides() {
    let situation = Situation::new().functions().runbook(
        "",
        &["name: hang, onFailure: Continue, inputs: {FunctionName: gate}", "name: next, inputs: {FunctionName: say}"],
    );
    let run = situation.start(&RUN);
    situation.wait_for("code/waits");
    signal(&situation, &["stop-step", "--step", "next"]).assert(
        2,
        "",
        &["next is not the current step, which is hang"],
    );
    let stopped = signal(&situation, &["stop-step", "--step", "hang", "--comment", "hangs"]);
    stopped.assert(0, "", &["step hang", "Cancelled", "runwright attach ID"]);
    situation.end(run).assert(0, "", &["may still be running", "book: Success"]);
    assert_eq!(situation.history("last"), "StopStep by operator: hangs, hang Cancelled, next Success, Success");
}

#[test]
fn killed_run_waits_again_after_resume() {
    let situation = situation();
    let run = situation.start(&[&INTERACTIVE[..], &["--quiet"]].concat());
    until_waiting(&situation, "ask");
    kill(run);
    let resumed = situation.start(&["resume", "last"]);
    situation.wait_until(|journal| journal.find("last").is_ok_and(|entry| entry.status.as_str() == "Waiting"));
    assert_eq!(situation.run(&["signal", "last", "skip-step"]).status, Some(0));
    until_waiting(&situation, "act");
    kill(resumed);
    // No process runs it now; signals are stored.
    let stored = signal(&situation, &["start-step"]);
    stored.assert(6, "", &["signal stored", "no process runs execution ID", "runwright resume ID"]);
    let resumed = situation.start(&["resume", "last"]);
    until_waiting(&situation, "after");
    assert_eq!(situation.run(&["signal", "last", "skip-step"]).status, Some(0));
    situation.end(resumed).assert(0, PAYLOAD, &["step after waits to be started", "book: Success"]);
    let history = "resumed, ask skipped by operator, resumed, StartStep by operator, act Success, after skipped by operator, Success";
    assert_eq!(situation.history("last"), history);
}

#[test]
fn ephemeral_run_without_terminal_cannot_wait() {
    let situation = situation().runbook("", &["name: a, inputs: {FunctionName: say}"]);
    let run = situation.run(&[&INTERACTIVE[..], &["--ephemeral"]].concat());
    run.assert(2, "", &["--mode interactive", "requires the journal", "--ephemeral"]);
}
