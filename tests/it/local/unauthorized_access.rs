//! Access to the events of local functions: processes of other users never have it, others of the same user need the
//! path. All tests use the built program, with real processes of another user if they run as root.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command};

use super::{has, make_executable};
use crate::harness::Situation;

/// `nobody`, on every Linux.
const ANOTHER_USER: u32 = 65534;

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {CodeUri: code, Timeout: 60, Handler: handler.handler}}
Resources:
  program:
    Type: AWS::Serverless::Function
    Properties: {Runtime: provided.al2023}
  python:
    Type: AWS::Serverless::Function
    Properties: {Runtime: python3.12}
";

/// Writes the address of its Runtime API, and requests its event only when there is a file `open`.
const BOOTSTRAP: &str = r#"#!/bin/sh
printf '%s' "$AWS_LAMBDA_RUNTIME_API" > address.new; mv address.new address
until [ -e open ]; do [ -e address ] || exit 1; sleep 0.01; done
exec "$RUNWRIGHT" functions bootstrap sh ./handler.sh
"#;

/// Writes the id of its request, and responds when there is a file `reply`.
const HANDLER: &str = r#"
cat > event; printf '%s' "$AWS_REQUEST_ID" > id.new; mv id.new id
until [ -e reply ]; do [ -e id ] || exit 1; sleep 0.01; done
echo '"its own answer"'
"#;

const PYTHON: &str = r#"
import os, time
def publish(name, text):
    with open(name + ".new", "w") as file:
        file.write(text)
    os.rename(name + ".new", name)
def handler(event, context):
    publish("address", os.environ["AWS_LAMBDA_RUNTIME_API"])
    publish("id", context.aws_request_id)
    while not os.path.exists("reply"):
        os.stat("id")
        time.sleep(0.01)
    return "its own answer"
"#;

fn situation(function: &str) -> Situation {
    let situation = Situation::new()
        .file("template.yaml", TEMPLATE)
        .file("code/bootstrap", BOOTSTRAP)
        .file("code/handler.sh", HANDLER)
        .file("code/handler.py", PYTHON)
        .env("RUNWRIGHT_FUNCTIONS", "template.yaml")
        .runbook("", &[&format!("name: call, inputs: {{FunctionName: {function}}}")]);
    make_executable(&situation.path().join("code/bootstrap"));
    situation
}

