//! Connection faults to Lambda, with real sockets and the built program: each fault has its class, reports whether the
//! function may have run, and costs exactly one request for each attempt in the events.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

/// The behaviour of the server for a request.
#[derive(Debug, Clone)]
enum Fault {
    /// Closes without reading.
    Close,
    /// Reads the request and closes without a response.
    ReadAndClose,
    /// Responds with these bytes and closes.
    Answer(Vec<u8>),
    /// Responds with these bytes and then stays silent until the client disconnects.
    AnswerAndHang(Vec<u8>),
    /// Responds with the first bytes, then repeats the others until the client disconnects.
    Flood(Vec<u8>, Vec<u8>),
    /// Responds to the first request of a connection with these bytes, reads a second one and closes.
    AnswerOnce(Vec<u8>),
    /// Sends these bytes without waiting for a request.
    AnswerUnread(Vec<u8>),
}

fn answer(text: &str) -> Fault {
    Fault::Answer(text.as_bytes().to_vec())
}

/// A server with the same fault on every connection, which counts connections and complete requests.
struct Server {
    url: String,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

impl Server {
    fn start(fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let requests = Arc::new(AtomicUsize::new(0));
        let (opened, read) = (Arc::clone(&connections), Arc::clone(&requests));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                opened.fetch_add(1, Ordering::SeqCst);
                let (fault, read) = (fault.clone(), Arc::clone(&read));
                // A client that disconnects makes writing fail; some tests are about that.
                std::thread::spawn(move || drop(serve(stream.unwrap(), &fault, &read)));
            }
        });
        Self { url, connections, requests }
    }
}

fn serve(mut stream: TcpStream, fault: &Fault, requests: &AtomicUsize) -> std::io::Result<()> {
    match fault {
        Fault::Close => return Ok(()),
        Fault::AnswerUnread(bytes) => {
            stream.write_all(bytes)?;
            stream.shutdown(Shutdown::Write)?;
            return stream.read_to_end(&mut Vec::new()).map(drop);
        }
        _ => read_request(&mut stream, requests)?,
    }
    match fault {
        Fault::Close | Fault::AnswerUnread(_) | Fault::ReadAndClose => Ok(()),
        Fault::AnswerOnce(bytes) => {
            stream.write_all(bytes)?;
            read_request(&mut stream, requests)
        }
        Fault::Answer(bytes) => {
            stream.write_all(&announcing_close(bytes))?;
            stream.shutdown(Shutdown::Write)?;
            stream.read_to_end(&mut Vec::new()).map(drop)
        }
        Fault::AnswerAndHang(bytes) => {
            stream.write_all(bytes)?;
            stream.read_to_end(&mut Vec::new()).map(drop)
        }
        Fault::Flood(head, again) => {
            stream.write_all(head)?;
            loop {
                stream.write_all(again)?;
            }
        }
    }
}

/// Adds `Connection: close` to a response: otherwise the client may send its next request before it learns that the
/// connection is closed.
fn announcing_close(response: &[u8]) -> Vec<u8> {
    match response.windows(2).position(|bytes| bytes == b"\r\n") {
        Some(end) => [&response[..end], b"\r\nConnection: close", &response[end..]].concat(),
        None => response.to_vec(),
    }
}

/// Reads the head of a request and the body that its `Content-Length` announces.
fn read_request(stream: &mut TcpStream, requests: &AtomicUsize) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        request.push(byte[0]);
    }
    let head = String::from_utf8(request).unwrap().to_ascii_lowercase();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |it| it.parse().unwrap());
    stream.read_exact(&mut vec![0; length])?;
    requests.fetch_add(1, Ordering::SeqCst);
    Ok(())
}

/// The minimal step of these tests.
const STEP: &str = "name: a, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: f}";

/// Every event of a run of `steps` against `url`, and the exit code.
fn run(url: &str, steps: &str) -> (Vec<Value>, Option<i32>) {
    run_with(Some(url), steps, &[])
}

