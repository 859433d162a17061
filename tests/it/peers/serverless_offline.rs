//! serverless-offline: Node.js handlers behind an unrelated second implementation of the API.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::json;

use super::{Peer, bare, free_port, node, rows, run, steps_on};

const HANDLER: &str = r#"
exports.handler = async (event, context) => {
  switch (event.mode) {
    case "raise": throw new TypeError("no such host");
    case "sleep": await new Promise((done) => setTimeout(done, 30000)); break;
    case "nothing": return undefined;
    case "null": return null;
    case "text": return "plain";
    case "quotes": return 'say "hi"';
    case "shaped": return { errorType: "Data", errorMessage: "of the function" };
  }
  return { event, name: context.functionName };
};
"#;

fn start(node: &Path, folder: &Path) -> Peer {
    let port = free_port();
    fs::write(folder.join("handler.js"), HANDLER).unwrap();
    let service = format!(
        "service: peer\nprovider: {{name: aws, runtime: nodejs20.x, stage: dev, region: us-east-1, timeout: 3}}\n\
         plugins: [serverless-offline]\n\
         custom: {{serverless-offline: {{host: 127.0.0.1, lambdaPort: {port}}}}}\n\
         functions: {{fn: {{handler: handler.handler}}}}\n"
    );
    fs::write(folder.join("serverless.yml"), service).unwrap();
    symlink(node.join("node_modules"), folder.join("node_modules")).unwrap();
    let mut command = bare(&node.join("node_modules/.bin/osls"), folder);
    command.args(["offline", "start"]).env("SLS_TELEMETRY_DISABLED", "1").env("SLS_NOTIFICATIONS_MODE", "off");
    Peer::start(&mut command, folder, port, Some("Function names exposed"))
}

#[test]
fn serverless_offline_responses_are_reported_despite_its_deviations() {
    let Some(node) = node() else { return };
    let folder = tempfile::tempdir().unwrap();
    let peer = start(node, folder.path());
    let runbook = steps_on(
        "peer-dev-fn",
        &[
            ("echo", "InputPayload: {n: 1}"),
            ("text", "InputPayload: {mode: text}"),
            ("nothing", "InputPayload: {mode: nothing}"),
            ("nil", "InputPayload: {mode: 'null'}"),
            ("quotes", "InputPayload: {mode: quotes}"),
            ("shaped", "InputPayload: {mode: shaped}"),
            ("raise", "InputPayload: {mode: raise}"),
            ("timeout", "InputPayload: {mode: sleep}"),
            ("again", "InputPayload: {}"),
            ("dryRun", "InvocationType: DryRun"),
            ("event", "InvocationType: Event"),
            ("missing", "FunctionName: nobody"),
        ],
    );
    let (status, execution, said) = run(&runbook, folder.path(), &peer.url);
    assert_eq!(
        (status, json!(rows(&execution))),
        (
            Some(0),
            json!([
                ["echo", "Success", "200", null, null, null, null, null, null],
                ["text", "Success", "200", null, null, null, null, null, null],
                ["nothing", "Success", "200", null, null, null, null, null, null],
                ["nil", "Success", "200", null, null, null, null, null, null],
                // It quotes a string without escaping the quotes inside.
                [
                    "quotes",
                    "Failed",
                    "200",
                    null,
                    null,
                    "Response",
                    null,
                    "Function peer-dev-fn ran, and its reply is not JSON (trailing characters at line 1 column 7): \
                  \"say \"hi\"\"",
                    null
                ],
                [
                    "shaped",
                    "Success",
                    "200",
                    null,
                    null,
                    null,
                    null,
                    null,
                    "Function peer-dev-fn is recorded as successful because the reply reports no failure, but its \
                  result has the shape of an error (Data: of the function). Some servers, such as the Runtime Interface \
                  Emulator, never report that a function failed."
                ],
                // The error type is always `Error` there.
                [
                    "raise",
                    "Failed",
                    "200",
                    "Unhandled",
                    null,
                    "Function",
                    null,
                    "Function peer-dev-fn failed (Unhandled): Error: no such host",
                    null
                ],
                [
                    "timeout",
                    "Failed",
                    "200",
                    "Unhandled",
                    null,
                    "Function",
                    null,
                    "Function peer-dev-fn failed (Unhandled): Error: [504] - Lambda timeout.",
                    null
                ],
                ["again", "Success", "200", null, null, null, null, null, null],
                [
                    "dryRun",
                    "Failed",
                    null,
                    null,
                    null,
                    "Payload",
                    "InvalidParameterValueException",
                    "Function peer-dev-fn was not invoked. Lambda answered InvalidParameterValueException (400): \
                  invocationType: 'DryRun' not supported by serverless-offline",
                    null
                ],
                ["event", "Success", "202", null, null, null, null, null, null],
                [
                    "missing",
                    "Failed",
                    null,
                    null,
                    null,
                    "NotFound",
                    "ResourceNotFoundException",
                    "Function nobody was not invoked. Lambda answered ResourceNotFoundException (404): Function not found: \
                  nobody",
                    null
                ],
            ])
        ),
        "{said}"
    );
    let payload = |step: usize| &execution["StepExecutions"][step]["Outputs"]["OutputPayload"][0];
    assert_eq!(
        [payload(0), payload(1), payload(2), payload(3)],
        [r#"{"event":{"n":1},"name":"peer-dev-fn"}"#, r#""plain""#, "null", "null"]
    );
}

#[test]
fn server_crashed_by_an_event_error_is_a_connection_error_for_the_next_step() {
    let Some(node) = node() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut peer = start(node, folder.path());
    let event = "InvocationType: Event, InputPayload: {mode: raise}";
    let (_, queued, said) = run(&steps_on("peer-dev-fn", &[("queue", event)]), folder.path(), &peer.url);
    assert_eq!(queued["StepExecutions"][0]["StepStatus"], "Success", "{said}");
    peer.process.wait().unwrap();
    let (status, execution, said) = run(&steps_on("peer-dev-fn", &[("after", "")]), folder.path(), &peer.url);
    let step = &execution["StepExecutions"][0];
    assert_eq!((status, &step["FailureDetails"]["Details"]["ErrorClass"]), (Some(0), &json!(["Transient"])), "{said}");
    let message = step["FailureMessage"].as_str().unwrap();
    assert!(
        message.starts_with("Function peer-dev-fn was not invoked. The function's address could not be reached"),
        "{message}"
    );
}
