//! Sensitive targets: the journal does not have them, and they are supplied again.

use std::time::Duration;

use super::{arguments, called, situation};
use crate::crash::server::Server;
use crate::harness::Situation;
use crate::journal_reads::ReadJournal as _;

/// All files of the journal of a situation.
fn kept(situation: &Situation) -> Vec<u8> {
    let file =
        |name: &str| std::fs::read(situation.path().join(".local/state/runwright").join(name)).unwrap_or_default();
    [file("journal.db"), file("journal.db-wal")].concat()
}

#[test]
fn sensitive_targets_are_not_stored_in_the_journal() {
    let server = Server::start();
    let situation =
        situation().file("maps.yaml", "- Host: h-correct-horse-1\n- Host: [h-correct-horse-2]\n  Grace: 2\n");
    let base = ["run", "restart.yaml", "--endpoint-url", &server.url, "--idempotency-token", "--max-concurrency", "1"];
    let run = |more: &[&str]| situation.run(&[&base[..], more].concat());
    let values =
        run(&["--target-parameter", "Host", "--targets", "h-correct-horse-1,broken-horse", "--sensitive", "Host"]);
    let again = situation.run(&["redrive", "last", "--quiet"]);
    let maps = run(&["--target-maps", "maps.yaml", "--sensitive", "H*", "--quiet"]);
    assert_eq!((values.status, again.status, maps.status), (Some(1), Some(2), Some(0)), "{}", maps.stderr);
    let all = [values.text(), again.text(), maps.text()].join("\n\n");
    assert!(!all.contains("horse"), "{all}");
    assert_eq!(called(&server), ["h-correct-horse-1", "broken-horse", "h-correct-horse-1", "h-correct-horse-2"]);
    assert!(!kept(&situation).windows(5).any(|bytes| bytes == b"horse"));
    assert!(values.stderr.contains("2 targets started: 1 succeeded, 1 failed\n"), "{}", values.stderr);
    assert!(again.stderr.contains("supply them again: --targets @FILE"), "{}", again.stderr);
    let shown = situation.run(&["executions", "show", "last", "--output", "json"]).stdout;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["StepExecutions"].as_array().unwrap().len(), 2);
}

#[test]
fn sensitive_targets_resume_after_a_crash_when_supplied_again() {
    let server = Server::start();
    let situation = situation();
    server.hold_after(1);
    let more = ["--max-concurrency", "1", "--sensitive", "Host", "--quiet"];
    let mut child = situation.start(&arguments(&server.url, "h-correct-horse-1,h-correct-horse-2", &more));
    for _ in 0..2 {
        server.arrivals.recv_timeout(Duration::from_secs(20)).unwrap();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    server.open();
    let lost = situation.run(&["resume", "last"]);
    assert_eq!(lost.status, Some(2), "{}", lost.stderr);
    assert!(lost.stderr.contains("supply them again: --targets @FILE"), "{}", lost.stderr);
    let maps = situation.run(&["resume", "last", "--target-maps", "Host=h-correct-horse-1"]);
    maps.assert(2, "", &["was started with targets of another form", "--targets a,b"]);
    let again = ["resume", "last", "--targets", "h-correct-horse-1,h-correct-horse-2", "--quiet"];
    let outcome = situation.run(&again);
    assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("2 targets started: 2 succeeded, 0 failed\n"), "{}", outcome.stderr);
    assert!(!kept(&situation).windows(5).any(|bytes| bytes == b"horse"));
}

#[test]
fn interrupted_sensitive_targets_are_stopped_without_them() {
    let server = Server::start();
    let situation = situation();
    server.hold_after(0);
    let mut child =
        situation.start(&arguments(&server.url, "h-correct-horse-1,h2", &["--sensitive", "Host", "--quiet"]));
    server.arrivals.recv_timeout(Duration::from_secs(20)).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    server.open();
    let stopped = situation.run(&["stop", "last", "--quiet"]);
    assert_eq!(stopped.status, Some(0), "{}", stopped.stderr);
    assert_eq!(
        situation.history("last"),
        "resumed, targets interrupted, cancel by operator, targets Cancelled, Cancelled"
    );
    assert_eq!(called(&server), Vec::<String>::new());
    assert_eq!(situation.journal().children(&situation.journal().find("last").unwrap().id).unwrap().len(), 1);
}

#[test]
fn short_sensitive_targets_and_their_number_are_not_stored() {
    let server = Server::start();
    let situation = situation();
    let more = ["--max-concurrency", "1", "--sensitive", "Host", "--quiet"];
    let outcome = situation.run(&arguments(&server.url, "h1,h2,h3", &more));
    assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
    let start = serde_json::to_value(&situation.events("last")[..2]).unwrap();
    let targets = serde_json::json!({
        "parameter": "Host", "list": {"Values": ["****"]}, "max_concurrency": "1", "max_errors": "0", "hidden": true,
    });
    assert_eq!(start[0]["launch"]["targets"], targets);
    assert_eq!((&start[1]["inputs"]["Targets"], &start[1]["hidden"][0]), (&"****".into(), &"Targets".into()));
    for target in ["h1", "h2", "h3"] {
        let quoted = format!("\"{target}\"");
        assert!(!kept(&situation).windows(4).any(|bytes| bytes == quoted.as_bytes()), "{target}");
    }
    let shown = situation.run(&["executions", "show", "last", "--output", "json"]).json();
    assert_eq!(shown["Targets"], serde_json::json!([{"Key": "ParameterValues", "Values": ["****"]}]));
    assert_eq!(shown["ProgressCounters"]["SuccessSteps"], 3);
}

#[test]
fn sensitive_targets_run_in_the_background() {
    let server = Server::start();
    let situation = situation();
    let more = ["--sensitive", "Host", "--detach"];
    let detached = situation.run(&arguments(&server.url, "h-correct-horse-1,h-correct-horse-2", &more));
    assert_eq!(detached.status, Some(0), "{}", detached.stderr);
    assert_eq!(situation.run(&["attach", "last", "--quiet"]).status, Some(0));
    assert_eq!(called(&server), ["h-correct-horse-1", "h-correct-horse-2"]);
    assert!(!kept(&situation).windows(5).any(|bytes| bytes == b"horse"));
}

#[test]
fn sensitive_targets_are_redriven_and_rerun_when_supplied_again() {
    let server = Server::start();
    let situation = situation();
    let more = ["--max-concurrency", "1", "--max-errors", "1", "--sensitive", "Host", "--quiet"];
    // The execution succeeds although a target failed.
    let run = situation.run(&arguments(&server.url, "h-correct-horse-1,broken-horse", &more));
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    assert!(run.stderr.contains("--targets @FILE"), "{}", run.stderr);
    let file = situation.path().join("again.txt");
    std::fs::write(&file, "h-correct-horse-3\n").unwrap();
    for command in ["redrive", "rerun"] {
        situation.run(&[command, "last", "--quiet"]).assert(2, "", &["supply them again: --targets @FILE"]);
        let again = situation.run(&[command, "last", "--targets", "@again.txt", "--quiet"]);
        assert_eq!(again.status, Some(0), "{}", again.stderr);
    }
    assert_eq!(called(&server), ["h-correct-horse-1", "broken-horse", "h-correct-horse-3", "h-correct-horse-3"]);
    assert!(!kept(&situation).windows(5).any(|bytes| bytes == b"horse"));
}
