//! One runbook for many targets.

mod forms;
mod interrupted;
mod results;
mod sensitive;

use std::collections::HashMap;
use std::time::Duration;

use crate::crash::server::Server;
use crate::harness::Situation;
use crate::journal_reads::ReadJournal as _;

const RESTART: &str = r#"schemaVersion: "0.3"
parameters: {Host: {type: String}, Grace: {type: Integer, default: 1}}
mainSteps:
  - name: restart
    action: aws:invokeLambdaFunction
    inputs: {FunctionName: "{{ Host }}", InputPayload: {value: 1}}
  - name: check
    action: aws:invokeLambdaFunction
    inputs: {FunctionName: add, InputPayload: {value: 1}}
"#;

fn situation() -> Situation {
    Situation::new()
        .file("restart.yaml", RESTART)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "eu-central-1")
}

/// Hosts `h00`, `h01` …; `failing` lists those that fail.
fn hosts(count: usize, failing: &[usize]) -> String {
    let name = |at: usize| if failing.contains(&at) { format!("broken{at:02}") } else { format!("h{at:02}") };
    (0..count).map(name).collect::<Vec<_>>().join(",")
}

fn arguments<'a>(url: &'a str, targets: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let run = ["run", "restart.yaml", "--endpoint-url", url, "--idempotency-token", "--target-parameter", "Host"];
    [&run[..], &["--targets", targets], more].concat()
}

/// The hosts in the order of their calls, until no call arrives for a while.
fn called(server: &Server) -> Vec<String> {
    let mut called = Vec::new();
    while let Ok(call) = server.arrivals.recv_timeout(Duration::from_millis(1)) {
        if call.step == "restart" {
            called.push(call.function);
        }
    }
    called
}

