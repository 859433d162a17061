//! Runs over targets in the service's shape, and new ones like them.

use serde_json::{Value, json};

use super::{arguments, called, situation};
use crate::crash::server::Server;
use crate::harness::Situation;

/// The fields of a run over targets.
const FIELDS: [&str; 7] = [
    "TargetParameterName",
    "Targets",
    "TargetMaps",
    "ResolvedTargets",
    "MaxConcurrency",
    "MaxErrors",
    "ProgressCounters",
];

/// The fields that an execution has.
fn fields(execution: &Value) -> Value {
    FIELDS.iter().filter_map(|name| Some(((*name).to_owned(), execution.get(name)?.clone()))).collect()
}

fn shown(situation: &Situation) -> Value {
    situation.run(&["executions", "show", "last", "--output", "json"]).json()
}

#[test]
fn json_has_the_targets_and_their_progress() {
    let server = Server::start();
    let situation = situation();
    let more = ["--max-concurrency", "1", "-p", "Grace=3", "--output", "json"];
    let run = situation.run(&arguments(&server.url, "h1,broken2,h3", &more));
    assert_eq!(run.status, Some(1), "{}", run.stderr);
    let run: Value = serde_json::from_str(&run.stdout).unwrap();
    let expected = json!({
        "TargetParameterName": "Host",
        "Targets": [{"Key": "ParameterValues", "Values": ["h1", "broken2", "h3"]}],
        "ResolvedTargets": {"ParameterValues": ["h1", "broken2", "h3"], "Truncated": false},
        "MaxConcurrency": "1",
        "MaxErrors": "0",
        "ProgressCounters":
            {"TotalSteps": 3, "SuccessSteps": 1, "FailedSteps": 1, "CancelledSteps": 0, "TimedOutSteps": 0},
    });
    assert_eq!((fields(&run), fields(&shown(&situation))), (expected.clone(), expected));
    // The runbook and its parameters are the real ones.
    assert_eq!((&run["DocumentName"], &run["Parameters"]), (&json!("restart"), &json!({"Grace": ["3"]})));
    let id = run["StepExecutions"][0]["StepExecutionId"].as_str().unwrap();
    let child = situation.run(&["executions", "show", id, "--output", "json"]).json();
    assert_eq!((&child["Target"], &child["Parameters"]), (&json!("h1"), &json!({"Host": ["h1"], "Grace": ["3"]})));
    assert_eq!(fields(&child), json!({}));
}

#[test]
fn json_has_the_maps_of_targets() {
    let server = Server::start();
    let situation = situation();
    let maps = r#"[{"Host": ["h1"], "Grace": ["2"]}, {"Host": ["h2"]}]"#;
    let run = ["run", "restart.yaml", "--endpoint-url", &server.url, "--idempotency-token", "--quiet"];
    assert_eq!(situation.run(&[&run[..], &["--target-maps", maps]].concat()).status, Some(0));
    let fields = fields(&shown(&situation));
    assert_eq!(fields["TargetMaps"], json!([{"Host": ["h1"], "Grace": ["2"]}, {"Host": ["h2"]}]));
    assert_eq!((&fields["MaxConcurrency"], &fields["ProgressCounters"]["SuccessSteps"]), (&json!("10"), &json!(2)));
    assert_eq!((fields.get("Targets"), fields.get("TargetParameterName")), (None, None));
    assert_eq!(called(&server), ["h1", "h2"]);
}

#[test]
fn target_that_looks_like_a_template_is_none() {
    let server = Server::start();
    let situation = situation();
    let targets = r#"[{"Key": "ParameterValues", "Values": ["{{ Grace }}"]}]"#;
    let run = situation.run(&arguments(&server.url, targets, &["--quiet", "-p", "Grace=3"]));
    let target_name = &shown(&situation)["StepExecutions"][0]["StepName"];
    assert_eq!(target_name, &json!("{{ Grace }}"), "{}", run.stderr);
}

#[test]
fn rerun_takes_other_targets() {
    let server = Server::start();
    let situation = situation();
    let quiet = |arguments: &[&str]| situation.run(&[arguments, &["--quiet"]].concat());
    assert_eq!(quiet(&arguments(&server.url, "h1,h2", &["--max-errors", "1", "-p", "Grace=3"])).status, Some(0));
    assert_eq!(quiet(&["rerun", "last", "--targets", "h3,broken4"]).status, Some(0));
    let shown = shown(&situation);
    assert_eq!((&shown["MaxErrors"], &shown["Parameters"]), (&json!("1"), &json!({"Grace": ["3"]})));
    assert_eq!(shown["ProgressCounters"]["FailedSteps"], 1);
    assert_eq!(quiet(&["redrive", "last", "--from", "restart"]).status, Some(2));
    quiet(&["redrive", "last", "--original"]).assert(2, "", &["with the current file of its runbook"]);
    quiet(&["rerun", "last", "--target-maps", "Host=h1"]).assert(2, "", &["another form", "--targets a,b"]);
    // It runs the current file.
    let file = situation.path().join("restart.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("Host", "Machine")).unwrap();
    quiet(&["redrive", "last"]).assert(2, "", &["no parameter Host"]);
    std::fs::write(&file, text.replace("FunctionName: add", "FunctionName: add-more")).unwrap();
    quiet(&["redrive", "last"]).assert(1, "", &["1 target: 0 succeeded, 1 failed, 0 not started"]);
    assert_eq!(called(&server), ["h1", "h2", "h3", "broken4", "broken4"]);
    let run = ["run", "restart.yaml", "--endpoint-url", &server.url, "--idempotency-token", "-p", "Host=h5"];
    assert_eq!(quiet(&run).status, Some(0));
    quiet(&["rerun", "last", "--targets", "h6"]).assert(2, "", &["does not run over targets", "leave out --targets"]);
}

#[test]
fn targets_of_a_runbook_that_calls_nothing_need_no_region() {
    let book = "schemaVersion: \"0.3\"\nparameters: {Host: {type: String}}\nmainSteps:\n  - name: rest\n    action: \
                aws:sleep\n    inputs: {Duration: PT0S}\n";
    let situation = Situation::new().file("book.yaml", book);
    let run = situation.run(&["run", "book.yaml", "--targets", "h1,h2", "--target-parameter", "Host", "--quiet"]);
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    assert!(run.stderr.contains("2 targets: 2 succeeded"), "{}", run.stderr);
}

#[test]
fn graph_of_a_run_over_targets_has_its_step() {
    let server = Server::start();
    let situation = situation();
    assert_eq!(situation.run(&arguments(&server.url, "h1", &["--quiet"])).status, Some(0));
    let graph = situation.run(&["graph", "last"]);
    assert!(graph.stdout.contains("targets"), "{}", graph.text());
}
