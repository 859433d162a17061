//! MiniStack: an emulator that runs real functions in processes.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use aws_sdk_lambda::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, FunctionCode, Runtime};
use base64::Engine as _;
use serde_json::{Value, json};

use super::install::{node, python};
use super::servers::start_ministack;
use super::{Peer, rows, run, steps_on, write_package};

/// A running MiniStack.
pub(super) struct MiniStack {
    peer: Peer,
}

/// The files of a folder as a package.
fn zipped(python: &Path, package: &Path) -> Vec<u8> {
    let files = fs::read_dir(package).unwrap().map(|entry| entry.unwrap().file_name());
    let zip = package.with_extension("zip");
    let mut command = Command::new(python.join("bin/python"));
    command.args(["-m", "zipfile", "-c"]).arg(&zip).args(files).current_dir(package);
    assert!(command.status().unwrap().success());
    fs::read(zip).unwrap()
}

impl MiniStack {
    /// Starts it on a free port with the function `fn` in it; none if it is unavailable here.
    pub(super) fn start(folder: &Path) -> Option<Self> {
        let python = python()?;
        let stack = Self { peer: start_ministack(python, folder) };
        stack.create_python(python, folder);
        Some(stack)
    }

    pub(super) fn url(&self) -> &str {
        &self.peer.url
    }

    /// Creates `fn` with the alias `live`: Python behind AWS's own runtime client, in a custom runtime.
    fn create_python(&self, python: &Path, folder: &Path) {
        let package = folder.join("package");
        write_package(python, &package);
        self.create("fn", Runtime::Providedal2023, "bootstrap", zipped(python, &package));
        self.on_client(|client| async move {
            client.create_alias().function_name("fn").name("live").function_version("1").send().await.unwrap();
        });
    }

    /// Creates a function and publishes its version 1.
    fn create(&self, name: &str, runtime: Runtime, handler: &str, zip: Vec<u8>) {
        self.on_client(|client| async move {
            client
                .create_function()
                .function_name(name)
                .runtime(runtime)
                .handler(handler)
                .role("arn:aws:iam::000000000000:role/r")
                .timeout(3)
                .publish(true)
                .environment(Environment::builder().variables("COLOUR", "green").build())
                .code(FunctionCode::builder().zip_file(Blob::new(zip)).build())
                .send()
                .await
                .unwrap();
        });
    }

    /// Sets the concurrency limit of `fn`; 0 throttles every call.
    fn set_concurrency(&self, executions: i32) {
        self.on_client(|client| async move {
            client
                .put_function_concurrency()
                .function_name("fn")
                .reserved_concurrent_executions(executions)
                .send()
                .await
                .unwrap();
        });
    }

    fn on_client<F: Future<Output = ()>>(&self, call: impl FnOnce(aws_sdk_lambda::Client) -> F) {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(self.url())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        let client = aws_sdk_lambda::Client::from_conf(config);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(call(client));
    }
}

/// A runbook with every outcome of a real function.
const RUNBOOK: &str = r#"
schemaVersion: "0.3"
parameters:
  Host: {type: String, default: web-1}
mainSteps:
  - name: ask
    action: aws:invokeLambdaFunction
    inputs:
      FunctionName: fn
      Qualifier: $LATEST
      LogType: Tail
      InputPayload: {host: "{{ Host }}", count: 3}
    outputs:
      - {Name: host, Selector: $.host, Type: String}
      - {Name: count, Selector: $.count, Type: Integer}
  - name: useText
    action: aws:invokeLambdaFunction
    inputs: {FunctionName: fn, Payload: '{"mode": "text", "from": "{{ ask.host }}"}'}
  - name: queue
    action: aws:invokeLambdaFunction
    inputs: {FunctionName: fn, InvocationType: Event}
  - name: check
    action: aws:invokeLambdaFunction
    inputs: {FunctionName: fn, InvocationType: DryRun}
  - name: raise
    action: aws:invokeLambdaFunction
    maxAttempts: 2
    onFailure: Continue
    inputs: {FunctionName: fn, InputPayload: {mode: raise}}
  - name: exit
    action: aws:invokeLambdaFunction
    onFailure: Continue
    inputs: {FunctionName: fn, InputPayload: {mode: exit}}
  - name: slow
    action: aws:invokeLambdaFunction
    onFailure: Continue
    inputs: {FunctionName: fn, InputPayload: {mode: sleep}}
  - name: impatient
    action: aws:invokeLambdaFunction
    onFailure: Continue
    timeoutSeconds: 1
    inputs: {FunctionName: fn, InputPayload: {mode: sleep}}
  - name: missing
    action: aws:invokeLambdaFunction
    inputs: {FunctionName: nobody}
outputs: [ask.host, ask.count, useText.Payload, ask.ExecutedVersion]
"#;

