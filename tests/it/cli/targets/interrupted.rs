//! Runs over targets that earlier programs left, resumed by this one.

use runwright::event::{Event, Status};
use runwright::store::{Entry, ExecutionState};
use serde_json::json;

use super::situation;
use crate::crash::server::Server;
use crate::harness::Situation;
use crate::journal_reads::ReadJournal as _;

/// The journal that a program with generated runbooks left, as SQL.
const JOURNAL: &str = include_str!("interrupted.sql");

/// Turns it into that of a program before version 2 of the stored form, which recorded no events of children.
const WITHOUT_EVENTS_OF_CHILDREN: &str = "\
DELETE FROM events WHERE kind IN ('ChildStarted', 'ChildEnded');
UPDATE events SET closes = 1 WHERE execution = 1 AND kind = 'AttemptStarted';
UPDATE events SET body = replace(body, '\"format\":2', '\"format\":1') WHERE kind = 'ExecutionStarted';
";

/// Makes its targets sensitive.
const SENSITIVE: &str = r#"
UPDATE events SET body = replace(replace(body, '"RunwrightTargets":["h00","h01","h02"]', '"RunwrightTargets":"****"'),
    '"over_targets":true}', '"over_targets":true,"sensitive":["Host","RunwrightTargets"]},"hidden":["RunwrightTargets"]')
    WHERE execution = 1 AND kind = 'ExecutionStarted';
UPDATE events SET body = replace(replace(body, '["h00","h01","h02"]', '["****","****","****"]'),
    '"MaxConcurrency":"1"}', '"MaxConcurrency":"1"},"hidden":["Targets"]')
    WHERE execution = 1 AND kind = 'StepStarted';
"#;

/// A situation with the journal, changed by `change`. Its functions are those of `server`.
fn left(server: &Server, change: &str) -> Situation {
    let situation = situation();
    let folder = situation.path().join(".local/state/runwright");
    std::fs::create_dir_all(&folder).unwrap();
    let sql = JOURNAL.replace("/FOLDER", &situation.path().display().to_string()).replace("http://SERVER", &server.url);
    let database = rusqlite::Connection::open(folder.join("journal.db")).unwrap();
    database.execute_batch(&sql).unwrap();
    database.execute_batch(change).unwrap();
    situation
}

/// The run and the executions of its targets, the newest first.
fn executions(situation: &Situation) -> (Entry, Vec<Entry>) {
    let journal = situation.journal();
    let run = journal.find("last").unwrap();
    let children = journal.children(&run.id).unwrap();
    (run, children)
}

/// Resumes the run, and checks that each target runs once more where it has to.
fn assert_resumes(server: &Server, situation: &Situation) {
    let (run, before) = executions(situation);
    assert_eq!((run.status, before.len()), (ExecutionState::Interrupted, 2));
    let journal = situation.journal();
    let ended = before.iter().find(|child| child.status.ended() == Some(Status::Success)).unwrap();
    let events_before = journal.events(&ended.id, 0).unwrap();
    let outcome = situation.run(&["resume", "last", "--quiet"]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("3 targets: 3 succeeded, 0 failed, 0 not started\n"), "{}", outcome.stderr);
    let mut calls: Vec<String> =
        server.calls().into_iter().map(|(call, count)| format!("{} {} {count}", call.function, call.step)).collect();
    calls.sort();
    // `check` runs in the two targets that had not ended.
    assert_eq!(calls, ["add check 1", "add check 1", "h01 restart 1", "h02 restart 1"]);
    let (run, after) = executions(situation);
    assert_eq!(run.status, ExecutionState::Ended(Status::Success));
    assert_eq!(after.len(), 3);
    assert_eq!(journal.events(&ended.id, 0).unwrap(), events_before);
    let (mut started, mut completed) = (Vec::new(), Vec::new());
    for recorded in journal.events(&run.id, 0).unwrap() {
        match recorded.event {
            Event::ChildStarted(child) => started.push(child.target),
            Event::ChildEnded(child) => completed.push((child.target, child.status)),
            _ => {}
        }
    }
    assert_eq!(started, [0, 1, 2]);
    assert_eq!(completed, [0, 1, 2].map(|target| (target, Status::Success)));
    let shown = situation.run(&["executions", "show", "last", "--output", "json"]).json();
    assert_eq!((&shown["TargetParameterName"], &shown["MaxConcurrency"]), (&"Host".into(), &"1".into()));
    assert_eq!(shown["Targets"], json!([{"Key": "ParameterValues", "Values": ["h00", "h01", "h02"]}]));
    assert_eq!(shown["ProgressCounters"]["SuccessSteps"], 3);
    let steps = shown["StepExecutions"].as_array().unwrap();
    let steps: Vec<String> =
        steps.iter().map(|step| format!("{} {} {}", step["StepName"], step["StepStatus"], step["Inputs"])).collect();
    let expected = ["h00", "h01", "h02"].map(|host| format!(r#""{host}" "Success" {{"Host":"{host}"}}"#));
    assert_eq!(steps, expected);
}

#[test]
fn run_of_an_earlier_program_resumes() {
    let server = Server::start();
    let situation = left(&server, "");
    assert_resumes(&server, &situation);
}

#[test]
fn children_that_no_event_names_resume() {
    let server = Server::start();
    let situation = left(&server, WITHOUT_EVENTS_OF_CHILDREN);
    assert_resumes(&server, &situation);
}

#[test]
fn sensitive_targets_of_an_earlier_program_resume_when_supplied_again() {
    let again = [["--targets", "h00,h01,h02"], ["-p", "RunwrightTargets=h00,h01,h02"]];
    for [option, value] in again {
        let server = Server::start();
        let situation = left(&server, SENSITIVE);
        assert_eq!(situation.run(&["resume", "last", "--quiet"]).status, Some(2));
        let outcome = situation.run(&["resume", "last", option, value, "--quiet"]);
        assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("3 targets started: 3 succeeded, 0 failed\n"), "{}", outcome.stderr);
        let mut hosts: Vec<String> = server.calls().into_keys().map(|call| call.function).collect();
        hosts.retain(|host| host != "add");
        hosts.sort();
        assert_eq!(hosts, ["h01", "h02"]);
    }
}

#[test]
fn targets_of_an_earlier_program_run_again() {
    let server = Server::start();
    let situation = left(&server, "");
    assert_eq!(situation.run(&["stop", "last", "--quiet"]).status, Some(0));
    let redrive = situation.run(&["redrive", "last", "--quiet"]);
    redrive.assert(0, "", &["2 targets: 2 succeeded, 0 failed, 0 not started\n"]);
    let rerun = situation.run(&["rerun", "last", "--targets", "h05", "--quiet"]);
    rerun.assert(0, "", &["1 target: 1 succeeded, 0 failed, 0 not started\n"]);
}
