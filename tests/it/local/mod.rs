//! Local functions with real processes, called through the real AWS SDK and through a port.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test reports a failure by a panic")]

mod invoke_api;
mod log_limits;
mod process_cleanup;
mod processes;
mod responses;
mod runtimes;
mod unauthorized_access;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use aws_credential_types::Credentials;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::{BehaviorVersion, Region};
use aws_sdk_lambda::operation::invoke::InvokeOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::LogType;
use base64::Engine as _;
use runwright::local_lambda::{Functions, LocalLambda, Options};
use serde_json::Value;

/// A template with its files, and the functions in it.
pub(crate) struct Situation {
    directory: tempfile::TempDir,
    pub(crate) lambda: LocalLambda,
    pub(crate) client: aws_sdk_lambda::Client,
}

/// The result of an invocation, without values that differ from run to run.
#[derive(Debug, PartialEq)]
pub(crate) struct InvokeResult {
    pub(crate) status: i32,
    pub(crate) error: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) payload: Value,
}

impl Situation {
    /// Writes `template` and `files` and loads them.
    pub(crate) fn new(template: &str, files: &[(&str, &str)]) -> Self {
        Self::with(template, files, Options::default())
    }

    pub(crate) fn with(template: &str, files: &[(&str, &str)], options: Options) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("template.yaml"), template).unwrap();
        for (name, text) in files {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            if path.file_name().unwrap() == "bootstrap" {
                make_executable(&path);
            }
        }
        let functions = Functions::load(directory.path()).unwrap();
        let lambda = LocalLambda::new(functions, options);
        let client = client(&lambda);
        Self { directory, lambda, client }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Invokes a function and waits for its result.
    pub(crate) async fn invoke(&self, name: &str, payload: &Value) -> InvokeResult {
        invoke_result(&self.output(name, payload).await)
    }

    pub(crate) async fn output(&self, name: &str, payload: &Value) -> InvokeOutput {
        let call = self.client.invoke().function_name(name).log_type(LogType::Tail);
        call.payload(Blob::new(payload.to_string())).send().await.unwrap()
    }
}

pub(crate) fn client(lambda: &LocalLambda) -> aws_sdk_lambda::Client {
    let config = aws_sdk_lambda::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url("http://local.invalid")
        .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(lambda.http_client())
        .build();
    aws_sdk_lambda::Client::from_conf(config)
}

pub(crate) fn invoke_result(output: &InvokeOutput) -> InvokeResult {
    let payload = output.payload().map(|blob| String::from_utf8_lossy(blob.as_ref()).into_owned()).unwrap_or_default();
    InvokeResult {
        status: output.status_code(),
        error: output.function_error().map(ToOwned::to_owned),
        version: output.executed_version().map(ToOwned::to_owned),
        payload: serde_json::from_str(&mask(&payload)).unwrap_or(Value::String(payload)),
    }
}

/// The decoded log tail, with ids and figures masked.
pub(crate) fn log(output: &InvokeOutput) -> String {
    let encoded = output.log_result().unwrap_or_default();
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).unwrap();
    mask(&String::from_utf8(bytes).unwrap())
}

/// Masks values that differ from run to run: request ids, moments, durations, megabytes used.
pub(crate) fn mask(text: &str) -> String {
    let rules = [
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "TIME"),
        (r"Duration: [\d.]+ ms", "Duration: N ms"),
        (r"Max Memory Used: \d+ MB\t", ""),
    ];
    let mut masked = text.to_owned();
    for (pattern, with) in rules {
        let pattern = fancy_regex::Regex::new(pattern).unwrap();
        masked = pattern.replace_all(&masked, with).into_owned();
    }
    masked
}

/// Whether a program is installed; prints why the test is skipped otherwise.
pub(crate) fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("skipped: `{program}` is not installed");
    }
    found
}

/// An example program of this package; built if the test command has not done so.
pub(crate) fn example(name: &str) -> PathBuf {
    static BUILT: OnceLock<()> = OnceLock::new();
    let own = std::env::current_exe().unwrap();
    let path = own.parent().unwrap().parent().unwrap().join("examples").join(name);
    if !path.is_file() {
        BUILT.get_or_init(|| {
            let status = Command::new(env!("CARGO")).args(["build", "--examples"]).status().unwrap();
            assert!(status.success(), "the example functions do not build");
        });
    }
    path
}

pub(crate) fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Whether a process exists; one that ended and was not reaped does not count.
pub(crate) fn is_alive(pid: u32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z')
}