#[test]
fn runbook_on_ministack_reports_every_function_outcome() {
    let folder = tempfile::tempdir().unwrap();
    let Some(stack) = MiniStack::start(folder.path()) else { return };
    let runbook = folder.path().join("everything.yaml");
    fs::write(&runbook, RUNBOOK).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_runwright"))
        .arg("run")
        .arg(&runbook)
        .args(["--endpoint-url", stack.url(), "--region", "us-east-1", "--output", "json", "--retry-delay", "10ms"])
        .env_clear()
        .env("HOME", folder.path())
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    let execution: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {log}"));
    let steps: Vec<Value> = execution["StepExecutions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| {
            let details = &step["FailureDetails"]["Details"];
            json!([
                step["StepName"],
                step["StepStatus"],
                step["Attempts"],
                step["Outputs"]["StatusCode"][0],
                details["ErrorClass"][0],
                details["ErrorType"][0],
                details["ErrorMessage"][0],
            ])
        })
        .collect();
    assert_eq!(
        (output.status.code(), &execution["AutomationExecutionStatus"], json!(steps)),
        (
            Some(1),
            &json!("Failed"),
            json!([
                ["ask", "Success", 1, "200", null, null, null],
                ["useText", "Success", 1, "200", null, null, null],
                ["queue", "Success", 1, "202", null, null, null],
                ["check", "Success", 1, "204", null, null, null],
                ["raise", "Failed", 2, "200", "Function", "ValueError", "no such host"],
                [
                    "exit",
                    "Failed",
                    1,
                    "200",
                    "Function",
                    "Runtime.ExitError",
                    "Runtime exited before returning a response"
                ],
                ["slow", "Failed", 1, "200", "Function", "Sandbox.Timedout", "Task timed out after 3.00 seconds"],
                ["impatient", "TimedOut", 1, null, "Timeout", null, null],
                ["missing", "Failed", 1, null, "NotFound", null, null],
            ])
        ),
        "{log}"
    );
    assert_eq!(
        execution["Outputs"],
        json!({
            "ask.host": ["web-1"],
            "ask.count": ["3"],
            "useText.Payload": ["plain"],
            "ask.ExecutedVersion": ["$LATEST"],
        })
    );
    let missing = &execution["StepExecutions"][8];
    let log_result = execution["StepExecutions"][0]["Outputs"]["LogResult"][0].as_str().unwrap();
    let log_tail = base64::engine::general_purpose::STANDARD.decode(log_result).unwrap();
    assert!(String::from_utf8_lossy(&log_tail).contains("mode None"));
    assert!(missing["FailureMessage"].as_str().unwrap().contains("ResourceNotFoundException (404)"), "{missing}");
}

#[test]
fn ministack_throttle_is_retried_within_the_window() {
    let folder = tempfile::tempdir().unwrap();
    let Some(stack) = MiniStack::start(folder.path()) else { return };
    stack.set_concurrency(0);
    let runbook = folder.path().join("throttled.yaml");
    fs::write(
        &runbook,
        "{schemaVersion: '0.3', mainSteps: [{name: a, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: fn}}]}",
    )
    .unwrap();
    let mut run = Command::new(env!("CARGO_BIN_EXE_runwright"))
        .arg("run")
        .arg(&runbook)
        .args(["--endpoint-url", stack.url(), "--region", "us-east-1", "--output", "jsonl"])
        .env_clear()
        .env("HOME", folder.path())
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut kinds = Vec::new();
    for line in BufReader::new(run.stdout.take().unwrap()).lines() {
        let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let kind = event["event"].as_str().unwrap().to_owned();
        if kind == "AttemptThrottled" && !kinds.contains(&kind) {
            assert_eq!(event["failure"]["cause"]["retry_after"], json!(1_000), "{event}");
            stack.set_concurrency(5);
        }
        kinds.push(kind);
    }
    let status = run.wait().unwrap();
    kinds.dedup();
    assert_eq!(
        (status.code(), kinds.join(" ")),
        (
            Some(0),
            "ExecutionStarted StepStarted AttemptStarted AttemptThrottled AttemptStarted AttemptEnded StepEnded \
             ExecutionEnded"
                .to_owned()
        )
    );
}

/// The same behaviours as a Node.js module.
const NODE: &str = r#"
exports.handler = async (event) => {
  switch (event.mode) {
    case "raise": throw new TypeError("no such host");
    case "exit": process.exit(3); break;
    case "sleep": await new Promise((done) => setTimeout(done, 30000)); break;
    case "none": return null;
  }
  return { event };
};
"#;

