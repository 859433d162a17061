//! Official clients on both sides of `runwright functions serve`: the AWS CLI and boto3 call it, and AWS's own Python
//! runtime client runs the function behind it. MiniStack runs the same function and receives the same requests.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::install::python;
use super::ministack::MiniStack;
use super::{Peer, bare, free_port, write_package};
use crate::local::mask;

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {CodeUri: code, Handler: bootstrap, Runtime: provided.al2023, Timeout: 3, MemorySize: 256}
Resources:
  fn:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: fn, AutoPublishAlias: live, Environment: {Variables: {COLOUR: green}}}
  never:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: never, ReservedConcurrentExecutions: 0}
";

/// `runwright functions serve` with the functions of the template.
fn serve(python: &Path, folder: &Path) -> Peer {
    write_package(python, &folder.join("code"));
    fs::write(folder.join("template.yaml"), TEMPLATE).unwrap();
    let port = free_port();
    let mut command = bare(Path::new(env!("CARGO_BIN_EXE_runwright")), folder);
    command.args(["functions", "serve", "--functions", "template.yaml", "--port", &port.to_string()]);
    Peer::start(&mut command, folder, port, Some("Ctrl-C stops"))
}

/// A request to every client, and the expected response.
struct Case {
    name: &'static str,
    /// The parameters of `Invoke` as boto3 takes them; the function is `fn` where none is given.
    request: Value,
    /// `[status, function error, version, payload]`, or `[error code, message]`.
    expected: Value,
    /// Whether MiniStack must respond alike.
    ministack: bool,
}

fn case(name: &'static str, request: Value, expected: Value) -> Case {
    Case { name, request, expected, ministack: true }
}

/// A case in which MiniStack deviates from Lambda, or cannot respond.
fn not_ministack(name: &'static str, request: Value, expected: Value) -> Case {
    Case { name, request, expected, ministack: false }
}

