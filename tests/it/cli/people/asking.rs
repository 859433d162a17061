//! Prompts on the terminal for approvals and for interactive steps.

use insta::assert_snapshot;

use super::{BOOK, INTERACTIVE, RUN, by, settled, situation, until_waiting};
use crate::cli::terminal::{Session, screen};
use crate::harness::Situation;

const DECIDE: &str = " = leave it to others: ";
const NEXT: &str = " = cancel the execution: ";

/// The exit code, and the history of the execution.
fn ended(session: Session, situation: &Situation) -> (u32, String) {
    let (_, code) = session.end();
    (code, situation.history("last"))
}

/// The history after an approval by this user.
fn approved(by: &str) -> String {
    format!("Approve by {by}, ask Success, act Success, after Success, Success")
}

#[test]
fn approval_at_the_prompt_has_its_comment() {
    let situation = situation();
    let mut session = Session::start(&situation, &RUN);
    session.answer(DECIDE, "yes");
    session.answer(DECIDE, "a");
    session.answer("comment (optional): ", "checked the backup");
    assert_eq!(ended(session, &situation), (0, approved("operator: checked the backup")));
}

#[test]
fn rejection_at_the_prompt_fails_the_execution_with_its_reason() {
    let situation = situation();
    let mut session = Session::start(&situation, &RUN);
    session.answer(DECIDE, "reject");
    session.answer("reason: ", "not tonight");
    let rejected = "Reject by operator: not tonight, ask Failed (Action Invocation), Failed";
    assert_eq!(ended(session, &situation), (1, rejected.to_owned()));
}

#[test]
fn skipped_prompt_is_answered_from_another_terminal() {
    let situation = situation();
    let mut session = Session::start(&situation, &RUN);
    session.answer(DECIDE, "w");
    // The live line is shown again.
    session.until("d 23h left");
    assert_eq!(by("anna", &situation, &["signal", "last", "approve", "--comment", "fine"]).status.code(), Some(0));
    assert_eq!(ended(session, &situation), (0, approved("anna: fine")));
}

#[test]
fn prompt_ends_when_another_user_answers() {
    let situation = situation();
    let mut session = Session::start(&situation, &RUN);
    session.until(DECIDE);
    assert_eq!(by("anna", &situation, &["signal", "last", "approve"]).status.code(), Some(0));
    assert_eq!(ended(session, &situation), (0, approved("anna")));
}

#[test]
fn prompt_is_repeated_after_another_users_approval() {
    let book = BOOK.replace("      Message", "      MinRequiredApprovals: 2\n      Message");
    let situation = situation().file("book.yaml", book);
    let mut session = Session::start(&situation, &RUN);
    session.until(DECIDE);
    assert_eq!(by("anna", &situation, &["signal", "last", "approve"]).status.code(), Some(0));
    session.until("1 of 2 required approvals received");
    session.answer(DECIDE, "a");
    session.answer("comment (optional): ", "");
    assert_eq!(ended(session, &situation), (0, format!("Approve by anna, {}", approved("operator"))));
}

#[test]
fn non_approver_is_not_prompted() {
    let situation = situation().env("USER", "mallory");
    let mut session = Session::start(&situation, &RUN);
    session.until("d 23h left");
    assert_eq!(by("bob", &situation, &["signal", "last", "reject"]).status.code(), Some(0));
    let (written, code) = session.end();
    let screen = screen(&written, &situation);
    let rejected = "Reject by bob, ask Failed (Action Invocation), Failed";
    assert_eq!(
        (code, screen.contains(DECIDE.trim_end()), &*situation.history("last")),
        (1, false, rejected),
        "{screen}"
    );
}

#[test]
fn interrupt_at_a_prompt_cancels_the_execution() {
    let situation = situation();
    let mut session = Session::start(&situation, &RUN);
    session.until(DECIDE);
    session.press("\u{3}");
    let cancelled = "cancel by an interrupt (Ctrl-C), ask Cancelled, Cancelled";
    assert_eq!(ended(session, &situation), (5, cancelled.to_owned()));
}

#[test]
fn interactive_steps_are_shown_run_edited_and_skipped() {
    let situation = situation();
    let mut session = Session::start(&situation, &INTERACTIVE);
    session.answer(NEXT, "r");
    session.answer(DECIDE, "a");
    session.answer("comment (optional): ", "");
    session.answer(NEXT, "i");
    session.answer(NEXT, "e");
    session.answer("FunctionName [echo]: ", "");
    session.answer("]: ", "{host: web-2}");
    session.answer("]: ", r#"{"host": "web-2"}"#);
    session.answer(NEXT, "run");
    session.answer(NEXT, "s");
    let (written, code) = session.end();
    assert_snapshot!(format!("exit {code}\n{}", settled(&screen(&written, &situation))));
    let steps = "StartStep by operator, Approve by operator, ask Success, StartStep by operator, act Success, after skipped by operator, Success";
    assert_eq!(situation.history("last"), steps);
}

#[test]
fn interactive_run_is_cancelled_after_confirmation() {
    let situation = situation();
    let mut session = Session::start(&situation, &INTERACTIVE);
    session.answer(NEXT, "q");
    session.answer("Enter = no: ", "");
    session.answer(NEXT, "q");
    session.answer("Enter = no: ", "y");
    assert_eq!(ended(session, &situation), (5, "cancel by operator, Cancelled".to_owned()));
}

#[test]
fn interactive_run_continues_with_all_following_steps() {
    let situation = situation();
    let mut session = Session::start(&situation, &INTERACTIVE);
    session.answer(NEXT, "c");
    // Only approvals and pauses still wait.
    session.answer(DECIDE, "a");
    session.answer("comment (optional): ", "");
    let rest = format!("StartStep and the rest by operator, {}", approved("operator"));
    assert_eq!(ended(session, &situation), (0, rest));
}

#[test]
fn input_typed_before_a_prompt_is_discarded() {
    let situation = Situation::new()
        .functions()
        .runbook("", &["name: first, inputs: {FunctionName: gate}", "name: second, inputs: {FunctionName: say}"]);
    let mut session = Session::start(&situation, &INTERACTIVE);
    session.answer(NEXT, "r");
    situation.wait_for("code/waits");
    // The echo shows that the terminal has received it.
    session.press("run ahead\n");
    session.until("run ahead");
    std::fs::write(situation.path().join("code/open"), "").unwrap();
    until_waiting(&situation, "second");
    session.answer(NEXT, "q");
    session.answer("Enter = no: ", "y");
    let (written, code) = session.end();
    let text = String::from_utf8_lossy(&written).into_owned();
    assert_eq!((code, text.contains("second  Success"), text.contains("1 of 2 steps run")), (5, false, true), "{text}");
}

#[test]
fn dumb_terminal_prompts_the_same() {
    let situation = situation().env("NO_COLOR", "1");
    let mut session = Session::start(&situation, &[&RUN[..], &["-v"]].concat());
    session.until("= leave it to others: ");
    assert_eq!(by("anna", &situation, &["signal", "last", "reject", "--comment", "no"]).status.code(), Some(0));
    let (written, code) = session.end();
    let text = String::from_utf8_lossy(&written).replace("\r\n", "\n");
    // Nothing is written into the line of the prompt.
    assert!(text.contains("= leave it to others: \n"), "{text}");
    assert_eq!(code, 1);
}
