//! Approvals, pauses and their signals.

use super::durable::kill;
use crate::harness::Situation;
use crate::journal_reads::ReadJournal as _;

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

/// Waits until a step of the newest execution waits for a signal.
pub(super) fn until_waiting(situation: &Situation, step: &str) {
    situation.wait_until(|journal| {
        journal
            .find("last")
            .is_ok_and(|entry| entry.status.as_str() == "Waiting" && entry.current_step.as_deref() == Some(step))
    });
}

/// An execution whose process was killed while it waited for the approval.
fn left_asking(situation: &Situation, run: &[&str]) {
    let run = situation.start(run);
    until_waiting(situation, "ask");
    kill(run);
}

#[test]
fn approval_and_resume_are_signalled_from_another_terminal() {
    let situation = situation();
    let run = situation.start(&RUN);
    until_waiting(&situation, "ask");
    let signal = |arguments: &[&str]| situation.run(&[&["signal", "last"], arguments].concat());
    signal(&["resume"]).assert(2, "", &["step ask waits for `approve` or `reject`", "runwright signal ID"]);
    let approved = signal(&["approve", "--comment", "go on"]);
    approved.assert(0, "", &["step ask", "Success", "runwright attach ID"]);
    until_waiting(&situation, "hold");
    signal(&["approve"]).assert(2, "", &["step hold waits for `resume`", "runwright signal ID"]);
    assert_eq!(signal(&["resume"]).status, Some(0));
    let waits =
        ["ask waits", "runwright signal ID approve", "hold waits", "runwright signal ID resume", "book: Success"];
    situation.end(run).assert(0, "ask.ApprovalStatus = Approved\n", &waits);
    let signals = "Approve by operator: go on, ask Success, act Success, Resume by operator, hold Success, Success";
    assert_eq!(situation.history("last"), signals);
    signal(&["resume"]).assert(2, "", &["ID has ended: Success", "runwright rerun ID"]);
}

#[test]
fn rejection_fails_the_execution_with_user_and_reason() {
    let situation = situation();
    let run = situation.start(&[&RUN[..], &["--quiet"]].concat());
    until_waiting(&situation, "ask");
    assert_eq!(situation.run(&["signal", "last", "reject", "--comment", "not tonight"]).status, Some(0));
    let none = "ask.ApprovalStatus = No output available yet because the step is not successfully executed\n";
    situation.end(run).assert(1, none, &["step ask: Failed", "operator rejected it: not tonight", "book: Failed"]);
    let rejected = "Reject by operator: not tonight, ask Failed (Action Invocation), Failed";
    assert_eq!(situation.history("last"), rejected);
}

#[test]
fn non_approvers_and_the_starter_cannot_approve() {
    let situation = situation();
    let run = situation.start(&[&RUN[..], &["--no-self-approval", "--quiet"]].concat());
    until_waiting(&situation, "ask");
    let starter = situation.run(&["signal", "last", "approve"]);
    starter.assert(2, "", &["operator started the execution and must not approve it", "another user"]);
    let non_approver = situation.command(&["signal", "last", "approve"]).env("USER", "mallory").output().unwrap();
    let refused = String::from_utf8(non_approver.stderr).unwrap();
    let reason = "mallory is not an approver of step ask: operator, anna\n";
    assert_eq!((non_approver.status.code(), refused.contains(reason)), (Some(2), true), "{refused}");
    let anna = situation.command(&["signal", "last", "approve"]).env("USER", "anna").output().unwrap();
    assert_eq!(anna.status.code(), Some(0));
    assert_eq!(situation.run(&["stop", "last", "--quiet"]).status, Some(0));
    assert_eq!(situation.end(run).status, Some(5));
}

#[test]
fn ephemeral_execution_cannot_wait_for_approval() {
    let situation = situation();
    let run = situation.run(&[&RUN[..], &["--ephemeral"]].concat());
    run.assert(2, "", &["step ask", "requires the journal", "--ephemeral", "`runwright signal`"]);
}

#[test]
fn signal_to_an_interrupted_execution_applies_after_resume() {
    let situation = situation();
    left_asking(&situation, &RUN);
    let stored = situation.run(&["signal", "last", "approve"]);
    stored.assert(6, "", &["signal stored", "no process runs execution ID", "runwright resume ID"]);
    let resumed = situation.start(&["resume", "last", "--quiet"]);
    until_waiting(&situation, "hold");
    assert_eq!(situation.run(&["signal", "last", "resume"]).status, Some(0));
    situation.end(resumed).assert(
        0,
        "ask.ApprovalStatus = Approved\n",
        &["runwright signal ID resume", "book: Success"],
    );
    let applied = "resumed, Approve by operator, ask Success, act Success, Resume by operator, hold Success, Success";
    assert_eq!(situation.history("last"), applied);
}

#[test]
fn second_answer_to_an_interrupted_execution_is_rejected() {
    let situation = situation();
    left_asking(&situation, &RUN);
    let signal = |arguments: &[&str]| situation.run(&[&["signal", "last"], arguments].concat());
    signal(&["approve"]).assert(6, "", &["signal stored", "no process runs execution ID", "runwright resume ID"]);
    for second in [&["approve"][..], &["reject", "--comment", "no"]] {
        let already = ["step ask was already answered by operator", "`runwright executions show ID`"];
        signal(second).assert(2, "", &already);
    }
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
        // Either process can claim it.
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
    stopped.assert(0, "", &["book: Success", "1 of 3 steps run"]);
    let none = "ask.ApprovalStatus = No output available yet because the step is not successfully executed\n";
    situation.end(run).assert(0, none, &["step ask Cancelled", "book: Success"]);
    assert_eq!(situation.history("last"), "complete by operator, ask Cancelled, Success");
}

#[test]
fn imported_execution_resumes_only_by_id() {
    let situation = situation();
    left_asking(&situation, &RUN);
    assert_eq!(situation.run(&["executions", "export", "last", "left.json"]).status, Some(0));
    let there = ["--state-dir", "there"];
    assert_eq!(situation.run(&[&["executions", "import", "left.json"], &there[..]].concat()).status, Some(0));
    let resume = situation.run(&[&["resume"], &there[..]].concat());
    resume.assert(0, "", &["ID (book) was imported", "runwright resume ID"]);
    let list = situation.run(&[&["executions", "list", "--output", "json"], &there[..]].concat()).json();
    assert_eq!(list[0]["AutomationExecutionStatus"], "Interrupted", "{list}");
}

#[test]
fn signal_with_redacted_comment_is_recognized() {
    let situation = situation();
    let run = situation.start(&[&RUN[..], &["--quiet", "--sensitive", "Host"]].concat());
    until_waiting(&situation, "ask");
    let approved = situation.run(&["signal", "last", "approve", "--comment", "restart web-1"]);
    assert_eq!((approved.status, approved.stderr.contains("was approved")), (Some(0), true), "{}", approved.stderr);
    until_waiting(&situation, "hold");
    assert!(situation.run(&["executions", "events", "last"]).stdout.contains("restart ****"));
    assert_eq!(situation.run(&["signal", "last", "resume"]).status, Some(0));
    assert_eq!(situation.end(run).status, Some(0));
}