#[test]
fn every_target_is_a_step_of_the_run() {
    let server = Server::start();
    let situation = situation();
    let targets = hosts(3, &[1]);
    let run = situation.run(&arguments(&server.url, &targets, &["--max-concurrency", "1"]));
    let summary = ["3 targets: 1 succeeded, 1 failed, 1 not started\n", "broken01  Failed", "runwright redrive ID\n"];
    let states = ["target h00 Success", "target broken01 Failed", "restart: Failed"];
    run.assert(1, "", &[&states[..], &summary].concat());
    assert!(!run.stderr.contains("h02"), "{}", run.text());
    let shown = situation.run(&["executions", "show", "last", "--output", "json"]).json();
    let steps: Vec<String> = shown["StepExecutions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| format!("{} {} {}", step["StepName"], step["StepStatus"], step["Inputs"]))
        .collect();
    assert_eq!(
        steps,
        [
            r#""h00" "Success" {"Host":"h00"}"#,
            r#""broken01" "Failed" {"Host":"broken01"}"#,
            r#""h02" "Pending" {"Host":"h02"}"#,
        ]
    );
    // Redrive runs unsuccessful targets: the failed one fails again, and so the other one is not started again.
    let redrive = situation.run(&["redrive", "last", "--quiet"]);
    redrive.assert(
        1,
        "",
        &["2 targets: 0 succeeded, 1 failed, 1 not started\n", "broken01  Failed", "runwright redrive ID\n"],
    );
    assert_eq!(situation.history("last"), "targets Failed (Action Invocation), Failed");
    assert_eq!(called(&server), ["h00", "broken01", "broken01"]);
}

#[test]
fn fifty_targets_start_in_order_and_stop_after_max_errors() {
    let server = Server::start();
    let situation = situation();
    let targets = hosts(50, &[0, 3, 4, 7, 9, 11, 13]);
    let outcome =
        situation.run(&arguments(&server.url, &targets, &["--max-concurrency", "1", "--max-errors", "10%", "--quiet"]));
    assert_eq!(outcome.status, Some(1));
    // 10 % of fifty are tolerated: the sixth error stops the run.
    assert_eq!(called(&server), targets.split(',').take(12).collect::<Vec<_>>());
    let all = "50 targets: 6 succeeded, 6 failed, 38 not started\n";
    assert!(outcome.stderr.contains(all), "{}", outcome.stderr);
}

#[test]
fn target_concurrency_doubles_from_one() {
    let server = Server::start();
    let one = "schemaVersion: \"0.3\"\nparameters: {Host: {type: String}}\nmainSteps:\n  - name: restart\n    action: \
               aws:invokeLambdaFunction\n    inputs: {FunctionName: '{{ Host }}', InputPayload: {value: 1}}\n";
    let situation = situation().file("restart.yaml", one);
    server.hold_after(0);
    let targets = hosts(9, &[]);
    let child = situation.start(&arguments(&server.url, &targets, &["--max-concurrency", "4", "--quiet"]));
    let mut waves = Vec::new();
    for calls in [1, 2, 4, 2] {
        let call = || server.arrivals.recv_timeout(Duration::from_secs(20)).unwrap().function;
        let mut wave: Vec<String> = (0..calls).map(|_| call()).collect();
        wave.sort();
        waves.push(wave.join(","));
        server.release(calls);
    }
    assert_eq!(waves, ["h00", "h01,h02", "h03,h04,h05,h06", "h07,h08"]);
    assert_eq!(situation.end(child).status, Some(0));
    // The maximum concurrency after each number of ends.
    let journal = journal(&situation);
    let (mut running, mut ended, mut most) = (0, 0, [0; 10]);
    for recorded in journal.events(&journal.find("last").unwrap().id, 0).unwrap() {
        match &recorded.event {
            runwright::event::Event::ChildStarted(_) => running += 1,
            runwright::event::Event::ChildEnded(_) => (running, ended) = (running - 1, ended + 1),
            _ => {}
        }
        most[ended] = running.max(most[ended]);
    }
    assert_eq!(most, [1, 2, 2, 4, 4, 4, 3, 2, 1, 0]);
}

/// The journal of a situation.
fn journal(situation: &Situation) -> runwright::store::Journal {
    let folder = situation.path().join(".local/state/runwright");
    let clock = std::sync::Arc::new(runwright::clock::SystemClock);
    runwright::store::Journal::open_existing(&folder, clock).unwrap().unwrap()
}

#[test]
fn killed_run_over_targets_resumes_the_unfinished_ones() {
    let server = Server::start();
    let situation = situation();
    let targets = hosts(12, &[]);
    let more = ["--max-concurrency", "3", "--quiet", "--recover", "off"];
    let mut arguments = arguments(&server.url, &targets, &more);
    for calls in [5, 3, 4] {
        server.hold_after(calls);
        let mut child = situation.start(&arguments);
        for _ in 0..=calls {
            server.arrivals.recv_timeout(Duration::from_secs(20)).unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        server.open();
        arguments = vec!["resume", "last", "--quiet"];
    }
    let other = situation.run(&["resume", "last", "--targets", "h1"]);
    other.assert(
        2,
        "",
        &["the targets of execution ID cannot be changed while it runs", "runwright rerun ID --targets a,b"],
    );
    let outcome = situation.run(&arguments);
    assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("12 targets: 12 succeeded, 0 failed, 0 not started"), "{}", outcome.stderr);
    // Every received call is in the journal as sent: no call was repeated without a record.
    let journal = situation.journal();
    let children = journal.children(&journal.find("last").unwrap().id).unwrap();
    assert_eq!(children.len(), 12);
    let mut sent: HashMap<(String, String), u32> = HashMap::new();
    for child in &children {
        let mut step = String::new();
        for recorded in journal.events(&child.id, 0).unwrap() {
            match &recorded.event {
                runwright::event::Event::StepStarted(started) => step = started.step.to_string(),
                runwright::event::Event::AttemptStarted(_) => {
                    *sent.entry((child.id.to_string(), step.clone())).or_default() += 1;
                }
                _ => {}
            }
        }
    }
    for (call, count) in server.calls() {
        let recorded = sent.get(&(call.execution.clone(), call.step.clone())).copied().unwrap_or_default();
        assert!(count <= recorded, "{call:?} arrived {count} times, and {recorded} are recorded");
    }
}

#[test]
fn step_runs_its_targets() {
    let server = Server::start();
    let book = "schemaVersion: \"0.3\"\nparameters: {Hosts: {type: StringList}}\nmainSteps:\n  - name: all\n    action: \
                aws:executeAutomation\n    inputs: {DocumentName: restart, TargetParameterName: Host, MaxErrors: '1', \
                Targets: [{Key: ParameterValues, Values: ['{{ Hosts }}']}]}\n";
    let situation = situation().file("book.yaml", book);
    let run = ["run", "book.yaml", "--endpoint-url", &server.url, "--idempotency-token", "--quiet", "-p"];
    let outcome = |hosts: &str| situation.run(&[&run[..], &[hosts]].concat());
    outcome("Hosts=h1,broken2,h3").assert(0, "", &["book: Success"]);
    let failed =
        ["step all: Failed", "2 of 3 targets failed; MaxErrors is 1", "FailedTargets", "broken1\n", "broken2\n"];
    outcome("Hosts=broken1,broken2,h3").assert(1, "", &[&failed[..], &["book: Failed"]].concat());
    assert_eq!(situation.history("last"), "all Failed (Action Invocation), Failed");
    // The last one ran concurrently with the error that stopped the run.
    let shown = situation.run(&["executions", "list", "--parent", "last", "--output", "csv"]);
    assert_eq!(shown.stdout.lines().count(), 4, "{}", shown.stdout);
}

#[test]
fn invalid_targets_are_rejected_before_the_run() {
    let situation = situation().file("hosts.txt", "a\n\nb\n").file("maps.json", "[{\"Hots\": [\"a\"]}]");
    let rejected = |more: &[&str], code: i32, texts: &[&str]| {
        situation.run(&[&["run", "restart.yaml"], more].concat()).assert(code, "", texts);
    };
    let hosts = ["--targets", "@hosts.txt", "--target-parameter", "Host"];
    let unknown = ["no parameter Hots", "`Host`"];
    rejected(&["--targets", "a"], 2, &["not provided", "--target-parameter <NAME>"]);
    rejected(&["--targets", "a", "--target-parameter", "Hots"], 2, &unknown);
    rejected(&["--targets", ",", "--target-parameter", "Host"], 2, &["--targets names no target"]);
    rejected(&["--target-maps", "maps.json"], 2, &unknown);
    rejected(&[&hosts[..], &["--max-concurrency", "0"]].concat(), 2, &["'0' for '--max-concurrency"]);
    let grace = ["value supplied for Grace is not a valid integer", "\"soon\"", "target {\"Host\":\"a\"}"];
    rejected(&[&hosts[..], &["-p", "Grace=soon"]].concat(), 3, &grace);
    assert_eq!(situation.run(&["executions", "list", "--output", "json"]).stdout, "[]\n");
}

#[test]
fn redrive_runs_tolerated_failed_targets_again() {
    let server = Server::start();
    let situation = situation();
    let more = ["--max-concurrency", "1", "--max-errors", "1", "--quiet"];
    let outcome = situation.run(&arguments(&server.url, "h1,broken2,h3", &more));
    assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
    assert_eq!(situation.run(&["redrive", "last", "--quiet"]).status, Some(1));
    assert_eq!(called(&server), ["h1", "broken2", "h3", "broken2"]);
    assert_eq!(situation.run(&arguments(&server.url, "h1", &["--quiet"])).status, Some(0));
    situation.run(&["redrive", "last"]).assert(2, "", &["every target of execution ID succeeded", "`runwright rerun`"]);
    let record = situation.run(&["test", "--record", "last"]);
    record.assert(2, "", &["a run over targets cannot be recorded", "executions list --parent ID"]);
}

#[test]
fn imported_targets_are_not_run_again_automatically() {
    let server = Server::start();
    let there = situation();
    let more = ["--max-concurrency", "1", "--quiet"];
    assert_eq!(there.run(&arguments(&server.url, "h1,broken2", &more)).status, Some(1));
    assert_eq!(there.run(&["executions", "export", "last", "run.json"]).status, Some(0));
    let here = situation().file("run.json", std::fs::read_to_string(there.path().join("run.json")).unwrap());
    assert_eq!(here.run(&["executions", "import", "run.json"]).status, Some(0));
    let redrive = here.run(&["redrive", "last"]);
    redrive.assert(2, "", &["ID was imported without the executions of its targets", "--targets a,b"]);
    let shown = here.run(&["executions", "show", "last", "--output", "json"]).stdout;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["StepExecutions"][0]["StepStatus"], "Failed");
    assert_eq!(here.run(&["rerun", "last", "--targets", "broken2", "--quiet"]).status, Some(1));
    assert_eq!(called(&server), ["h1", "broken2", "broken2"]);
}