fn run_with(url: Option<&str>, steps: &str, environment: &[(&str, &str)]) -> (Vec<Value>, Option<i32>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("faults.yaml");
    std::fs::write(&file, format!("schemaVersion: '0.3'\nmainSteps: [{steps}]\n")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_runwright"))
        .arg("run")
        .arg(&file)
        .args(["--region", "us-east-1", "--output", "jsonl", "--quiet", "--retry-delay", "0", "--throttle-window", "0"])
        .args(["--poll-interval", "10ms"])
        .args(url.into_iter().flat_map(|url| ["--endpoint-url", url]))
        .env_clear()
        .env("HOME", folder.path())
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let events = String::from_utf8(output.stdout).unwrap();
    (events.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), output.status.code())
}

/// Outcome, class, progress and HTTP status of each attempt.
fn attempts(events: &[Value]) -> Vec<Value> {
    let ended = events.iter().filter(|event| event["event"] == "AttemptEnded");
    ended
        .map(|event| {
            let outcome = &event["outcome"];
            let cause = &outcome["failure"]["cause"];
            json!([outcome["outcome"], cause["class"], cause["progress"], cause["http_status"]])
        })
        .collect()
}

/// Runs a step with `tries` attempts. Returns outcome, class, progress and HTTP status of every attempt, the number of
/// connections and requests, and the exit code.
fn run_against_fault(fault: Fault, tries: u32) -> (Vec<Value>, usize, usize, Option<i32>) {
    // Only a server that stays silent is waited for.
    let timeout = if matches!(fault, Fault::AnswerAndHang(_)) { 1 } else { 60 };
    let server = Server::start(fault);
    let (events, code) = run(&server.url, &format!("{{{STEP}, maxAttempts: {tries}, timeoutSeconds: {timeout}}}"));
    (attempts(&events), server.connections.load(Ordering::SeqCst), server.requests.load(Ordering::SeqCst), code)
}

