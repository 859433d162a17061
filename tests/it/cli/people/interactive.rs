//! Runs step by step without a terminal, through signals.

use std::process::Child;

use insta::assert_snapshot;

use super::{INTERACTIVE, RUN, by, settled, situation, until_waiting};
use crate::harness::{Outcome, Situation};

fn told(outcome: &Outcome) -> String {
    settled(&outcome.told())
}

fn signal(situation: &Situation, arguments: &[&str]) -> String {
    told(&situation.run(&[&["signal", "last"], arguments].concat()))
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn steps_are_started_and_skipped_from_another_terminal() {
    let situation = situation();
    let run = situation.start(&INTERACTIVE);
    until_waiting(&situation, "ask");
    let waiting = [
        told(&situation.run(&["executions", "list"])),
        told(&situation.run(&["executions", "show", "last"])),
        signal(&situation, &["approve"]),
        signal(&situation, &["stop-step"]),
        signal(&situation, &["revoke"]),
        signal(&situation, &["start-step", "--step", "act"]),
    ];
    assert_snapshot!("what_is_waited_for_and_what_is_refused", waiting.join("\n\n"));
    let taken = signal(&situation, &["skip-step", "--step", "ask", "--comment", "approved by telephone"]);
    until_waiting(&situation, "act");
    assert_eq!(by("anna", &situation, &["signal", "last", "start-step"]).status.code(), Some(0));
    until_waiting(&situation, "after");
    let ended = situation.run(&["stop", "last", "--type", "Complete"]);
    assert_eq!(ended.status, Some(0), "{}", ended.told());
    assert_snapshot!(format!("{taken}\n\n{}", told(&situation.end(run))));
}

#[test]
fn remaining_steps_are_started_from_another_terminal() {
    let steps = ["a", "b", "c"].map(|name| format!("name: {name}, inputs: {{FunctionName: say}}"));
    let situation = Situation::new().functions().runbook("", &steps.each_ref().map(String::as_str));
    let run = situation.start(&INTERACTIVE);
    until_waiting(&situation, "a");
    let refused = signal(&situation, &["skip-step", "--rest"]);
    assert_eq!(situation.run(&["signal", "last", "start-step", "--rest"]).status, Some(0));
    assert_snapshot!(format!("{refused}\n\n{}", told(&situation.end(run))));
}

#[test]
fn hanging_step_is_abandoned_and_on_failure_decides() {
    let situation = Situation::new().functions().runbook(
        "",
        &["name: hang, onFailure: Continue, inputs: {FunctionName: gate}", "name: next, inputs: {FunctionName: say}"],
    );
    let run = situation.start(&RUN);
    situation.wait_for("code/waits");
    let refused = signal(&situation, &["stop-step", "--step", "next"]);
    let taken = signal(&situation, &["stop-step", "--step", "hang", "--comment", "hangs"]);
    assert_snapshot!(format!("{refused}\n\n{taken}\n\n{}", told(&situation.end(run))));
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
    // Nobody carries it on now; what is said is kept.
    let kept = signal(&situation, &["start-step"]);
    let resumed = situation.start(&["resume", "last"]);
    until_waiting(&situation, "after");
    assert_eq!(situation.run(&["signal", "last", "skip-step"]).status, Some(0));
    assert_snapshot!(format!("{kept}\n\n{}", told(&situation.end(resumed))));
}

#[test]
fn ephemeral_run_without_terminal_cannot_wait() {
    assert_snapshot!(told(
        &situation()
            .runbook("", &["name: a, inputs: {FunctionName: say}"])
            .run(&[&INTERACTIVE[..], &["--ephemeral"]].concat())
    ));
}
