//! MiniStack: an emulator that runs real functions in processes.

use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::{fs, net, thread};

use aws_sdk_lambda::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, FunctionCode, Runtime};
use base64::Engine as _;
use serde_json::{Value, json};

use super::{install::python, write_package};

/// A running MiniStack; ended when dropped.
pub(super) struct MiniStack {
    process: Child,
    pub(super) url: String,
}

impl Drop for MiniStack {
    fn drop(&mut self) {
        // The workers are its children and leave when their pipe closes.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl MiniStack {
    /// Starts it on a free port with the function `fn` in it; none when it cannot be had here.
    pub(super) fn start(folder: &Path) -> Option<Self> {
        let python = python()?;
        let port = net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut process = Command::new(python.join("bin/ministack"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", folder)
            .env("BIND_HOST", "127.0.0.1")
            .env("MINISTACK_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("LAMBDA_EXECUTOR", "local")
            .env("LOG_LEVEL", "INFO")
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let mut seen = String::new();
        while !seen.contains("Running on") {
            let read = log.read_line(&mut seen).unwrap();
            assert!(read > 0, "MiniStack ended: {seen}");
        }
        // Somebody must go on reading, else it blocks on a full pipe.
        thread::spawn(move || log.read_to_end(&mut Vec::new()));
        let stack = Self { process, url: format!("http://127.0.0.1:{port}") };
        stack.create_function(python, folder);
        Some(stack)
    }

    /// Creates `fn` with the alias `live`: Python behind AWS's own runtime client, in a custom runtime.
    fn create_function(&self, python: &Path, folder: &Path) {
        let package = folder.join("package");
        write_package(python, &package);
        let zip = folder.join("package.zip");
        let made = Command::new(python.join("bin/python"))
            .args(["-m", "zipfile", "-c"])
            .arg(&zip)
            .args(["app.py", "bootstrap"])
            .current_dir(&package)
            .status()
            .unwrap();
        assert!(made.success());
        self.on_client(|client| async move {
            client
                .create_function()
                .function_name("fn")
                .runtime(Runtime::Providedal2023)
                .handler("bootstrap")
                .role("arn:aws:iam::000000000000:role/r")
                .timeout(2)
                .publish(true)
                .environment(Environment::builder().variables("COLOUR", "green").build())
                .code(FunctionCode::builder().zip_file(Blob::new(fs::read(&zip).unwrap())).build())
                .send()
                .await
                .unwrap();
            client.create_alias().function_name("fn").name("live").function_version("1").send().await.unwrap();
        });
    }

    /// Lets `fn` run so often at once; 0 throttles every call.
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
            .endpoint_url(&self.url)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        let client = aws_sdk_lambda::Client::from_conf(config);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(call(client));
    }
}

/// What the product makes of every way a real function can end.
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
fn a_runbook_against_ministack_sees_every_ending_of_a_real_function() {
    let folder = tempfile::tempdir().unwrap();
    let Some(stack) = MiniStack::start(folder.path()) else { return };
    let runbook = folder.path().join("everything.yaml");
    fs::write(&runbook, RUNBOOK).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_runwright"))
        .arg("run")
        .arg(&runbook)
        .args(["--endpoint-url", &stack.url, "--region", "us-east-1", "--output", "json", "--retry-delay", "10ms"])
        .env_clear()
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
                ["slow", "Failed", 1, "200", "Function", "Sandbox.Timedout", "Task timed out after 2.00 seconds"],
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
fn a_throttle_of_ministack_is_waited_out_within_the_window() {
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
        .args(["--endpoint-url", &stack.url, "--region", "us-east-1", "--output", "jsonl"])
        .env_clear()
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