#[test]
fn every_connection_fault_has_its_class_and_one_request_per_attempt() {
    let broke = json!(["Failed", "Transient", "MayHaveRun", null]);
    let cut = |status: u16| json!(["Failed", "Response", "MayHaveRun", status]);
    let not_json = json!(["Failed", "Response", "Ran", 200]);
    let broken = |status: u16| json!(["Failed", "Transient", "MayHaveRun", status]);
    let failed = json!(["Failed", "Function", "Ran", 200]);
    let throttled = json!(["Failed", "Throttled", "NotRun", 429]);
    let redirected = json!(["Failed", "Setup", "NotRun", 301]);
    let rows = [
        ("closes after the request", Fault::ReadAndClose, &broke),
        ("is no web server", answer("SSH-2.0-OpenSSH_9.6\r\n\r\n"), &broke),
        ("cuts the head", answer("HTTP/1.1 200 OK\r\nContent-Le"), &broke),
        ("promises an answer and closes", answer("HTTP/1.1 100 Continue\r\n\r\n"), &broke),
        ("gives two lengths", answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"), &broke),
        ("cuts the body", answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":"), &cut(200)),
        ("cuts a chunk", answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n"), &cut(200)),
        (
            "cuts the body of an error",
            answer("HTTP/1.1 500 Oh\r\nx-amzn-errortype: ServiceException\r\nContent-Length: 100\r\n\r\n{\"Mes"),
            &cut(500),
        ),
        (
            "has a header that is no text",
            Fault::Answer(b"HTTP/1.1 200 OK\r\nx-amz-log-result: \xff\xfe\r\nContent-Length: 2\r\n\r\n{}".to_vec()),
            &cut(200),
        ),
        (
            "never stops sending",
            Fault::Flood(b"HTTP/1.1 200 OK\r\n\r\n\"".to_vec(), vec![b' '; 1024 * 1024]),
            &cut(200),
        ),
        (
            "returns what is no UTF-8",
            Fault::Answer(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\"\xff\xfe\"".to_vec()),
            &not_json,
        ),
        (
            "names an error and gives no body",
            answer("HTTP/1.1 200 OK\r\nx-amz-function-error: Unhandled\r\nContent-Length: 0\r\n\r\n"),
            &failed,
        ),
        (
            "names an error that nobody knows",
            answer("HTTP/1.1 200 OK\r\nx-amz-function-error: Sulking\r\nContent-Length: 2\r\n\r\n{}"),
            &failed,
        ),
        (
            "names an error with an empty name",
            answer("HTTP/1.1 200 OK\r\nx-amz-function-error: \r\nContent-Length: 2\r\n\r\n{}"),
            &failed,
        ),
        (
            "has a log that is no base64",
            answer(
                "HTTP/1.1 200 OK\r\nx-amz-function-error: Handled\r\nx-amz-log-result: %\r\nContent-Length: 2\r\n\r\n{}",
            ),
            &failed,
        ),
        (
            "has a fault of its own",
            answer("HTTP/1.1 500 Oh\r\nx-amzn-errortype: ServiceException\r\nContent-Length: 2\r\n\r\n{}"),
            &broken(500),
        ),
        (
            "has a passing fault behind it",
            answer("HTTP/1.1 502 Oh\r\nx-amzn-errortype: ResourceNotReadyException\r\nContent-Length: 2\r\n\r\n{}"),
            &json!(["Failed", "Transient", "NotRun", 502]),
        ),
        (
            "has a lasting fault behind it",
            answer("HTTP/1.1 502 Oh\r\nx-amzn-errortype: KMSDisabledException\r\nContent-Length: 2\r\n\r\n{}"),
            &json!(["Failed", "Configuration", "NotRun", 502]),
        ),
        ("is a proxy that finds nobody", answer("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"), &broken(503)),
        (
            "asks for patience",
            answer(
                "HTTP/1.1 429 Slow\r\nx-amzn-errortype: TooManyRequestsException\r\nRetry-After: 0\r\nContent-Length: 2\r\n\r\n{}",
            ),
            &throttled,
        ),
        (
            "returns more than a step takes",
            answer(&format!("HTTP/1.1 200 OK\r\nContent-Length: 7000002\r\n\r\n\"{}\"", "x".repeat(7_000_000))),
            &not_json,
        ),
        ("throttles without a name", answer("HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n"), &throttled),
        (
            "sends elsewhere",
            answer("HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
            &redirected,
        ),
    ];
    for (what, fault, attempt) in rows {
        assert_eq!(run_against_fault(fault, 2), (vec![attempt.clone(); 2], 2, 2, Some(1)), "a server that {what}");
    }
}

/// A call of each kind of protocol.
const API_STEPS: [(&str, &str); 4] = [
    ("JSON", "Service: dynamodb, Api: ListTables"),
    ("REST with JSON", "Service: eks, Api: ListClusters"),
    ("queries", "Service: ec2, Api: DescribeVolumes"),
    ("REST with XML", "Service: s3, Api: ListBuckets"),
];

#[test]
fn every_fault_of_an_api_call_has_its_class_and_one_request_per_attempt() {
    let broke = json!(["Failed", "Transient", "MayHaveRun", null]);
    let unreadable = |status: u16| json!(["Failed", "Response", "MayHaveRun", status]);
    let transient = |status: u16| json!(["Failed", "Transient", "MayHaveRun", status]);
    let rows = [
        ("closes after the request", Fault::ReadAndClose, &broke),
        ("cuts the head", answer("HTTP/1.1 200 OK\r\nContent-Le"), &broke),
        ("cuts the body", answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":"), &transient(200)),
        (
            "cuts a chunk",
            answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<List\r\n"),
            &transient(200),
        ),
        ("cuts the body of an error", answer("HTTP/1.1 500 Oh\r\nContent-Length: 100\r\n\r\n<Err"), &transient(500)),
        (
            "never stops sending",
            Fault::Flood(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b' '; 1024 * 1024]),
            &unreadable(200),
        ),
        (
            "sends more than a step takes",
            answer(&format!("HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n{}", " ".repeat(20_000_000))),
            &unreadable(200),
        ),
        (
            "is a web page",
            answer("HTTP/1.1 200 OK\r\nContent-Length: 46\r\n\r\n<!DOCTYPE html><html><p>Sign in<br></p></html>"),
            &unreadable(200),
        ),
        (
            "returns what is no UTF-8",
            Fault::Answer(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<\xff\xfe>".to_vec()),
            &unreadable(200),
        ),
        ("is a proxy that finds nobody", answer("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"), &transient(503)),
    ];
    let mut wrong = Vec::new();
    for (what, fault, attempt) in rows {
        for (protocol, call) in API_STEPS {
            let server = Server::start(fault.clone());
            let step = format!("{{name: a, action: 'aws:executeAwsApi', maxAttempts: 2, inputs: {{{call}}}}}");
            let (events, code) = run(&server.url, &step);
            let found = (attempts(&events), server.requests.load(Ordering::SeqCst), code);
            if found != (vec![attempt.clone(); 2], 2, Some(1)) {
                wrong.push(format!("a server of {protocol} that {what}: {found:?}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn wait_for_a_property_polls_again_after_a_cut_reply() {
    let server = Server::start(answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<Desc"));
    let wait = "{name: a, action: 'aws:waitForAwsResourceProperty', timeoutSeconds: 3, inputs: {Service: ec2, Api: \
                DescribeVolumes, PropertySelector: $.Volumes, DesiredValues: [x]}}";
    let (events, code) = run(&server.url, wait);
    let seen = events.iter().find(|event| event["event"] == "AttemptObserved").unwrap();
    let found = (&seen["observed"], attempts(&events), server.requests.load(Ordering::SeqCst) > 1, code);
    let timed_out = vec![json!(["TimedOut", "Timeout", "MayHaveRun", null])];
    assert_eq!(found, (&json!({"Error": "connection error"}), timed_out, true, Some(4)));
}

#[test]
fn connection_closed_at_once_may_have_run_the_function() {
    // Connections are not counted: the client replaces one that closes before a request is written, which sends
    // nothing.
    let (attempts, _, _, code) = run_against_fault(Fault::Close, 2);
    assert_eq!((attempts, code), (vec![json!(["Failed", "Transient", "MayHaveRun", null]); 2], Some(1)));
}

#[test]
fn silent_or_stalled_response_is_abandoned_at_the_deadline() {
    let stalled = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_vec();
    for fault in [Fault::AnswerAndHang(Vec::new()), Fault::AnswerAndHang(stalled)] {
        assert_eq!(
            run_against_fault(fault, 1),
            (vec![json!(["TimedOut", "Timeout", "MayHaveRun", null])], 1, 1, Some(4))
        );
    }
}

#[test]
fn empty_response_is_a_null_result() {
    for head in ["200 OK\r\nContent-Length: 0", "200 OK\r\nConnection: close"] {
        let server = Server::start(answer(&format!("HTTP/1.1 {head}\r\n\r\n")));
        let (events, code) = run(&server.url, &format!("{{{STEP}}}"));
        let ended = events.iter().find(|event| event["event"] == "StepEnded").unwrap();
        assert_eq!(
            (&ended["outputs"], &ended["document"], code),
            (&json!({"StatusCode": 200, "Payload": "null"}), &Value::Null, Some(0))
        );
    }
}

#[test]
fn unreachable_endpoint_reports_that_nothing_ran() {
    // Bound and released: nothing listens there.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let plain = Server::start(Fault::AnswerUnread(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()));
    for url in [format!("http://{free}"), plain.url.replace("http:", "https:")] {
        let (events, code) = run(&url, &format!("{{{STEP}, maxAttempts: 2}}"));
        assert_eq!(
            (attempts(&events), code),
            (vec![json!(["Failed", "Transient", "NotRun", null]); 2], Some(1)),
            "{url}"
        );
    }
}

#[test]
fn invalid_endpoint_url_is_rejected_before_any_request() {
    let (events, code) = run_with(None, &format!("{{{STEP}}}"), &[("AWS_ENDPOINT_URL_LAMBDA", "http://exa mple")]);
    let message =
        &events.iter().find(|event| event["event"] == "AttemptEnded").unwrap()["outcome"]["failure"]["message"];
    assert_eq!((attempts(&events), code), (vec![json!(["Failed", "Setup", "NotRun", null])], Some(1)));
    assert_eq!(
        message,
        "Function f was not invoked. The address of the endpoint cannot be used: endpoint is not a valid URI: invalid uri character"
    );
}

#[test]
fn broken_keep_alive_connection_is_not_retried_silently() {
    let server = Server::start(Fault::AnswerOnce(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_vec()));
    let second = STEP.replace("name: a", "name: b");
    let (events, code) = run(&server.url, &format!("{{{STEP}}}, {{{second}}}"));
    assert_eq!(
        (attempts(&events), server.connections.load(Ordering::SeqCst), server.requests.load(Ordering::SeqCst), code),
        (
            vec![json!(["Succeeded", null, null, null]), json!(["Failed", "Transient", "MayHaveRun", null])],
            1,
            2,
            Some(1)
        )
    );
}
