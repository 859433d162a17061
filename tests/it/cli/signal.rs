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
fn strangers_and_the_starter_cannot_approve() {
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
fn ephemeral_execution_cannot_wait_for_approval() {
    let situation = situation();
    assert_snapshot!(told(&situation.run(&[&RUN[..], &["--ephemeral"]].concat())));
}

#[test]
fn signal_to_an_interrupted_execution_applies_after_resume() {
    let situation = situation();
    left_asking(&situation, &RUN);
    assert_snapshot!(told(&situation.run(&["signal", "last", "approve"])));
    let resumed = situation.start(&["resume", "last", "--quiet"]);
    until_waiting(&situation, "hold");
    assert_eq!(situation.run(&["signal", "last", "resume"]).status, Some(0));
    assert_snapshot!(told(&situation.end(resumed)));
}

#[test]
fn second_answer_to_an_interrupted_execution_is_rejected() {
    let situation = situation();
    left_asking(&situation, &RUN);
    let told = [&["approve"][..], &["approve"], &["reject", "--comment", "no"]]
        .map(|signal| told(&situation.run(&[&["signal", "last"], signal].concat())));
    assert_snapshot!(told.join("\n\n"));
}

#[test]
fn concurrent_answers_report_already_answered_to_one() {
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
fn stop_reaches_the_process_that_resumed_the_execution() {
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
fn complete_ends_a_waiting_execution_with_success() {
    let situation = situation();
    let run = situation.start(&RUN);
    until_waiting(&situation, "ask");
    let stopped = situation.run(&["stop", "last", "--type", "Complete", "--quiet"]);
    assert_snapshot!(format!("{}\n\n{}", told(&stopped), told(&situation.end(run))));
}

#[test]
fn imported_execution_resumes_only_by_id() {
    let situation = situation();
    left_asking(&situation, &RUN);
    assert_eq!(situation.run(&["executions", "export", "last", "left.json"]).status, Some(0));
    let there = ["--state-dir", "there"];
    assert_eq!(situation.run(&[&["executions", "import", "left.json"], &there[..]].concat()).status, Some(0));
    assert_snapshot!(told(&situation.run(&[&["resume"], &there[..]].concat())));
}

#[test]
fn signal_with_redacted_comment_is_recognized() {
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
