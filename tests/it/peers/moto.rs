//! moto's server in its simple mode: it runs no code and returns canned responses; the test is about real SDK traffic.

use std::path::Path;

use serde_json::json;

use super::servers::start_moto;
use super::{Peer, bare, python, rows, run, steps_on};

/// Sends a setting to the server's configuration API.
fn set(python: &Path, peer: &Peer, path: &str, body: &str) {
    let script = "import sys, urllib.request as u; u.urlopen(u.Request(sys.argv[1], sys.argv[2].encode()))";
    let mut command = bare(&python.join("bin/python"), Path::new("/"));
    let status = command.args(["-c", script, &format!("{}/moto-api/{path}", peer.url), body]).status().unwrap();
    assert!(status.success());
}

#[test]
fn canned_moto_responses_are_reported_unchanged() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let peer = start_moto(python, folder.path());
    set(python, &peer, "config", r#"{"lambda": {"use_docker": false}}"#);
    let canned = r#"{"account_id": "123456789012", "region": "us-east-1", "results": ["first", "{\"x\": 2}"]}"#;
    set(python, &peer, "static/lambda-simple/response", canned);
    let runbook = steps_on(
        "anything",
        &[("notJson", ""), ("json", ""), ("event", "InvocationType: Event"), ("dryRun", "InvocationType: DryRun")],
    );
    let (status, execution, said) = run(&runbook, folder.path(), &peer.url);
    let not_json = "Function anything ran, and its reply is not JSON (expected ident at line 1 column 2): first";
    assert_eq!(
        (status, json!(rows(&execution)), &execution["StepExecutions"][1]["Outputs"]["OutputPayload"]),
        (
            Some(0),
            json!([
                ["notJson", "Failed", "200", null, null, "Response", null, not_json, null],
                ["json", "Success", "200", null, null, null, null, null, null],
                ["event", "Success", "202", null, null, null, null, null, null],
                ["dryRun", "Success", "204", null, null, null, null, null, null],
            ]),
            &json!([r#"{"x":2}"#]),
        ),
        "{said}"
    );
}
