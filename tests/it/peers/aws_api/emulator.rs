//! An emulator of AWS, what the Python SDK sees of it, and runs of the built program against it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};

use crate::peers::install::{boto3_python, botocore_python, python};
use crate::peers::servers::{start_ministack, start_moto};
use crate::peers::{Peer, bare};

/// An emulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Moto,
    MiniStack,
}

/// A running emulator, with a folder for its files.
pub(super) struct Emulator {
    kind: Kind,
    peer: Peer,
    boto3: PathBuf,
    sdk: PathBuf,
    folder: tempfile::TempDir,
}

/// The end of an execution.
pub(super) struct Ended {
    /// The exit code.
    pub(super) status: Option<i32>,
    /// The execution as JSON.
    pub(super) execution: Value,
    /// Standard error.
    pub(super) said: String,
}

impl Emulator {
    /// Starts it; none if it is unavailable here.
    pub(super) fn start(kind: Kind) -> Option<Self> {
        let (python, boto3, sdk) = (python()?, boto3_python()?, botocore_python()?);
        let folder = tempfile::tempdir().unwrap();
        let peer = match kind {
            Kind::Moto => start_moto(python, folder.path()),
            Kind::MiniStack => start_ministack(python, folder.path()),
        };
        Some(Self { kind, peer, boto3, sdk, folder })
    }

    /// A Python with boto3.
    pub(super) fn boto3(&self) -> &Path {
        &self.boto3
    }

    pub(super) fn url(&self) -> &str {
        &self.peer.url
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a script with the Python SDK in the release that the models of the program are from; returns the JSON that
    /// it prints.
    pub(super) fn sdk(&self, script: &str) -> Value {
        let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/peers/aws_api");
        let kind = match self.kind {
            Kind::Moto => "moto",
            Kind::MiniStack => "ministack",
        };
        let output = bare(&self.sdk, self.folder())
            .args(["-c", script])
            .envs([("SERVER", self.url()), ("KIND", kind), ("TZ", "UTC"), ("PYTHONDONTWRITEBYTECODE", "1")])
            .env("PYTHONPATH", modules)
            .output()
            .unwrap();
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Runs a runbook; waits poll quickly.
    pub(super) fn run(&self, runbook: &str, arguments: &[&str]) -> Ended {
        let file = self.folder().join("runbook.yaml");
        fs::write(&file, runbook).unwrap();
        self.run_file(&file, arguments)
    }

    /// Runs the runbook in a file; waits poll quickly.
    pub(super) fn run_file(&self, file: &Path, arguments: &[&str]) -> Ended {
        self.run_file_with(file, arguments, &[])
    }

    /// Likewise, with further variables.
    pub(super) fn run_file_with(&self, file: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
        let fixed = ["--output", "json", "--poll-interval", "50ms", "--retry-delay", "10ms", "--region", "us-east-1"];
        let start = [OsStr::new("run"), file.as_os_str()];
        let arguments = start.into_iter().chain(fixed.iter().chain(arguments).map(OsStr::new));
        let output = self.program_with(arguments, variables);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let execution = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
        Ended { status: output.status.code(), execution, said }
    }

    /// Runs the program with the emulator as the endpoint of all services.
    pub(super) fn program(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Output {
        self.program_with(arguments, &[])
    }

    /// Likewise, with further variables.
    pub(super) fn program_with(
        &self,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
        variables: &[(&str, &str)],
    ) -> Output {
        bare(Path::new(env!("CARGO_BIN_EXE_runwright")), self.folder())
            .args(arguments)
            .env("AWS_ENDPOINT_URL", self.url())
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(variables.iter().copied())
            .current_dir(self.folder())
            .output()
            .unwrap()
    }
}

impl Ended {
    /// The exit code, the status, and each step with its status.
    pub(super) fn outcome(&self) -> Value {
        let steps = self.steps().iter().map(|step| json!([step["StepName"], step["StepStatus"]]));
        json!([self.status, self.execution["AutomationExecutionStatus"], steps.collect::<Vec<_>>()])
    }

    pub(super) fn steps(&self) -> &[Value] {
        self.execution["StepExecutions"].as_array().unwrap()
    }
}

/// A step that calls an operation, and is continued after a failure.
pub(super) fn api_step(name: &str, service: &str, api: &str, parameters: &Value) -> Value {
    let mut inputs = parameters.as_object().unwrap().clone();
    inputs.insert("Service".to_owned(), json!(service));
    inputs.insert("Api".to_owned(), json!(api));
    json!({"name": name, "action": "aws:executeAwsApi", "onFailure": "Continue", "inputs": inputs})
}

/// A runbook of steps.
pub(super) fn runbook(steps: &[Value]) -> String {
    json!({"schemaVersion": "0.3", "mainSteps": steps}).to_string()
}
