//! The built program against third-party servers (emulators of Lambda and of AWS), clients and runtime clients.
//!
//! The tests install them, in pinned versions, below the target folder; they listen on this machine only. Without
//! Python, Node.js or their registry the tests are skipped with a message; with `RUNWRIGHT_REQUIRE_PEERS=1` (as in
//! `.ci/run`) they fail.

mod aws_api;
mod clients;
mod install;
mod ministack;
mod moto;
mod runtime_interface_emulator;
mod serverless_offline;
mod servers;
mod shorthand;

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

pub(crate) use install::{boto3_python, botocore_python, botocore_wheel, faketime, script_wheels};
use install::{node, python};

/// A Python handler whose event selects its behaviour.
const HANDLER: &str = include_str!("app.py");

/// The number of polls for a server's port, and the delay between them: a minute, far more than any needs.
const LOOKS: u32 = 3_000;
const PAUSE: Duration = Duration::from_millis(20);

/// A running server in a process group of its own; ended when dropped.
struct Peer {
    process: Child,
    url: String,
}

impl Peer {
    /// Starts it without the caller's environment, and waits until its log contains `ready`, or until its port accepts
    /// connections if there is no such text.
    fn start(command: &mut Command, folder: &Path, port: u16, ready: Option<&str>) -> Self {
        let log = folder.join("server.log");
        let file = File::create(&log).unwrap();
        let process = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .current_dir(folder)
            .process_group(0)
            .spawn()
            .unwrap();
        let mut peer = Self { process, url: format!("http://127.0.0.1:{port}") };
        for _ in 0..LOOKS {
            let said = fs::read_to_string(&log).unwrap_or_default();
            let is_ready = match ready {
                Some(words) => said.contains(words),
                None => TcpStream::connect(("127.0.0.1", port)).is_ok(),
            };
            if is_ready {
                return peer;
            }
            let ended = peer.process.try_wait().unwrap();
            assert!(ended.is_none(), "the server ended: {ended:?} {said}");
            std::thread::park_timeout(PAUSE);
        }
        panic!("the server does not respond: {}", fs::read_to_string(&log).unwrap());
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // The process group: some servers run functions in processes of their own.
        let group = format!("-{}", self.process.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.process.wait();
    }
}

/// Writes the handler with a `bootstrap` that runs it behind AWS's own runtime client.
fn write_package(python: &Path, folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("app.py"), HANDLER).unwrap();
    let interpreter = python.join("bin/python");
    let script =
        format!("#!/bin/sh\ncd \"$(dirname \"$0\")\" && exec {} -m awslambdaric app.handler\n", interpreter.display());
    fs::write(folder.join("bootstrap"), script).unwrap();
    crate::local::make_executable(&folder.join("bootstrap"));
}

/// An environment without the caller's variables, except a search path for programs.
fn bare(program: &Path, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", home);
    command
}

/// A port that nothing listens on.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Runs a runbook against an endpoint; returns the exit code, the execution, and the standard error.
fn run(runbook: &str, folder: &Path, url: &str) -> (Option<i32>, Value, String) {
    let file = folder.join("runbook.yaml");
    fs::write(&file, runbook).unwrap();
    let output = bare(Path::new(env!("CARGO_BIN_EXE_runwright")), folder)
        .arg("run")
        .arg(&file)
        .args(["--endpoint-url", url, "--region", "us-east-1", "--output", "json", "--retry-delay", "10ms"])
        .args(["--throttle-window", "0s", "--max-result-size", "none"])
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let execution = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    (output.status.code(), execution, said)
}

/// A runbook of steps with `onFailure: Continue`: name, inputs after the function name.
fn steps_on(function: &str, steps: &[(&str, &str)]) -> String {
    let head = "schemaVersion: '0.3'\nmainSteps:\n".to_owned();
    steps.iter().fold(head, |text, (name, inputs)| {
        let function = if inputs.contains("FunctionName") { String::new() } else { format!("FunctionName: {function}, ") };
        text + &format!(
            "  - {{name: {name}, action: 'aws:invokeLambdaFunction', onFailure: Continue, inputs: {{{function}{inputs}}}}}\n"
        )
    })
}

/// The details of each step of an execution, a row each, with unstable values masked.
fn rows(execution: &Value) -> Vec<Value> {
    let steps = execution["StepExecutions"].as_array().unwrap().iter();
    let rows = steps.map(|step| {
        let details = &step["FailureDetails"]["Details"];
        let row = json!([
            step["StepName"],
            step["StepStatus"],
            step["Outputs"]["StatusCode"][0],
            step["Outputs"]["FunctionError"][0],
            step["Outputs"]["ExecutedVersion"][0],
            details["ErrorClass"][0],
            details["ErrorCode"][0],
            step["FailureMessage"],
            step["Notice"],
        ]);
        serde_json::from_str(&crate::local::mask(&row.to_string())).unwrap()
    });
    rows.collect()
}