/// An HTTP request as text.
fn request(method: &str, address: &str, path: &str, body: &str) -> String {
    let (host, prefix) = address.split_at(address.find('/').unwrap_or(address.len()));
    format!(
        "{method} {prefix}/2018-06-01/runtime/{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Status, and `errorType` where there is one.
fn summarize_response(answer: &str) -> String {
    let status = answer.split(' ').nth(1).unwrap_or("closed");
    let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
    let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    format!("{status} {}", body["errorType"].as_str().unwrap_or_default()).trim_end().to_owned()
}

/// Sends a request from this process.
fn send_request(address: &str, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address.split('/').next().unwrap()).unwrap();
    stream.write_all(request(method, address, path, body).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    summarize_response(&answer)
}

/// Sends a request from a process of another user.
fn send_request_as_another_user(address: &str, method: &str, path: &str, body: &str) -> String {
    let port = address.split('/').next().unwrap().rsplit(':').next().unwrap();
    let output = Command::new("bash")
        .args(["-c", r#"exec 3<>"/dev/tcp/127.0.0.1/$1"; printf %s "$2" >&3; cat <&3"#, "bash", port])
        .arg(request(method, address, path, body))
        .current_dir("/")
        .uid(ANOTHER_USER)
        .gid(ANOTHER_USER)
        .output()
        .unwrap();
    summarize_response(&String::from_utf8(output.stdout).unwrap())
}

/// Whether processes of another user can be started; prints if not.
fn can_run_as_another_user() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        eprintln!("SKIPPED: processes of another user; only root can start them");
    }
    is_root && cfg!(target_os = "linux") && has("bash")
}

fn read(situation: &Situation, file: &str) -> String {
    situation.wait_for(file);
    fs::read_to_string(situation.path().join(file)).unwrap()
}

fn touch(folder: &Path, file: &str) {
    fs::write(folder.join(file), "").unwrap();
}

/// The results of the program and its function, while unauthorized processes request the event before the function
/// does, and respond to it before the function does.
fn attempt_access(situation: &Situation, others: bool) -> Vec<(&'static str, String)> {
    let mut responses = Vec::new();
    let address = read(situation, "code/address");
    if others {
        responses.push(("another user takes", send_request_as_another_user(&address, "GET", "invocation/next", "")));
    }
    touch(situation.path(), "code/open");
    let id = read(situation, "code/id");
    let response = format!("invocation/{id}/response");
    let plain = address.split('/').next().unwrap();
    if others {
        responses
            .push(("another user answers", send_request_as_another_user(&address, "POST", &response, "\"stolen\"")));
    }
    responses.push(("without the path", send_request(plain, "GET", "invocation/next", "")));
    responses.push(("without the path", send_request(plain, "POST", &response, "\"stolen\"")));
    responses.push(("without the path", send_request(plain, "POST", &format!("invocation/{id}/error"), "{}")));
    if address != plain {
        responses.push(("with the path", send_request(&address, "GET", "invocation/next", "")));
    }
    touch(situation.path(), "code/reply");
    responses
}

fn expected(others: bool, has_path: bool) -> Vec<(&'static str, String)> {
    let other = ["another user takes", "another user answers"].map(|who| (who, "403 Forbidden".to_owned()));
    let mut expected: Vec<_> = other.into_iter().filter(|_| others).collect();
    expected.extend(std::iter::repeat_n(("without the path", "403 Forbidden".to_owned()), 3));
    if has_path {
        // The request reaches the API, which reports that an event must be answered first.
        expected.push(("with the path", "403 InvalidStateTransition".to_owned()));
    }
    expected
}

#[test]
fn invoke_denies_unauthorized_access_to_events() {
    let others = can_run_as_another_user();
    let situation = situation("program");
    let child = situation.start(&["functions", "invoke", "program"]);
    let responses = attempt_access(&situation, others);
    let outcome = situation.end(child);
    assert_eq!(
        (responses, outcome.status, &*outcome.stdout),
        (expected(others, false), Some(0), "\"its own answer\"\n")
    );
}

#[test]
fn run_denies_unauthorized_access_to_events() {
    if !has("python3") {
        return;
    }
    let others = can_run_as_another_user();
    let situation = situation("python");
    let child = situation.start(&["run", "book.yaml", "--ephemeral", "--output", "json", "--show-logs", "-vv"]);
    let responses = attempt_access(&situation, others);
    let outcome = situation.end(child);
    let result: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((responses, outcome.status), (expected(others, true), Some(0)), "{}", outcome.stderr);
    assert!(result.to_string().contains("its own answer"), "{result}");
    let address = read(&situation, "code/address");
    let (_, path) = address.split_once('/').unwrap();
    assert!(path.len() >= 32 && !outcome.stderr.contains(path), "{}", outcome.stderr);
}

#[test]
fn serve_denies_unauthorized_access_to_events() {
    let others = can_run_as_another_user();
    let situation = situation("program");
    let mut server = situation.start(&["functions", "serve", "--port", "0"]);
    let mut url = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let address = url.trim().strip_prefix("http://").unwrap().to_owned();
    let caller = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(&address).unwrap();
        let head = "POST /2015-03-31/functions/program/invocations HTTP/1.1";
        write!(stream, "{head}\r\nHost: {address}\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split("\r\n\r\n").nth(1).unwrap().to_owned()
    });
    let responses = attempt_access(&situation, others);
    let answer = caller.join().unwrap();
    end(server);
    assert_eq!((responses, &*answer), (expected(others, false), "\"its own answer\""));
}

fn end(mut server: Child) {
    assert!(Command::new("kill").args(["-INT", &server.id().to_string()]).status().unwrap().success());
    server.wait().unwrap();
}
