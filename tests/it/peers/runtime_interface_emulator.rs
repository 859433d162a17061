//! AWS's own Runtime Interface Emulator with AWS's own Python runtime client: payloads and error bodies as on Lambda,
//! but no header reports that a function failed.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::{HANDLER, Peer, bare, free_port, python, rows, run, steps_on};

/// The path of the binary in its Python package.
fn binary(python: &Path) -> PathBuf {
    let libraries = fs::read_dir(python.join("lib")).unwrap();
    let library =
        libraries.map(|entry| entry.unwrap().path()).find(|path| path.join("site-packages").is_dir()).unwrap();
    let machine = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
    library.join(format!("site-packages/samcli/local/rapid/aws-lambda-rie-{machine}"))
}

fn start(python: &Path, folder: &Path) -> Peer {
    fs::write(folder.join("app.py"), HANDLER).unwrap();
    let (port, runtime_api) = (free_port(), free_port());
    let mut command = bare(&binary(python), folder);
    command
        .args(["--runtime-interface-emulator-address", &format!("127.0.0.1:{port}")])
        .args(["--runtime-api-address", &format!("127.0.0.1:{runtime_api}")])
        .args(["--log-level", "error"])
        .arg(python.join("bin/python"))
        .args(["-m", "awslambdaric", "app.handler"])
        .env("AWS_LAMBDA_FUNCTION_TIMEOUT", "3")
        .env("AWS_LAMBDA_FUNCTION_NAME", "function")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_REGION", "us-east-1");
    Peer::start(&mut command, folder, port, None)
}

#[test]
fn missing_emulator_headers_are_not_invented() {
    if !cfg!(target_os = "linux") {
        println!("SKIPPED: AWS's emulator is a program for Linux");
        return;
    }
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let peer = start(python, folder.path());
    let runbook = steps_on(
        "function",
        &[
            ("echo", "InputPayload: {n: 1}"),
            ("text", "InputPayload: {mode: text}"),
            ("none", "InputPayload: {mode: none}"),
            ("shaped", "InputPayload: {mode: shaped}"),
            ("raise", "InputPayload: {mode: raise}"),
            ("unsayable", "InputPayload: {mode: unsayable}"),
            ("exit", "InputPayload: {mode: exit}"),
            ("big", "InputPayload: {mode: too large}"),
            ("timeout", "InputPayload: {mode: sleep}"),
            ("again", "InputPayload: {}"),
            ("dryRun", "InvocationType: DryRun"),
            ("event", "InvocationType: Event"),
            ("missing", "FunctionName: nobody"),
        ],
    );
    let (status, execution, said) = run(&runbook, folder.path(), &peer.url);
    let shaped = |what: &str| {
        format!(
            "Function function is recorded as successful because the reply reports no failure, but its result has the \
             shape of an error ({what}). Some servers, such as the Runtime Interface Emulator, never report that a \
             function failed."
        )
    };
    let unsayable =
        "Runtime.MarshalError: Unable to marshal response: Object of type Unsayable is not JSON serializable";
    let unnamed = |status: u16, body: &str| {
        format!("Function function did not answer; it may have run. The answer was HTTP {status}: {body}")
    };
    let exit = r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ID Error: Runtime exited with error: exit status 3"}"#;
    let big = r#"{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes)."}"#;
    let timeout = "Function function ran, and its reply is not JSON (expected value at line 1 column 1): Task timed \
                   out after 3.00 seconds";
    assert_eq!(
        (status, json!(rows(&execution))),
        (
            Some(0),
            json!([
                ["echo", "Success", "200", null, null, null, null, null, null],
                ["text", "Success", "200", null, null, null, null, null, null],
                ["none", "Success", "200", null, null, null, null, null, null],
                ["shaped", "Success", "200", null, null, null, null, null, shaped("Data: of the function")],
                ["raise", "Success", "200", null, null, null, null, null, shaped("ValueError: no such host")],
                ["unsayable", "Success", "200", null, null, null, null, null, shaped(unsayable)],
                ["exit", "Failed", null, null, null, "Transient", null, unnamed(502, exit), null],
                ["big", "Failed", null, null, null, "Transient", null, unnamed(502, big), null],
                ["timeout", "Failed", "200", null, null, "Response", null, timeout, null],
                ["again", "Success", "200", null, null, null, null, null, null],
                [
                    "dryRun",
                    "Success",
                    "200",
                    null,
                    null,
                    null,
                    null,
                    null,
                    "Function function was not to be run, and the answer is HTTP 200 instead of 204: the endpoint may have \
                  run it."
                ],
                [
                    "event",
                    "Success",
                    "200",
                    null,
                    null,
                    null,
                    null,
                    null,
                    "Function function was to be queued, and the answer is HTTP 200 instead of 202: the endpoint may have \
                  run it at once, and its result is not known."
                ],
                [
                    "missing",
                    "Failed",
                    null,
                    null,
                    null,
                    "NotFound",
                    null,
                    "Function nobody was not invoked. The answer was HTTP 404: 404 page not found",
                    null
                ],
            ])
        ),
        "{said}"
    );
    let payload = |step: usize| &execution["StepExecutions"][step]["Outputs"]["OutputPayload"][0];
    assert_eq!(
        [payload(0), payload(1), payload(2), payload(3)],
        [r#"{"n":1}"#, r#""plain""#, "null", r#"{"errorType":"Data","errorMessage":"of the function"}"#]
    );
    // The progress shows the error at the step, and once more at the end.
    assert_eq!(said.matches(&shaped("ValueError: no such host")).count(), 2, "{said}");
}
