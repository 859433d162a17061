//! A runtime for programs without Lambda support: it starts the program for each event.
//!
//! | | |
//! |---|---|
//! | standard input | the event, JSON |
//! | standard output | the result, JSON; nothing means `null` |
//! | standard error | the log |
//! | exit status 0 | success |
//! | another exit status | an error: the object with `errorType` or `errorMessage` on standard output if there is one, else type `ExitError` and the last line of standard error |
//!
//! The context is in the environment: `AWS_REQUEST_ID`, `LAMBDA_DEADLINE_MS`, `LAMBDA_INVOKED_FUNCTION_ARN`,
//! `LAMBDA_CLIENT_CONTEXT`, `_X_AMZN_TRACE_ID`, beside all that Lambda sets.

use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::process::{ExitStatus, Stdio};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::Command;

use super::environment::BOOTSTRAP_RUNTIME_API;
use crate::limits;

const ROOT: &str = "/2018-06-01/runtime";

/// Why the loop ended.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// Not started by Lambda, nor by local functions.
    #[error(
        "AWS_LAMBDA_RUNTIME_API is not set: `functions bootstrap` runs inside a Lambda function, as its `bootstrap`"
    )]
    NoRuntimeApi,
    /// The Runtime API closed the connection: the execution environment has ended.
    #[error("the Runtime API at {address} cannot be reached: {reason}")]
    RuntimeApi {
        /// `host:port`.
        address: String,
        /// What happened.
        reason: String,
    },
}

/// Requests events from the Runtime API and runs `program` for each. Returns only when the Runtime API ends.
pub async fn run_program(program: &OsStr, arguments: &[OsString]) -> Result<Infallible, BootstrapError> {
    let variables = [BOOTSTRAP_RUNTIME_API, "AWS_LAMBDA_RUNTIME_API"];
    let address = variables.iter().find_map(|name| std::env::var(name).ok()).ok_or(BootstrapError::NoRuntimeApi)?;
    let (address, prefix) = address.split_at(address.find('/').unwrap_or(address.len()));
    let root = format!("{prefix}{ROOT}");
    let mut client = Client::connect(address).await?;
    loop {
        let event = client.request(Method::GET, &format!("{root}/invocation/next"), Bytes::new()).await?;
        if event.status() != StatusCode::OK {
            return Err(client.failed(format!("it answered {} to the request for an event", event.status())));
        }
        let (parts, payload) = event.into_parts();
        let id = header(&parts.headers, "lambda-runtime-aws-request-id").unwrap_or_default();
        let result = run_once(program, arguments, &parts.headers, payload).await;
        let (kind, body) = match result {
            Ok(reply) => ("response", reply),
            Err(document) => ("error", document.to_string().into()),
        };
        // The Runtime API itself has reported a 413 to the caller; other refusals have no remedy here either.
        client.request(Method::POST, &format!("{root}/invocation/{id}/{kind}"), body).await?;
    }
}

/// The reply, or an error document.
async fn run_once(program: &OsStr, arguments: &[OsString], headers: &HeaderMap, payload: Bytes) -> Result<Bytes, Json> {
    let name = program.to_string_lossy();
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    // Only this client may know its path: the output of the program is logged.
    command.env_remove(BOOTSTRAP_RUNTIME_API);
    for (variable, member) in [
        ("AWS_REQUEST_ID", "lambda-runtime-aws-request-id"),
        ("LAMBDA_DEADLINE_MS", "lambda-runtime-deadline-ms"),
        ("LAMBDA_INVOKED_FUNCTION_ARN", "lambda-runtime-invoked-function-arn"),
        ("LAMBDA_CLIENT_CONTEXT", "lambda-runtime-client-context"),
        ("_X_AMZN_TRACE_ID", "lambda-runtime-trace-id"),
    ] {
        if let Some(value) = header(headers, member) {
            command.env(variable, value);
        }
    }
    let failed = |error: std::io::Error| error_document("Runtime.InvalidEntrypoint", &format!("{name}: {error}"));
    let mut child = command.spawn().map_err(failed)?;
    let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feed = async move {
        if let Some(mut input) = input {
            // A program need not read its event; it may have closed the pipe.
            let _ = input.write_all(&payload).await;
            let _ = input.shutdown().await;
        }
    };
    let read = async {
        let mut reply = Vec::new();
        if let Some(output) = output {
            let most = limits::PROGRAM_OUTPUT_BYTES as u64 + 1;
            // Output that was read before an error is used.
            let _ = output.take(most).read_to_end(&mut reply).await;
        }
        reply
    };
    let log = pass_on(errors);
    let ((), reply, last_line) = tokio::join!(feed, read, log);
    if reply.len() > limits::PROGRAM_OUTPUT_BYTES {
        // Dropping the child kills it.
        let message = format!("{name} wrote more than {} bytes to standard output", limits::PROGRAM_OUTPUT_BYTES);
        return Err(error_document("Function.ResponseSizeTooLarge", &message));
    }
    let status = child.wait().await.map_err(failed)?;
    conclude(&name, status, &reply, &last_line)
}

