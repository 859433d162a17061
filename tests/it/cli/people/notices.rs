//! Notifications: an execution waits, ended, or was interrupted.

use std::path::Path;
use std::process::Child;

use serde_json::{Value, json};

use super::{RUN, by, settled, situation, until_waiting};
use crate::aws::stub::{Answer, Stub};
use crate::harness::{Situation, stable};

/// Writes each notification to a line; the file exists when the lines are complete.
const COMMAND: [&str; 2] = ["--notify-command", "cat >> told; cp told new; mv new notices"];

/// The notifications so far.
fn notices(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("notices")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn approve(situation: &Situation) {
    assert_eq!(by("anna", situation, &["signal", "last", "approve"]).status.code(), Some(0));
}

#[test]
fn command_and_webhook_receive_the_wait_without_secrets() {
    let hook = Stub::start(|_, _| Answer::new(204, ""));
    let situation = situation().env("RUNWRIGHT_NOTIFY_WEBHOOK", &format!("{}/hook?key=1", hook.url));
    let secret = ["-p", "Host=web-hidden-7", "--sensitive", "Host", "-q"];
    let run = situation.start(&[&RUN[..], &COMMAND, &secret].concat());
    situation.wait_for("notices");
    until_waiting(&situation, "ask");
    approve(&situation);
    let outcome = situation.end(run);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text());
    let sent = notices(situation.path());
    let requests = hook.requests();
    assert_eq!((requests.len(), requests[0].method.as_str(), requests[0].path.as_str()), (1, "POST", "/hook?key=1"));
    assert_eq!(requests[0].header("content-type"), "application/json");
    assert_eq!(vec![serde_json::from_str::<Value>(&requests[0].body).unwrap()], sent);
    let text = serde_json::to_string_pretty(&sent[0]).unwrap();
    let text = fancy_regex::Regex::new(r#""host": "[^"]+""#).unwrap().replace(&text, r#""host": "HOST""#).into_owned();
    insta::assert_snapshot!(settled(&stable(&text, situation.path())));
}

#[test]
fn failed_notification_is_only_a_warning() {
    let hook = Stub::start(|_, _| Answer::new(500, "no"));
    let refused = format!("{}/refused", hook.url);
    let rows = [
        ("--notify-webhook", refused.as_str()),
        ("--notify-webhook", "ftp://example.com"),
        ("--notify-webhook", "http://127.0.0.1:1/"),
        ("--notify-command", "echo no mail today >&2; exit 3"),
    ];
    let outcomes = rows.map(|(flag, value)| {
        let situation = situation();
        let run = situation.start(&[&RUN[..], &["-q", flag, value]].concat());
        until_waiting(&situation, "ask");
        approve(&situation);
        let outcome = situation.end(run);
        assert_eq!(outcome.status, Some(0), "{}", outcome.text());
        let warnings = outcome.stderr.lines().filter(|line| line.starts_with("warning"));
        warnings.map(str::to_owned).collect::<Vec<_>>()
    });
    let reasons =
        ["the server answered 500", "http:// or https://", "Connection refused", "exit status: 3: no mail today"];
    for ((warnings, (flag, _)), reason) in outcomes.iter().zip(rows).zip(reasons) {
        let [warning] = &warnings[..] else { panic!("{warnings:?}") };
        assert!(["step ask", flag, reason].iter().all(|text| warning.contains(text)), "{warning}");
    }
}

#[test]
fn background_run_and_resume_send_notifications() {
    let situation = situation();
    let detached = situation.run(&[&RUN[..], &COMMAND, &["--detach"]].concat());
    assert_eq!(detached.status, Some(0), "{}", detached.text());
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
fn interactive_steps_send_no_notification_but_a_pause_does() {
    let book = "schemaVersion: '0.3'\nmainSteps:\n  - {name: hold, action: 'aws:pause', inputs: {}}\n";
    let situation = situation().file("book.yaml", book);
    let run = situation.start(&[&RUN[..], &COMMAND, &["-q", "--mode", "interactive"]].concat());
    until_waiting(&situation, "hold");
    assert_eq!(situation.run(&["signal", "last", "start-step"]).status, Some(0));
    situation.wait_for("notices");
    assert_eq!(situation.run(&["signal", "last", "resume"]).status, Some(0));
    assert_eq!(situation.end(run).status, Some(0));
    let sent = notices(situation.path());
    assert_eq!((sent.len(), &sent[0]["event"], &sent[0]["approvers"]), (1, &json!("StepWaiting"), &json!(null)));
}

/// The events of all notifications so far, with the status of their execution.
fn notified(situation: &Situation) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(situation.path().join("notices")).unwrap_or_default();
    let word = |notice: &Value, name: &str| notice[name].as_str().unwrap().to_owned();
    let notices = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    notices.map(|notice| (word(&notice, "event"), word(&notice, "status"))).collect()
}

/// A runbook of one function.
fn calling(function: &str, more: &str) -> Situation {
    Situation::new().functions().runbook("", &[&format!("name: act, {more}inputs: {{FunctionName: {function}}}")])
}

#[test]
fn failure_notification_has_its_message_without_secrets() {
    let hook = Stub::start(|_, _| Answer::new(204, ""));
    let head = "parameters: {Host: {type: String}, Token: {type: String}}\n";
    let step = "name: act, inputs: {FunctionName: fail, InputPayload: {t: '{{ Token }}'}}";
    let situation = Situation::new()
        .functions()
        .runbook(head, &["name: first, inputs: {FunctionName: say}", step])
        .env("RUNWRIGHT_NOTIFY_WEBHOOK", &hook.url);
    let secret = ["-p", "Host=web-1", "-p", "Token=hidden-token-7", "--sensitive", "Token", "-q"];
    let outcome = situation.run(&[&RUN[..], &COMMAND, &secret].concat());
    assert_eq!(outcome.status, Some(1), "{}", outcome.text());
    let by_command = notices(situation.path());
    let by_hook: Vec<Value> =
        hook.requests().iter().map(|request| serde_json::from_str(&request.body).unwrap()).collect();
    assert_eq!((by_command.len(), &by_command), (1, &by_hook));
    let notice = &by_command[0];
    let reason = "Step act ended Failed. Function fail failed (Unhandled): Boom: it broke";
    assert_eq!(
        json!([notice["event"], notice["status"], notice["step"], notice["failureMessage"], notice["parameters"]]),
        json!(["ExecutionFailed", "Failed", "act", reason, {"Host": "web-1", "Token": "****"}])
    );
    assert_eq!(
        (notice["endedAt"].is_string(), &notice["waitsUntil"], &notice["approvers"]),
        (true, &json!(null), &json!(null))
    );
    let id = &notice["executionId"].as_str().unwrap()[..8];
    let text = notice["text"].as_str().unwrap();
    let commands = [format!("runwright executions show {id}\n"), format!("runwright redrive {id}\n")];
    assert!(text.contains(reason) && commands.iter().all(|command| text.contains(command)), "{text}");
    assert!(!notice.to_string().contains("hidden-token"), "{notice}");
}

#[test]
fn notify_on_selects_the_final_statuses() {
    let ends = [
        (calling("say", ""), "ExecutionSucceeded", "Success", "success"),
        (calling("fail", ""), "ExecutionFailed", "Failed", "failed"),
        (calling("slow", "timeoutSeconds: 1, "), "ExecutionTimedOut", "TimedOut", "timed-out"),
    ];
    for (situation, event, status, word) in ends {
        let notify = |on: &[&str]| {
            let _ = std::fs::remove_file(situation.path().join("told"));
            let _ = std::fs::remove_file(situation.path().join("notices"));
            situation.run(&[&RUN[..], &COMMAND, &["-q"], on].concat());
            notified(&situation)
        };
        let expected = vec![(event.to_owned(), status.to_owned())];
        let none = Vec::new();
        let is_default = word != "success";
        assert_eq!(notify(&[]), if is_default { expected.clone() } else { none.clone() }, "{word}");
        assert_eq!(notify(&["--notify-on", word]), expected, "{word}");
        assert_eq!(notify(&["--notify-on", "cancelled, interrupted,waiting"]), none, "{word}");
    }
    let situation = calling("gate", "");
    for (on, expected) in [("failed", 0), ("cancelled", 1)] {
        let run = situation.start(&[&RUN[..], &COMMAND, &["-q", "--notify-on", on]].concat());
        situation.wait_for("code/waits");
        std::fs::remove_file(situation.path().join("code/waits")).unwrap();
        assert_eq!(situation.run(&["stop", "last", "-q"]).status, Some(0));
        assert_eq!(situation.end(run).status, Some(5));
        assert_eq!(notified(&situation).len(), expected, "{on}");
    }
    let wrong = situation.run(&[&RUN[..], &["--notify-on", "failed,never"]].concat());
    let why = "`never` is not one of waiting, failed, timed-out, success, cancelled, interrupted";
    assert_eq!((wrong.status, wrong.stderr.contains(why)), (Some(2), true), "{}", wrong.text());
}

#[test]
fn resume_uses_notify_on_of_the_start() {
    let situation = calling("gate", "").env("RUNWRIGHT_NOTIFY_COMMAND", COMMAND[1]);
    let success = vec![("ExecutionSucceeded".to_owned(), "Success".to_owned())];
    let open = || std::fs::write(situation.path().join("code/open"), "").unwrap();
    // Through a background process.
    assert_eq!(situation.run(&[&RUN[..], &["--detach", "-q", "--notify-on", "success"]].concat()).status, Some(0));
    situation.wait_for("code/waits");
    open();
    situation.wait_for("notices");
    assert_eq!(notified(&situation), success);
    // A redrive, and one that overrides it.
    std::fs::remove_file(situation.path().join("told")).unwrap();
    assert_eq!(situation.run(&["rerun", "last", "-q"]).status, Some(0));
    assert_eq!(notified(&situation), success);
    assert_eq!(situation.run(&["rerun", "last", "-q", "--notify-on", "failed"]).status, Some(0));
    assert_eq!(notified(&situation), success);
    // One that was killed.
    std::fs::remove_file(situation.path().join("told")).unwrap();
    std::fs::remove_file(situation.path().join("code/open")).unwrap();
    std::fs::remove_file(situation.path().join("code/waits")).unwrap();
    let killed = situation.start(&[&RUN[..], &["-q", "--notify-on", "success"]].concat());
    situation.wait_for("code/waits");
    kill(killed);
    open();
    assert_eq!(situation.run(&["resume", "-q"]).status, Some(0));
    assert_eq!(notified(&situation), success);
}

#[test]
fn failed_child_is_notified_once_with_its_parent() {
    let child = "schemaVersion: '0.3'\nmainSteps:\n  - {name: act, action: 'aws:invokeLambdaFunction', inputs: \
                 {FunctionName: fail}}\n";
    let parent = "schemaVersion: '0.3'\nmainSteps:\n  - {name: call, action: 'aws:executeAutomation', inputs: \
                  {DocumentName: child}}\n";
    let situation = Situation::new().functions().file("child.yaml", child).file("book.yaml", parent);
    assert_eq!(situation.run(&[&RUN[..], &COMMAND, &["-q"]].concat()).status, Some(1));
    let sent = notices(situation.path());
    assert_eq!((sent.len(), &sent[0]["runbook"], &sent[0]["step"]), (1, &json!("book"), &json!("call")));
}

#[test]
fn second_interrupt_aborts_a_hanging_notification() {
    let situation = calling("say", "");
    let hang = ["--notify-on", "success", "--notify-command", ": > begun; sleep 60", "-q"];
    let mut run = situation.start(&[&RUN[..], &hang].concat());
    situation.wait_for("begun");
    let begun = runwright::clock::origin();
    let pid = run.id().to_string();
    let code = loop {
        // Two concurrent interrupts count as one.
        let _ = std::process::Command::new("kill").args(["-INT", &pid]).stderr(std::process::Stdio::null()).status();
        if let Some(status) = run.try_wait().unwrap() {
            break status.code();
        }
        std::thread::park_timeout(std::time::Duration::from_millis(5));
    };
    assert!(code == Some(0) && begun.elapsed().as_secs() < 15, "{code:?} after {:?}", begun.elapsed());
}

/// Kills it.
fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A situation in which an execution was interrupted, and another runbook.
fn interrupted(more: &[&str]) -> Situation {
    let other = "schemaVersion: '0.3'\nmainSteps: [{name: a, action: 'aws:sleep', inputs: {Duration: PT0.01S}}]\n";
    let situation = calling("gate", "").file("other.yaml", other);
    let run = situation.start(&[&RUN[..], &["-q"], more].concat());
    situation.wait_for("code/waits");
    kill(run);
    std::fs::write(situation.path().join("code/open"), "").unwrap();
    situation
}

const OTHER: [&str; 5] = ["run", "other.yaml", "-q", "--recover", "tell"];

#[test]
fn interruption_is_notified_once_by_the_process_that_finds_it() {
    let asked = ["--notify-on", "failed,interrupted"];
    let situation = interrupted(&asked);
    let expected = vec![("ExecutionInterrupted".to_owned(), "Interrupted".to_owned())];
    // A process that fails to notify leaves it to the next one.
    assert_eq!(situation.run(&OTHER).status, Some(0));
    let failing = situation.run(&[&OTHER[..], &["--notify-command", "exit 3"]].concat());
    let why = "failed; --notify-command: exit status: 3";
    assert_eq!((failing.status, failing.stderr.contains(why)), (Some(0), true), "{}", failing.text());
    for _ in 0..2 {
        let found = situation.run(&[&OTHER[..], &COMMAND].concat());
        assert_eq!((found.status, notified(&situation)), (Some(0), expected.clone()), "{}", found.text());
    }
    let notice = &notices(situation.path())[0];
    assert_eq!(
        (&notice["step"], &notice["runbook"], &notice["endedAt"]),
        (&json!("act"), &json!("book"), &json!(null))
    );
    assert!(notice["text"].as_str().unwrap().starts_with("book: interrupted in step act\n"), "{notice}");
    assert_eq!(situation.run(&[&["resume", "-q"][..], &COMMAND].concat()).status, Some(0));
    assert_eq!(notified(&situation), expected);
    // `resume`, in the foreground or the background, can be the first to find the interruption.
    let resumed = interrupted(&asked);
    assert_eq!(resumed.run(&[&["resume", "-q"][..], &COMMAND].concat()).status, Some(0));
    assert_eq!(notified(&resumed), expected);
    let recovered = interrupted(&asked);
    let found = recovered.run(&[&OTHER[..3], &["--recover", "resume"], &COMMAND[..]].concat());
    assert_eq!((found.status, notified(&recovered)), (Some(0), expected), "{}", found.text());
}

#[test]
fn interruption_is_not_notified_by_default() {
    let default_policy = interrupted(&[]);
    assert_eq!(default_policy.run(&[&OTHER[..], &COMMAND].concat()).status, Some(0));
    assert_eq!(notified(&default_policy), Vec::new());
    let quiet = interrupted(&["--notify-on", "interrupted"]);
    assert_eq!(quiet.run(&[&["run", "other.yaml", "-q", "--recover", "off"][..], &COMMAND].concat()).status, Some(0));
    assert_eq!(notified(&quiet), Vec::new());
}

#[test]
fn notify_on_is_a_setting() {
    let file = format!("notify-command = \"{}\"\nnotify-on = \"success\"\n", COMMAND[1]);
    let situation = calling("say", "").file("runwright.toml", file);
    assert_eq!(situation.run(&[&RUN[..], &["-q"]].concat()).status, Some(0));
    assert_eq!(notified(&situation).len(), 1);
    let situation = situation.env("RUNWRIGHT_NOTIFY_ON", "failed");
    assert_eq!(situation.run(&[&RUN[..], &["-q"]].concat()).status, Some(0));
    assert_eq!(notified(&situation).len(), 1, "the variable is stronger");
}
