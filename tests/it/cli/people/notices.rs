//! People are told that somebody is waited for.

use std::path::Path;

use serde_json::{Value, json};

use super::{RUN, by, settled, situation, until_waiting};
use crate::aws::stub::{Answer, Stub};
use crate::harness::{Situation, stable};

/// Leaves each notice on a line of its own; the file is there when they are whole.
const COMMAND: [&str; 2] = ["--notify-command", "cat >> told; cp told new; mv new notices"];

/// The notices so far.
fn notices(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("notices")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn approve(situation: &Situation) {
    assert_eq!(by("anna", situation, &["signal", "last", "approve"]).status.code(), Some(0));
}

#[test]
fn a_command_and_a_webhook_get_who_what_and_why_without_secrets() {
    let hook = Stub::start(|_, _| Answer::new(204, ""));
    let situation = situation().env("RUNWRIGHT_NOTIFY_WEBHOOK", &format!("{}/hook?key=1", hook.url));
    let secret = ["-p", "Host=web-hidden-7", "--sensitive", "Host", "-q"];
    let run = situation.start(&[&RUN[..], &COMMAND, &secret].concat());
    situation.wait_for("notices");
    until_waiting(&situation, "ask");
    approve(&situation);
    let outcome = situation.end(run);
    assert_eq!(outcome.status, Some(0), "{}", outcome.told());
    let told = notices(situation.path());
    let requests = hook.requests();
    assert_eq!((requests.len(), requests[0].method.as_str(), requests[0].path.as_str()), (1, "POST", "/hook?key=1"));
    assert_eq!(requests[0].header("content-type"), "application/json");
    assert_eq!(vec![serde_json::from_str::<Value>(&requests[0].body).unwrap()], told);
    let text = serde_json::to_string_pretty(&told[0]).unwrap();
    let text = fancy_regex::Regex::new(r#""host": "[^"]+""#).unwrap().replace(&text, r#""host": "HOST""#).into_owned();
    insta::assert_snapshot!(settled(&stable(&text, situation.path())));
}

#[test]
fn who_cannot_be_told_is_a_warning_and_stops_nothing() {
    let hook = Stub::start(|_, _| Answer::new(500, "no"));
    let refused = format!("{}/refused", hook.url);
    let rows = [
        ("--notify-webhook", refused.as_str()),
        ("--notify-webhook", "ftp://example.com"),
        ("--notify-webhook", "http://127.0.0.1:1/"),
        ("--notify-command", "echo no mail today >&2; exit 3"),
    ];
    let told = rows.map(|(flag, value)| {
        let situation = situation();
        let run = situation.start(&[&RUN[..], &["-q", flag, value]].concat());
        until_waiting(&situation, "ask");
        approve(&situation);
        let outcome = situation.end(run);
        assert_eq!(outcome.status, Some(0), "{}", outcome.told());
        let warning = outcome.stderr.lines().find(|line| line.starts_with("warning")).map(str::to_owned);
        stable(&warning.unwrap_or(outcome.stderr), situation.path())
    });
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_run_in_the_background_tells_and_so_does_whoever_carries_it_on() {
    let situation = situation();
    let detached = situation.run(&[&RUN[..], &COMMAND, &["--detach"]].concat());
    assert_eq!(detached.status, Some(0), "{}", detached.told());
    situation.wait_for("notices");
    until_waiting(&situation, "ask");
    let first = notices(situation.path());
    assert_eq!(first[0]["executionId"], json!(detached.stdout.trim()));
    approve(&situation);
    assert_eq!(situation.run(&["attach", "last", "-q"]).status, Some(0));

    std::fs::remove_file(situation.path().join("notices")).unwrap();
    let mut run = situation.start(&[&RUN[..], &COMMAND].concat());
    situation.wait_for("notices");
    run.kill().unwrap();
    run.wait().unwrap();
    std::fs::remove_file(situation.path().join("notices")).unwrap();
    let resumed = situation.start(&[&["resume", "last", "-q"], &COMMAND[..]].concat());
    situation.wait_for("notices");
    approve(&situation);
    assert_eq!(situation.end(resumed).status, Some(0));
    let again = notices(situation.path());
    assert_eq!((again.len(), &again[2]["step"], &again[2]["event"]), (3, &json!("ask"), &json!("ApprovalWaiting")));
    assert_eq!((&again[1]["executionId"], &again[1]), (&again[2]["executionId"], &again[2]));
}

#[test]
fn steps_of_an_interactive_run_tell_nobody_and_a_pause_does() {
    let book = "schemaVersion: '0.3'\nmainSteps:\n  - {name: hold, action: 'aws:pause', inputs: {}}\n";
    let situation = situation().file("book.yaml", book);
    let run = situation.start(&[&RUN[..], &COMMAND, &["-q", "--mode", "interactive"]].concat());
    until_waiting(&situation, "hold");
    assert_eq!(situation.run(&["signal", "last", "start-step"]).status, Some(0));
    situation.wait_for("notices");
    assert_eq!(situation.run(&["signal", "last", "resume"]).status, Some(0));
    assert_eq!(situation.end(run).status, Some(0));
    let told = notices(situation.path());
    assert_eq!((told.len(), &told[0]["event"], &told[0]["approvers"]), (1, &json!("StepWaiting"), &json!(null)));
}