#[test]
fn ministack_runs_rust_and_node_functions_with_versions_and_aliases() {
    let folder = tempfile::tempdir().unwrap();
    let (Some(python), Some(_)) = (python(), node()) else { return };
    let Some(stack) = MiniStack::start(folder.path()) else { return };
    let (rust, node) = (folder.path().join("rust"), folder.path().join("node"));
    fs::create_dir_all(&rust).unwrap();
    fs::create_dir_all(&node).unwrap();
    fs::copy(crate::local::example("lambda_echo"), rust.join("bootstrap")).unwrap();
    fs::write(node.join("index.js"), NODE).unwrap();
    stack.create("rust", Runtime::Providedal2023, "bootstrap", zipped(python, &rust));
    stack.create("node", Runtime::Nodejs20x, "index.handler", zipped(python, &node));
    let runbook = steps_on(
        "fn",
        &[
            ("version", "Qualifier: '1'"),
            ("alias", "Qualifier: live"),
            ("aliasInName", "FunctionName: 'fn:live'"),
            ("noSuchAlias", "Qualifier: nowhere"),
            ("rust", "FunctionName: rust, InputPayload: {n: 1}"),
            ("rustNone", "FunctionName: rust, InputPayload: {mode: none}"),
            ("rustRaise", "FunctionName: rust, InputPayload: {mode: raise}"),
            ("rustSleep", "FunctionName: rust, InputPayload: {mode: sleep}"),
            ("rustExit", "FunctionName: rust, InputPayload: {mode: exit}"),
            ("rustAgain", "FunctionName: rust, InputPayload: {n: 2}"),
            ("node", "FunctionName: node, InputPayload: {n: 1}"),
            ("nodeNone", "FunctionName: node, InputPayload: {mode: none}"),
            ("nodeRaise", "FunctionName: node, InputPayload: {mode: raise}"),
            ("nodeSleep", "FunctionName: node, InputPayload: {mode: sleep}"),
            ("nodeExit", "FunctionName: node, InputPayload: {mode: exit}"),
            ("nodeAgain", "FunctionName: node, InputPayload: {n: 2}"),
        ],
    );
    let (status, execution, said) = run(&runbook, folder.path(), stack.url());
    assert_eq!(
        (status, json!(rows(&execution))),
        (
            Some(0),
            json!([
                ["version", "Success", "200", null, "1", null, null, null, null],
                ["alias", "Success", "200", null, "1", null, null, null, null],
                ["aliasInName", "Success", "200", null, "1", null, null, null, null],
                [
                    "noSuchAlias",
                    "Failed",
                    null,
                    null,
                    null,
                    "NotFound",
                    "ResourceNotFoundException",
                    "Function fn:nowhere was not invoked. Lambda answered ResourceNotFoundException (404): Function not found: \
  arn:aws:lambda:us-east-1:000000000000:function:fn:nowhere",
                    null
                ],
                ["rust", "Success", "200", null, "$LATEST", null, null, null, null],
                ["rustNone", "Success", "200", null, "$LATEST", null, null, null, null],
                [
                    "rustRaise",
                    "Failed",
                    "200",
                    "Unhandled",
                    "$LATEST",
                    "Function",
                    null,
                    "Function rust failed (Unhandled): NoSuchInstance: i-0 is not there",
                    null
                ],
                [
                    "rustSleep",
                    "Failed",
                    "200",
                    "Unhandled",
                    "$LATEST",
                    "Function",
                    null,
                    "Function rust failed (Unhandled): Sandbox.Timedout: Task timed out after 3.00 seconds",
                    null
                ],
                [
                    "rustExit",
                    "Failed",
                    "200",
                    "Unhandled",
                    "$LATEST",
                    "Function",
                    null,
                    "Function rust failed (Unhandled): Runtime.ExitError: Runtime exited before returning a response",
                    null
                ],
                ["rustAgain", "Success", "200", null, "$LATEST", null, null, null, null],
                ["node", "Success", "200", null, "$LATEST", null, null, null, null],
                ["nodeNone", "Success", "200", null, "$LATEST", null, null, null, null],
                // It reports every error of a Node.js handler alike.
                [
                    "nodeRaise",
                    "Failed",
                    "200",
                    "Unhandled",
                    "$LATEST",
                    "Function",
                    null,
                    "Function node failed (Unhandled): Runtime.HandlerError: no such host",
                    null
                ],
                [
                    "nodeSleep",
                    "Failed",
                    "200",
                    "Unhandled",
                    "$LATEST",
                    "Function",
                    null,
                    "Function node failed (Unhandled): Sandbox.Timedout: Task timed out after 3.00 seconds",
                    null
                ],
                [
                    "nodeExit",
                    "Failed",
                    "200",
                    "Unhandled",
                    "$LATEST",
                    "Function",
                    null,
                    "Function node failed (Unhandled): Runtime.HandlerError: Worker process died",
                    null
                ],
                ["nodeAgain", "Success", "200", null, "$LATEST", null, null, null, null],
            ])
        ),
        "{said}"
    );
    let payload = |step: usize| &execution["StepExecutions"][step]["Outputs"]["OutputPayload"][0];
    assert_eq!(
        [payload(4), payload(9), payload(10), payload(15)],
        [r#"{"n":1}"#, r#"{"n":2}"#, r#"{"event":{"n":1}}"#, r#"{"event":{"n":2}}"#]
    );
}
