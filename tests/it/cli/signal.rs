//! Approvals, pauses and the signals to them.

use insta::assert_snapshot;

use super::durable::{kill, told};
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

/// An execution whose process died while it waited for the approval.
fn left_asking(situation: &Situation, run: &[&str]) {
    let run = situation.start(run);
    until_waiting(situation, "ask");
    kill(run);
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
    left_asking(&situation, &RUN);
    assert_snapshot!(told(&situation.run(&["signal", "last", "approve"])));
    let resumed = situation.start(&["resume", "last", "--quiet"]);
    until_waiting(&situation, "hold");
    assert_eq!(situation.run(&["signal", "last", "resume"]).status, Some(0));
    assert_snapshot!(told(&situation.end(resumed)));
}

#[test]
fn what_is_decided_already_is_refused_also_while_nobody_carries_it_on() {
    let situation = situation();
    left_asking(&situation, &RUN);
    let told = [&["approve"][..], &["approve"], &["reject", "--comment", "no"]]
        .map(|signal| told(&situation.run(&[&["signal", "last"], signal].concat())));
    assert_snapshot!(told.join("\n\n"));
}

#[test]
fn of_two_who_decide_at_the_same_time_one_is_told_that_somebody_was_faster() {
    let situation = situation();
    let run = situation.start(&[&RUN[..], &["--quiet"]].concat());
    until_waiting(&situation, "ask");
    let both = ["operator", "anna"].map(|name| {
        let mut signal = situation.command(&["signal", "last", "approve"]);
        signal.env("USER", name).stderr(std::process::Stdio::null()).spawn().unwrap()
    });
    let mut codes = both.map(|mut signal| signal.wait().unwrap().code());
    codes.sort_unstable();
    assert_eq!(codes, [Some(0), Some(2)]);
    until_waiting(&situation, "hold");
    assert_eq!(situation.run(&["signal", "last", "resume"]).status, Some(0));
    assert_eq!(situation.end(run).status, Some(0));
}

#[test]
fn a_stop_reaches_whoever_carries_the_execution_on_meanwhile() {
    let situation = situation();
    for _ in 0..5 {
        left_asking(&situation, &[&RUN[..], &["--quiet", "--recover", "off"]].concat());
        // Either may be the one that takes it over.
        let resumed = situation.start(&["resume", "last", "--quiet"]);
        let stop = situation.start(&["stop", "last", "--quiet"]);
        assert_eq!(situation.end(stop).status, Some(0));
        situation.end(resumed);
        let list = situation.run(&["executions", "list", "--limit", "1", "--output", "csv"]);
        assert!(list.stdout.contains(",Cancelled,"), "{}", list.stdout);
    }
}

#[test]
fn a_stop_of_type_complete_ends_a_wait_for_somebody_as_a_success() {
    let situation = situation();
    let run = situation.start(&RUN);
    until_waiting(&situation, "ask");
    let stopped = situation.run(&["stop", "last", "--type", "Complete", "--quiet"]);
    assert_snapshot!(format!("{}\n\n{}", told(&stopped), told(&situation.end(run))));
}

#[test]
fn what_came_from_another_journal_is_carried_on_when_it_is_named() {
    let situation = situation();
    left_asking(&situation, &RUN);
    assert_eq!(situation.run(&["executions", "export", "last", "left.json"]).status, Some(0));
    let there = ["--state-dir", "there"];
    assert_eq!(situation.run(&[&["executions", "import", "left.json"], &there[..]].concat()).status, Some(0));
    assert_snapshot!(told(&situation.run(&[&["resume"], &there[..]].concat())));
}

#[test]
fn a_signal_with_a_comment_that_is_masked_is_known_again() {
    let situation = situation();
    let run = situation.start(&[&RUN[..], &["--quiet", "--sensitive", "Host"]].concat());
    until_waiting(&situation, "ask");
    let approved = situation.run(&["signal", "last", "approve", "--comment", "restart web-1"]);
    assert_eq!((approved.status, approved.stderr.contains("has it")), (Some(0), true), "{}", approved.stderr);
    until_waiting(&situation, "hold");
    assert!(situation.run(&["executions", "events", "last"]).stdout.contains("restart ****"));
    assert_eq!(situation.run(&["signal", "last", "resume"]).status, Some(0));
    assert_eq!(situation.end(run).status, Some(0));
}