fn cases() -> Vec<Case> {
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:fn";
    let latest = |payload: Value| json!([200, null, "$LATEST", payload]);
    let failed = |payload: Value| json!([200, "Unhandled", "$LATEST", payload]);
    let raised = json!({"errorMessage": "no such host", "errorType": "ValueError", "requestId": "ID", "stackTrace": [
        "  File \"CODE/app.py\", line 15, in handler\n    raise ValueError(\"no such host\")\n"
    ]});
    let unsayable = json!({
        "errorMessage": "Unable to marshal response: Object of type Unsayable is not JSON serializable",
        "errorType": "Runtime.MarshalError", "requestId": "ID", "stackTrace": []
    });
    let context = |version: &str, arn: &str, client: Value| {
        json!([200, null, version, {"name": "fn", "version": version, "arn": arn, "memory": "256", "id": "ID",
            "in time": true, "client": client, "colour": "green"}])
    };
    let client_context = json!({"custom": {"Ünit": "7"}, "env": {"locale": "de"}, "client": {"app_title": "ops"}});
    let missing = |what: &str| {
        json!([
            "ResourceNotFoundException",
            format!("Function not found: arn:aws:lambda:us-east-1:123456789012:function:{what}")
        ])
    };
    let text = "ä".repeat(500_000);
    vec![
        case(
            "an object",
            json!({"Payload": r#"{"a": [1, {"b": null}], "c": true}"#}),
            latest(json!({"a": [1, {"b": null}], "c": true})),
        ),
        case("a text", json!({"Payload": r#""web-1""#}), latest(json!("web-1"))),
        case("null", json!({"Payload": "null"}), latest(json!(null))),
        case("a number", json!({"Payload": "12345678901234567"}), latest(json!(12_345_678_901_234_567_u64))),
        case("a fraction", json!({"Payload": "0.1"}), latest(json!(0.1))),
        case("a list", json!({"Payload": "[]"}), latest(json!([]))),
        case(
            "other alphabets",
            json!({"Payload": r#"{"Ж": "\u00e9\ud83d\ude00 日本"}"#}),
            latest(json!({"Ж": "é😀 日本"})),
        ),
        not_ministack("nothing", json!({}), latest(json!({}))),
        case("a returned text", json!({"Payload": r#"{"mode": "text"}"#}), latest(json!("plain"))),
        case("a returned null", json!({"Payload": r#"{"mode": "none"}"#}), latest(json!(null))),
        case(
            "data like an error",
            json!({"Payload": r#"{"mode": "shaped"}"#}),
            latest(json!({"errorType": "Data", "errorMessage": "of the function"})),
        ),
        case(
            "a megabyte",
            json!({"Payload": format!(r#"{{"mode": "count", "text": "{text}"}}"#)}),
            latest(json!(500_000)),
        ),
        not_ministack(
            "almost 6 MB back",
            json!({"Payload": r#"{"mode": "large"}"#}),
            latest(json!("x".repeat(6 * 1024 * 1024 - 100))),
        ),
        not_ministack(
            "more than 6 MB back",
            json!({"Payload": r#"{"mode": "too large"}"#}),
            failed(json!({
            "errorType": "Function.ResponseSizeTooLarge",
            "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes)."})),
        ),
        case("an exception", json!({"Payload": r#"{"mode": "raise"}"#}), failed(raised.clone())),
        case(
            "an exception with its log",
            json!({"Payload": r#"{"mode": "raise"}"#, "LogType": "Tail"}),
            failed(raised),
        ),
        case("a result that is not JSON", json!({"Payload": r#"{"mode": "unsayable"}"#}), failed(unsayable)),
        not_ministack(
            "an exit",
            json!({"Payload": r#"{"mode": "exit"}"#, "LogType": "Tail"}),
            failed(json!({
            "errorType": "Runtime.ExitError", "errorMessage": "RequestId: ID Error: Runtime exited with error: exit status 3"})),
        ),
        not_ministack(
            "a timeout",
            json!({"Payload": r#"{"mode": "sleep"}"#, "LogType": "Tail"}),
            failed(json!({
            "errorType": "Sandbox.Timedout", "errorMessage": "RequestId: ID Error: Task timed out after 3.00 seconds"})),
        ),
        case("a log", json!({"Payload": "{}", "LogType": "Tail"}), latest(json!({}))),
        case("no log", json!({"Payload": "{}", "LogType": "None"}), latest(json!({}))),
        not_ministack(
            "the context",
            json!({"Payload": r#"{"mode": "context"}"#}),
            context("$LATEST", arn, json!(null)),
        ),
        not_ministack(
            "the context of an alias",
            json!({"Payload": r#"{"mode": "context"}"#, "Qualifier": "live"}),
            context("1", &format!("{arn}:live"), json!(null)),
        ),
        not_ministack(
            "a client context",
            json!({"Payload": r#"{"mode": "context"}"#, "ClientContext": BASE64.encode(client_context.to_string())}),
            context("$LATEST", arn, json!([{"Ünit": "7"}, {"locale": "de"}, "ops"])),
        ),
        case("$LATEST", json!({"Payload": "1", "Qualifier": "$LATEST"}), latest(json!(1))),
        case("a version", json!({"Payload": "1", "Qualifier": "1"}), json!([200, null, "1", 1])),
        case("an alias", json!({"Payload": "1", "Qualifier": "live"}), json!([200, null, "1", 1])),
        case("an alias in the name", json!({"Payload": "1", "FunctionName": "fn:live"}), json!([200, null, "1", 1])),
        not_ministack(
            "a partial ARN",
            json!({"Payload": "1", "FunctionName": "123456789012:function:fn"}),
            latest(json!(1)),
        ),
        not_ministack("an ARN", json!({"Payload": "1", "FunctionName": arn}), latest(json!(1))),
        not_ministack(
            "an ARN with an alias",
            json!({"Payload": "1", "FunctionName": format!("{arn}:live")}),
            json!([200, null, "1", 1]),
        ),
        not_ministack("an event", json!({"Payload": "{}", "InvocationType": "Event"}), json!([202, null, null, null])),
        not_ministack(
            "a dry run",
            json!({"Payload": "{}", "InvocationType": "DryRun"}),
            json!([204, null, null, null]),
        ),
        not_ministack("no such function", json!({"Payload": "{}", "FunctionName": "nobody"}), missing("nobody")),
        not_ministack("no such alias", json!({"Payload": "{}", "Qualifier": "nowhere"}), missing("fn:nowhere")),
        not_ministack(
            "a dry run of nothing",
            json!({"Payload": "{}", "FunctionName": "nobody", "InvocationType": "DryRun"}),
            missing("nobody"),
        ),
        not_ministack(
            "no room",
            json!({"Payload": "{}", "FunctionName": "never"}),
            json!(["TooManyRequestsException", "Rate Exceeded."]),
        ),
    ]
}

/// The request with its function.
fn with_function(request: &Value) -> Value {
    let mut request = request.clone();
    request.as_object_mut().unwrap().entry("FunctionName").or_insert_with(|| json!("fn"));
    request
}

/// Masks values that differ from run to run, and the code folder.
fn mask_unstable(text: &str, code: &Path) -> String {
    // A long text has no such values, and masking it would take seconds.
    if text.len() > 100_000 {
        return text.to_owned();
    }
    let text = mask(text).replace("\tInit Duration: N ms\t", "\t");
    text.replace(&code.display().to_string(), "CODE")
}

/// `[status, error, version, payload]` and the log.
fn answer(reply: &Value, payload: &str, log: Option<&str>, code: &Path) -> Value {
    // The stack trace of a failed call has paths in it, as JSON.
    let payload =
        if payload.is_empty() { Value::Null } else { serde_json::from_str(&mask_unstable(payload, code)).unwrap() };
    json!([[reply["status"], reply["error"], reply["version"], payload], log.map(|log| mask_unstable(log, code))])
}

/// The responses to a Python client; `requests` are boto3's own parameters.
fn boto3(python: &Path, folder: &Path, url: &str, code: &Path, cases: &[Case]) -> Vec<Value> {
    let mut client = credentials(bare(&python.join("bin/python"), folder))
        .args(["-c", include_str!("client.py")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let requests: Vec<Value> = cases.iter().map(|case| with_function(&case.request)).collect();
    let asked = json!({"url": url, "requests": requests});
    client.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    let output = client.wait_with_output().unwrap();
    assert!(output.status.success());
    let replies: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let answers = replies.iter().map(|reply| match &reply["refused"] {
        Value::Null => answer(reply, reply["payload"].as_str().unwrap(), reply["log"].as_str(), code),
        refused => json!([[refused, reply["message"]], null]),
    });
    answers.collect()
}

fn credentials(mut command: Command) -> Command {
    command
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_MAX_ATTEMPTS", "1");
    command
}

/// Runs `aws lambda …`; returns its output, or the code and message of its error.
fn aws(python: &Path, folder: &Path, url: &str, arguments: &[&str]) -> Result<Value, Value> {
    let mut command = credentials(bare(&python.join("bin/aws"), folder));
    command.arg("lambda").args(arguments).args(["--endpoint-url", url, "--output", "json"]);
    let output = command.current_dir(folder).output().unwrap();
    if output.status.success() {
        return Ok(serde_json::from_slice(&output.stdout).unwrap());
    }
    let said = String::from_utf8(output.stderr).unwrap();
    let pattern =
        fancy_regex::Regex::new(r"An error occurred \((\w+)\).* operation(?: \(reached max retries: 0\))?: (.*)");
    let found = pattern.unwrap().captures(said.trim()).unwrap().unwrap_or_else(|| panic!("{said}"));
    Err(json!([found[1], found[2]]))
}

/// The flags of `aws lambda invoke` for one case, which are those of `runwright invoke` too; the last is the OUTFILE.
fn flags(folder: &Path, case: &Case, name: &str) -> (Vec<String>, PathBuf) {
    let request = with_function(&case.request);
    let (payload, out) = (folder.join(format!("{name}.in")), folder.join(format!("{name}.out")));
    let mut arguments = vec!["invoke".to_owned()];
    for (flag, field) in [
        ("--function-name", "FunctionName"),
        ("--qualifier", "Qualifier"),
        ("--invocation-type", "InvocationType"),
        ("--log-type", "LogType"),
        ("--client-context", "ClientContext"),
    ] {
        if let Some(value) = request[field].as_str() {
            arguments.extend([flag.to_owned(), value.to_owned()]);
        }
    }
    if let Some(text) = request["Payload"].as_str() {
        fs::write(&payload, text).unwrap();
        arguments.extend(["--payload".to_owned(), format!("fileb://{}", payload.display())]);
    }
    arguments.push(out.display().to_string());
    (arguments, out)
}

/// The response to the AWS CLI for one case.
fn cli(python: &Path, folder: &Path, url: &str, code: &Path, case: &Case, number: usize) -> Value {
    let (arguments, out) = flags(folder, case, &format!("aws-{number}"));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match aws(python, folder, url, &arguments) {
        Ok(reply) => {
            let reply = json!({"status": reply["StatusCode"], "error": reply["FunctionError"],
                "version": reply["ExecutedVersion"], "log": reply["LogResult"]});
            let log = reply["log"].as_str().map(|log| String::from_utf8(BASE64.decode(log).unwrap()).unwrap());
            answer(&reply, &fs::read_to_string(&out).unwrap(), log.as_deref(), code)
        }
        Err(refused) => json!([refused, null]),
    }
}

/// The response to `runwright invoke` for one case.
fn runwright(folder: &Path, url: &str, code: &Path, case: &Case, number: usize) -> Value {
    let (arguments, out) = flags(folder, case, &format!("runwright-{number}"));
    let output = credentials(bare(Path::new(env!("CARGO_BIN_EXE_runwright")), folder))
        .args(arguments)
        .args(["--endpoint-url", url, "--output", "json", "--quiet", "--throttle-window", "0s"])
        .current_dir(folder)
        .output()
        .unwrap();
    let reply: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{}: {error}: {}", case.name, String::from_utf8_lossy(&output.stderr)));
    if let Some(refused) = reply["Error"]["cause"]["code"].as_str() {
        let message = reply["Error"]["message"].as_str().unwrap();
        // The reason of a throttle follows the message; clients keep it separately.
        let said = message.split_once("): ").unwrap().1;
        let said = said.replace(" (ReservedFunctionConcurrentInvocationLimitExceeded)", ".");
        return json!([[refused, said], null]);
    }
    let log = reply["LogResult"].as_str().map(|log| String::from_utf8(BASE64.decode(log).unwrap()).unwrap());
    let summary =
        json!({"status": reply["StatusCode"], "error": reply["FunctionError"], "version": reply["ExecutedVersion"]});
    answer(&summary, &fs::read_to_string(&out).unwrap(), log.as_deref(), code)
}

/// A long value is shown by its size.
fn shorten(value: &Value) -> String {
    let text = value.to_string();
    if text.len() > 2_000 { format!("{} bytes", text.len()) } else { text }
}

#[test]
fn aws_cli_boto3_and_runwright_get_the_same_responses() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let peer = serve(python, folder.path());
    let code = fs::canonicalize(folder.path().join("code")).unwrap();
    let cases = cases();
    let (by_boto3, by_runwright, by_cli) = thread::scope(|scope| {
        let others = scope.spawn(|| {
            let by_boto3 = boto3(python, folder.path(), &peer.url, &code, &cases);
            let each = cases.iter().enumerate();
            let by_runwright: Vec<Value> =
                each.map(|(number, case)| runwright(folder.path(), &peer.url, &code, case, number)).collect();
            (by_boto3, by_runwright)
        });
        let each = cases.iter().enumerate();
        let by_cli: Vec<Value> =
            each.map(|(number, case)| cli(python, folder.path(), &peer.url, &code, case, number)).collect();
        let (by_boto3, by_runwright) = others.join().unwrap();
        (by_boto3, by_runwright, by_cli)
    });
    let mut wrong = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let all_answers = [("boto3", &by_boto3), ("aws", &by_cli), ("runwright", &by_runwright)];
        for (client, answers) in all_answers {
            let (answer, log) = (&answers[number][0], &answers[number][1]);
            if *answer != case.expected {
                wrong.push(format!(
                    "{}: {client} gets {}\n  not {}",
                    case.name,
                    shorten(answer),
                    shorten(&case.expected)
                ));
            }
            if log.is_string() != (case.request["LogType"] == "Tail") || *log != by_boto3[number][1] {
                wrong.push(format!("{}: {client} has the log {log}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let log_of = |name: &str| by_boto3[cases.iter().position(|case| case.name == name).unwrap()][1].as_str().unwrap();
    assert_eq!(
        log_of("a log"),
        "START RequestId: ID Version: $LATEST\nmode None\nEND RequestId: ID\n\
         REPORT RequestId: ID\tDuration: N ms\tBilled Duration: N ms\tMemory Size: 256 MB\t\n"
    );
}

#[test]
fn ministack_responses_match_where_it_matches_lambda() {
    let Some(python) = python() else { return };
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let peer = serve(python, ours.path());
    let Some(stack) = MiniStack::start(theirs.path()) else { return };
    let code = fs::canonicalize(ours.path().join("code")).unwrap();
    let mut cases = cases();
    cases.retain(|case| case.ministack);
    let without_trace = |mut answers: Vec<Value>| {
        for answer in &mut answers {
            // Logs differ, and each has its own code folder.
            answer[1].take();
            if answer[0][3]["stackTrace"].is_array() {
                answer[0][3]["stackTrace"].take();
            }
        }
        answers
    };
    let ours = without_trace(boto3(python, ours.path(), &peer.url, &code, &cases));
    let theirs = without_trace(boto3(python, theirs.path(), stack.url(), &code, &cases));
    for (case, (ours, theirs)) in cases.iter().zip(ours.iter().zip(&theirs)) {
        assert_eq!(ours, theirs, "{}", case.name);
    }
}

#[test]
fn aws_cli_lists_functions() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let peer = serve(python, folder.path());
    let ask = |arguments: &[&str]| aws(python, folder.path(), &peer.url, arguments);
    let configuration = ask(&["get-function-configuration", "--function-name", "fn:live"]).unwrap();
    let list = ask(&["list-functions", "--query", "Functions[].FunctionName", "--max-items", "5"]);
    let aliases = ask(&["list-aliases", "--function-name", "fn", "--query", "Aliases[].[Name, FunctionVersion]"]);
    let missing = ask(&["get-function-configuration", "--function-name", "nobody"]);
    assert_eq!(
        (
            ["FunctionName", "Version", "Runtime", "Timeout", "MemorySize", "State"].map(|name| &configuration[name]),
            list,
            aliases,
            missing
        ),
        (
            [&json!("fn"), &json!("1"), &json!("provided.al2023"), &json!(3), &json!(256), &json!("Active")],
            Ok(json!(["fn", "never"])),
            Ok(json!([["live", "1"]])),
            Err(json!([
                "ResourceNotFoundException",
                "Function not found: arn:aws:lambda:us-east-1:123456789012:function:nobody"
            ])),
        )
    );
}