fn conclude(name: &str, status: ExitStatus, reply: &[u8], last_line: &str) -> Result<Bytes, Json> {
    let text = reply.trim_ascii();
    let parsed = serde_json::from_slice::<Json>(text);
    if status.success() {
        return match parsed {
            _ if text.is_empty() => Ok(Bytes::from_static(b"null")),
            Ok(_) => Ok(Bytes::copy_from_slice(text)),
            Err(error) => {
                let message = format!("Unable to use the output of {name} as a result: it is not JSON ({error})");
                Err(error_document("Runtime.MarshalError", &message))
            }
        };
    }
    let message = if last_line.is_empty() { format!("{name} ended with {status}") } else { last_line.to_owned() };
    match parsed {
        Ok(Json::Object(mut document))
            if document.contains_key("errorType") || document.contains_key("errorMessage") =>
        {
            document.entry("errorType").or_insert_with(|| json!("ExitError"));
            document.entry("errorMessage").or_insert_with(|| json!(message));
            Err(Json::Object(document))
        }
        _ => Err(error_document("ExitError", &message)),
    }
}

/// Copies the program's standard error to our own, and keeps its last line that is not empty.
async fn pass_on(errors: Option<tokio::process::ChildStderr>) -> String {
    let Some(mut errors) = errors else { return String::new() };
    let mut own = tokio::io::stderr();
    let mut tail: Vec<u8> = Vec::new();
    let mut buffer = [0_u8; limits::LOG_READ_BYTES];
    while let Ok(count @ 1..) = errors.read(&mut buffer).await {
        let piece = buffer.get(..count).unwrap_or_default();
        // The program continues when nothing reads the log.
        let _ = own.write_all(piece).await;
        let _ = own.flush().await;
        tail.extend_from_slice(piece);
        tail.drain(..tail.len().saturating_sub(limits::LOG_TAIL_BYTES));
    }
    let text = String::from_utf8_lossy(&tail);
    text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned()
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn error_document(kind: &str, message: &str) -> Json {
    json!({ "errorType": kind, "errorMessage": message })
}

/// One kept-alive connection to the Runtime API.
struct Client {
    address: String,
    sender: SendRequest<Full<Bytes>>,
}

impl Client {
    async fn connect(address: &str) -> Result<Self, BootstrapError> {
        let failed = |reason: String| BootstrapError::RuntimeApi { address: address.to_owned(), reason };
        let stream = TcpStream::connect(address).await.map_err(|error| failed(error.to_string()))?;
        let _ = stream.set_nodelay(true);
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| failed(error.to_string()))?;
        // It ends with the sender, which returns its error.
        tokio::spawn(connection);
        Ok(Self { address: address.to_owned(), sender })
    }

    fn failed(&self, reason: String) -> BootstrapError {
        BootstrapError::RuntimeApi { address: self.address.clone(), reason }
    }

    async fn request(&mut self, method: Method, path: &str, body: Bytes) -> Result<Response<Bytes>, BootstrapError> {
        if self.sender.ready().await.is_err() {
            *self = Self::connect(&self.address).await?;
        }
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.address)
            .header("content-type", "application/json")
            .body(Full::new(body))
            .map_err(|error| self.failed(error.to_string()))?;
        let response = self
            .sender
            .send_request(request)
            .await
            .map_err(|error| BootstrapError::RuntimeApi { address: self.address.clone(), reason: error.to_string() })?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| self.failed(error.to_string()))?;
        Ok(Response::from_parts(parts, body.to_bytes()))
    }
}
