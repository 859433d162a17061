//! Approvals, pauses and the signals to them.

use insta::assert_snapshot;

use super::durable::told;
use crate::harness::Situation;

const BOOK: &str = r#"schemaVersion: "0.3"
parameters:
  Host: {type: String, default: web-1}
outputs: [ask.ApprovalStatus]
mainSteps:
  - name: ask
    action: aws:approve
    inputs:
      Approvers: [operator, anna]
      Message: "Restart {{ Host }}?"
  - name: act
    action: aws:invokeLambdaFunction
    inputs: {FunctionName: say}
  - name: hold
    action: aws:pause
    inputs: {}
"#;

const RUN: [&str; 4] = ["run", "book.yaml", "--functions", "template.yaml"];

fn situation() -> Situation {
    Situation::new().functions().file("book.yaml", BOOK)
}

/// Waits until a step of the newest execution waits for somebody.
pub(super) fn until_waiting(situation: &Situation, step: &str) {
    situation.wait_until(|journal| {
        journal
            .find("last")
            .is_ok_and(|entry| entry.status.as_str() == "Waiting" && entry.current_step.as_deref() == Some(step))
    });
}

#[test]
fn an_approval_and_a_pause_are_given_from_another_terminal() {
    let situation = situation();
    let run = situation.start(&RUN);
    until_waiting(&situation, "ask");
    assert_snapshot!(told(&situation.run(&["signal", "last", "resume"])));
    assert_snapshot!(told(&situation.run(&["signal", "last", "approve", "--comment", "go on"])));
    until_waiting(&situation, "hold");
    assert_snapshot!(told(&situation.run(&["signal", "last", "approve"])));
    assert_eq!(situation.run(&["signal", "last", "resume"]).status, Some(0));
    assert_snapshot!(told(&situation.end(run)));
    assert_snapshot!(told(&situation.run(&["signal", "last", "resume"])));
}

#[test]
fn a_rejection_fails_the_execution_and_says_who_and_why() {
    let situation = situation();
    let run = situation.start(&[&RUN[..], &["--quiet"]].concat());
    until_waiting(&situation, "ask");
    assert_eq!(situation.run(&["signal", "last", "reject", "--comment", "not tonight"]).status, Some(0));
    assert_snapshot!(told(&situation.end(run)));
}

#[test]
fn strangers_and_the_starter_are_refused() {
    let situation = situation();
    let run = situation.start(&[&RUN[..], &["--no-self-approval", "--quiet"]].concat());
    until_waiting(&situation, "ask");
    assert_snapshot!(told(&situation.run(&["signal", "last", "approve"])));
    let stranger = situation.command(&["signal", "last", "approve"]).env("USER", "mallory").output().unwrap();
    assert_snapshot!(String::from_utf8(stranger.stderr).unwrap());
    let anna = situation.command(&["signal", "last", "approve"]).env("USER", "anna").output().unwrap();
    assert_eq!(anna.status.code(), Some(0));
    assert_eq!(situation.run(&["stop", "last", "--quiet"]).status, Some(0));
    assert_eq!(situation.end(run).status, Some(5));
}

#[test]
fn an_execution_that_is_not_kept_cannot_wait_for_anybody() {
    let situation = situation();
    assert_snapshot!(told(&situation.run(&[&RUN[..], &["--ephemeral"]].concat())));
}

#[test]
fn a_signal_while_nobody_carries_it_on_counts_when_somebody_does() {
    let situation = situation();
    let mut run = situation.start(&RUN);
    until_waiting(&situation, "ask");
    run.kill().unwrap();
    run.wait().unwrap();
    assert_snapshot!(told(&situation.run(&["signal", "last", "approve"])));
    let resumed = situation.start(&["resume", "last", "--quiet"]);
    until_waiting(&situation, "hold");
    assert_eq!(situation.run(&["signal", "last", "resume"]).status, Some(0));
    assert_snapshot!(told(&situation.end(resumed)));
}
