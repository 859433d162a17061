//! `executions events` and `executions logs`, of ended and of running executions.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use runwright::store::{LogStore as _, RequestStore as _, StoredLine};

use super::*;

#[test]
fn events_are_one_line_each_with_the_exit_code_of_run() {
    let situation = with_journal(&[failed(ONE, "2026-11-20T03:00:00Z")]);
    let outcome = executions(&situation, &["events", "last"]);
    let lines: Vec<&str> = outcome.stdout.lines().filter(|line| line.starts_with('[')).collect();
    let texts = [
        "execution started: restart",
        "drain started",
        "drain attempt 1 of 2 started",
        "drain attempt 1 of 2 succeeded",
        "drain Success",
        "restart started",
        "restart attempt 1 of 2 started",
        "restart attempt 1 of 2 failed",
        "restart Failed",
        "execution ended: restart: Failed",
    ];
    let found = lines.iter().zip(texts).all(|(line, text)| line.contains(text));
    assert_eq!((outcome.status, lines.len(), found), (Some(1), texts.len(), true), "{}", outcome.text());
}

#[test]
fn jsonl_has_the_stored_events() {
    let made = failed(ONE, "2026-11-20T03:00:00Z");
    let situation = with_journal(std::slice::from_ref(&made));
    let outcome = executions(&situation, &["events", "last", "--output", "jsonl"]);
    let read: Vec<Recorded> = outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((read, outcome.status), (made.events, Some(1)));
}

#[test]
fn follow_shows_each_event_until_the_end() {
    let situation = Situation::new();
    let whole = succeeded(ONE, "2026-11-20T03:00:00Z");
    let begun = Made { events: whole.events[..3].to_vec(), ..whole.clone() };
    let journal = running(&situation, &begun);
    let mut follower = situation
        .command(&["executions", "events", "last", "--follow", "--state-dir", "state"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines();
    let shown: Vec<String> = lines.by_ref().take(3).map(Result::unwrap).collect();
    assert!(shown[2].contains("attempt 1 of 2 started"), "{shown:?}");
    for event in &whole.events[3..] {
        wait(journal.append(&ExecutionId::from(ONE), std::slice::from_ref(event))).unwrap();
    }
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!((rest.len(), follower.wait().unwrap().code()), (whole.events.len() - 3, Some(0)), "{rest:?}");
}

#[test]
fn follow_ends_when_the_execution_is_interrupted() {
    let situation = Situation::new();
    let journal = running(&situation, &interrupted(ONE, "2026-11-20T03:00:00Z"));
    let mut follower = situation
        .command(&["executions", "events", "last", "--follow", "--state-dir", "state"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().contains("execution started"));
    drop(journal);
    let mut log = String::new();
    follower.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert_eq!(
        (log, follower.wait().unwrap().code()),
        ("no process runs execution 4105a4fc; to resume it: `runwright resume 4105a4fc`\n".to_owned(), Some(6))
    );
}

#[test]
fn logs_of_local_functions_and_log_tails_from_aws() {
    let tail = IndexMap::from([(OutputName::from("LogResult"), json!("U1RBUlQKbG9va2luZyBcMDMzWzJKChtbMkpFTkQK"))]);
    let made = Made::new(ONE, "2026-11-20T03:00:00Z", &["drain", "restart"])
        .ok("drain", 2_000, Some("restart"))
        .open("restart")
        .ends_step(10, Outcome::Succeeded { request_id: None, notice: None }, Status::Success, tail, None, None)
        .ended(Status::Success, None);
    let situation = with_journal(&[made]);
    let journal = journal(&situation);
    let line = |text: &str| StoredLine {
        at: "2026-11-20T03:00:01Z".parse().unwrap(),
        step: StepName::from("drain"),
        attempt: 1,
        function: "drain-node".to_owned(),
        text: text.to_owned(),
    };
    journal.log(&ExecutionId::from(ONE), vec![line("draining"), line("drained")]);
    drop(journal);
    insta::assert_snapshot!(stable_text(&executions(&situation, &["logs", "last"])));
    let drain = executions(&situation, &["logs", "last", "--step", "drain", "--output", "jsonl"]);
    let lines: Vec<Value> = drain.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let line = |text: &str| json!({"At": "2026-11-20T03:00:01Z", "Step": "drain", "Attempt": 1, "Function": "drain-node", "Text": text});
    assert_eq!((drain.status, lines), (Some(0), vec![line("draining"), line("drained")]));
    assert_eq!(executions(&situation, &["logs", "last", "--follow"]).stdout.lines().count(), 5);
}

#[test]
fn missing_logs_are_explained() {
    let situation = with_journal(&[succeeded(ONE, "2026-11-20T03:00:00Z")]);
    executions(&situation, &["logs", "last"]).assert(0, "", &["no log lines", "LogType: Tail"]);
}

#[test]
fn stop_of_an_execution_that_ends_first_exits_2_and_is_recorded_as_too_late() {
    let situation = Situation::new();
    let whole = succeeded(ONE, "2026-11-20T03:00:00Z");
    let begun = Made { events: whole.events[..3].to_vec(), ..whole.clone() };
    let journal = running(&situation, &begun);
    let id = ExecutionId::from(ONE);
    let stop = situation
        .command(&["stop", "last", "--type", "Complete", "--quiet", "--state-dir", "state"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while wait(journal.requests(&id)).unwrap().is_empty() {
        std::thread::yield_now();
    }
    wait(journal.append(&id, &whole.events[3..])).unwrap();
    let stopped = stop.wait_with_output().unwrap();
    let log = String::from_utf8(stopped.stderr).unwrap();
    assert_eq!((stopped.status.code(), log.contains(&format!("{ONE} has ended: Success"))), (Some(2), true), "{log}");

    let by = wait(journal.requests(&id)).unwrap().remove(0).1.by;
    let shown = executions(&situation, &["show", "last"]);
    let line = shown.stdout.lines().find(|line| line.contains("too late")).unwrap_or_default().to_owned();
    let late = &executions(&situation, &["show", "last", "--output", "json"]).json()["History"]["LateStopRequests"];
    assert!(line.contains(&format!("Complete requested by {by}, ")), "{}", shown.stdout);
    assert_eq!((late[0]["Type"].as_str(), late[0]["By"].as_str()), (Some("Complete"), Some(by.as_str())));
}
