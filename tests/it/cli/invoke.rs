//! `runwright invoke`, with local functions and with failing servers.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::harness::{Outcome, Situation};

fn local() -> Situation {
    Situation::new().functions().env("RUNWRIGHT_FUNCTIONS", "template.yaml")
}

fn invoke(situation: &Situation, arguments: &[&str]) -> Outcome {
    situation.run(&[&["invoke", "--quiet"], arguments].concat())
}

/// A server with these responses, one per connection, then the last one repeatedly; it counts the requests.
fn server(answers: &[&str]) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answers: Vec<String> = answers.iter().map(|answer| (*answer).to_owned()).collect();
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
                request.push(byte[0]);
            }
            let head = String::from_utf8(request).unwrap().to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            stream.read_exact(&mut vec![0; length.map_or(0, |it| it.parse().unwrap())]).unwrap();
            let nth = counted.fetch_add(1, Ordering::SeqCst);
            stream.write_all(answers.get(nth).or(answers.last()).unwrap().as_bytes()).unwrap();
        }
    });
    (url, requests)
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Connection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn remote(url: &str, arguments: &[&str]) -> Outcome {
    let situation = Situation::new()
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "xx-y-1");
    invoke(&situation, &[&["f", "--endpoint-url", url, "--retry-delay", "0"], arguments].concat())
}

#[test]
fn payload_is_printed_byte_for_byte() {
    let situation = local().file("event.json", "{\"from\":  \"file\"}").input("[1,\n 2]");
    for (payload, expected) in [
        ("\"h\\u00e9 {{ global:REGION }} \\\" 1e400\"", "\"h\\u00e9 {{ global:REGION }} \\\" 1e400\""),
        ("{\"b\":1, \"a\":12345678901234567890123}", "{\"b\":1, \"a\":12345678901234567890123}"),
        ("file://event.json", "{\"from\":  \"file\"}"),
        ("fileb://event.json", "{\"from\":  \"file\"}"),
        ("-", "[1,\n 2]"),
        ("", "{}"),
        ("-5", "-5"),
    ] {
        let outcome = invoke(&situation, &["echo", "--payload", payload]);
        assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(0), expected), "{payload} {}", outcome.stderr);
    }
    let encoded = invoke(&situation, &["echo", "--payload", "eyJhIjoxfQ==", "--cli-binary-format", "base64"]);
    assert_eq!((encoded.status, encoded.stdout.as_str()), (Some(0), "{\"a\":1}"));
}

#[test]
fn six_megabyte_payload_is_written_completely() {
    let payload = format!("\"{}\"", "x".repeat(6 * 1024 * 1024 - 2));
    let situation = local().file("large.json", &payload);
    let outcome = invoke(&situation, &["echo", "--payload", "file://large.json", "out.json"]);
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(0), ""), "{}", outcome.stderr);
    assert!(fs::read_to_string(situation.path().join("out.json")).unwrap() == payload);
}

#[test]
fn metadata_goes_to_standard_error() {
    let outcome = local().run(&["invoke", "say", "--log-type", "Tail"]);
    assert_eq!(outcome.stdout, "\"done\"");
    let text = outcome.text();
    let (_, facts) = text.split_once("StatusCode").unwrap();
    let facts =
        fancy_regex::Regex::new("LogResult = [A-Za-z0-9+/=]{40,}").unwrap().replace(facts, "LogResult = BASE64");
    insta::assert_snapshot!(format!("StatusCode{facts}"));
}

#[test]
fn json_is_one_document() {
    let situation = local();
    let document = |arguments: &[&str]| -> (Option<i32>, Value) {
        let outcome = situation.run(&[&["invoke", "--output", "json"], arguments].concat());
        (outcome.status, serde_json::from_str(&outcome.stdout).unwrap())
    };
    let (status, success) = document(&["say", "--log-type", "Tail", "--qualifier", "$LATEST"]);
    assert_eq!(status, Some(0));
    let log = success["Log"].as_str().unwrap();
    assert!(log.contains("\none\ntwo\n"), "{log}");
    assert!(success["LogResult"].as_str().unwrap().len() > log.len());
    let facts = |document: &Value| {
        ["StatusCode", "ExecutedVersion", "FunctionError", "Status", "Attempts", "Payload"]
            .map(|name| document[name].clone())
    };
    assert_eq!(facts(&success), [json!(200), json!("$LATEST"), Value::Null, json!("Success"), json!(1), json!("done")]);
    let (status, failure) = document(&["fail", "--max-attempts", "2", "--retry-delay", "0"]);
    assert_eq!(status, Some(7));
    let payload = json!({"errorType": "Boom", "errorMessage": "it broke"});
    assert_eq!(facts(&failure), [json!(200), json!("$LATEST"), json!("Unhandled"), json!("Failed"), json!(2), payload]);
    assert_eq!(failure["Error"]["cause"]["class"], "Function");
    let (status, queued) = document(&["echo", "--invocation-type", "Event"]);
    assert_eq!((status, &queued["StatusCode"], &queued["Payload"]), (Some(0), &json!(202), &Value::Null));
    let (status, missing) = document(&["nobody"]);
    assert_eq!((status, &missing["Error"]["cause"]["class"]), (Some(1), &json!("NotFound")));
}

#[test]
fn each_result_has_its_exit_code_and_payload() {
    let situation = local();
    let boom = "{\"errorType\":\"Boom\",\"errorMessage\":\"it broke\"}";
    for (arguments, status, stdout) in [
        (&["fail"][..], 7, boom),
        (&["fail:$LATEST", "--max-attempts", "2", "--retry-delay", "0"], 7, boom),
        (&["flaky", "--max-attempts", "2", "--retry-delay", "0"], 0, "{\"ok\": true}"),
        (&["slow", "--timeout", "1s"], 4, ""),
        (&["nobody"], 1, ""),
        (&["echo", "--invocation-type", "DryRun"], 0, ""),
        (&["echo", "--invocation-type", "event"], 0, ""),
        (&["say", "--max-result-size", "3"], 1, ""),
    ] {
        let outcome = invoke(&situation, arguments);
        assert_eq!((outcome.status, outcome.stdout.trim_end()), (Some(status), stdout), "{arguments:?}");
    }
}

#[test]
fn the_outfile_is_whole_or_absent_and_never_stale() {
    let situation = local();
    let path = situation.path().join("out.json");
    let after = |arguments: &[&str]| -> (Option<i32>, String, Option<String>) {
        fs::write(&path, "from an earlier call").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let outcome = invoke(&situation, arguments);
        (outcome.status, outcome.stdout, fs::read_to_string(&path).ok())
    };
    let of = |status: i32, content: Option<&str>| (Some(status), String::new(), content.map(str::to_owned));
    assert_eq!(after(&["echo", "out.json", "--payload", "[1]"]), of(0, Some("[1]")));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(after(&["--function-name", "echo", "out.json"]), of(0, Some("{}")));
    assert_eq!(after(&["echo", "out.json", "--invocation-type", "Event"]), of(0, Some("")));
    assert_eq!(after(&["fail", "out.json"]), of(7, Some("{\"errorType\":\"Boom\",\"errorMessage\":\"it broke\"}")));
    assert_eq!(after(&["nobody", "out.json"]), of(1, None));
    assert_eq!(after(&["slow", "out.json", "--timeout", "1s"]), of(4, None));
    assert_eq!(after(&["echo", "out.json", "--payload", "no json"]), of(2, Some("from an earlier call")));
    let left: Vec<_> = fs::read_dir(situation.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".runwright")), "{left:?}");
    for stdout in ["/dev/stdout", "-"] {
        let outcome = invoke(&situation, &["echo", stdout]);
        assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(0), "{}"));
    }
    assert_eq!(invoke(&situation, &["echo", "/dev/null"]).status, Some(0));
}

#[test]
fn invalid_inputs_are_rejected_before_any_request() {
    let (url, requests) = server(&[&answer("200 OK", "", "{}")]);
    let large = "x".repeat(1024 * 1024);
    let long_context = format!("{{\"custom\": \"{}\"}}", "x".repeat(2700));
    let situation = Situation::new()
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "xx-y-1")
        .env("AWS_ENDPOINT_URL_LAMBDA", &url)
        .file("large.json", format!("\"{large}\""))
        .file("huge.json", format!("\"{}\"", large.repeat(7)))
        .file("latin.json", b"\"\xe9\"");
    let name = |length: usize| "n".repeat(length);
    let in_arn = format!("arn:aws-cn:lambda:cn-north-1:123456789012:function:{}", name(141));
    let rows: [(&[&str], &[&str]); 22] = [
        (&[], &["no function name", "runwright invoke FUNCTION"]),
        (
            &["f", "--function-name", "g", "out.json"],
            &["function name is given twice", "--function-name FUNCTION OUTFILE"],
        ),
        (&["f g"], &["`f g` is not the name of a function"]),
        (&[&name(65)], &["65 characters", "64"]),
        (&[&in_arn], &["141 characters", "140", "ARN"]),
        (&["arn:aws:s3:::bucket"], &["`arn:aws:s3:::bucket` is not the name of a function"]),
        (&["f:live", "--qualifier", "other"], &["`live`", "`other`"]),
        (&["f", "--qualifier", "not good"], &["`not good` is not a version or an alias"]),
        (&["f", "--invocation-type", "Foo"], &["'Foo' for '--invocation-type", "RequestResponse, Event, DryRun"]),
        (&["f", "--log-type", "All"], &["'All' for '--log-type", "None, Tail"]),
        (&["f", "--invocation-type", "Event", "--log-type", "Tail"], &["--log-type Tail has no effect", "Event"]),
        (
            &["f", "--invocation-type", "DryRun", "--client-context", "{}"],
            &["--client-context has no effect", "DryRun"],
        ),
        (&["f", "--client-context", "[]"], &["`ClientContext` must be a map"]),
        (&["f", "--client-context", &long_context], &["`ClientContext` has 3620 bytes", "3,583"]),
        (&["f", "--payload", "{name: you}"], &["not JSON", "line 1 column 2", "file://"]),
        (&["f", "--payload", "eyJhIjoxfQ=="], &["not JSON", "base64", "--cli-binary-format base64"]),
        (&["f", "--payload", "file://latin.json"], &["not UTF-8"]),
        (&["f", "--payload", "file://none.json"], &["none.json: there is no such file"]),
        (&["f", "--payload", "file://huge.json"], &["7340034 bytes", "6291456", "`RequestResponse`"]),
        (
            &["f", "--payload", "file://large.json", "--invocation-type", "Event"],
            &["1048578 bytes", "1048576", "`Event`"],
        ),
        (&["f", "--timeout", "16m"], &["--timeout", "15 minutes"]),
        (&["f", "no/such/folder/out.json"], &["no/such/folder/out.json: there is no such folder"]),
    ];
    for (arguments, texts) in rows {
        invoke(&situation, arguments).assert(2, "", &[&["error: "], texts].concat());
    }
    assert_eq!(requests.load(Ordering::SeqCst), 0);
}

#[test]
fn every_form_of_function_name_is_accepted() {
    let (url, requests) = server(&[&answer("200 OK", "", "{}")]);
    let names = [
        "f",
        "f:live",
        "f:$LATEST",
        "123456789012:function:f",
        "123456789012:f",
        "function:f",
        "arn:aws:lambda:eu-west-1:123456789012:function:f:7",
        "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:f",
    ];
    for name in names {
        let situation = Situation::new()
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "xx-y-1");
        let context = ["--client-context", "{\"custom\":{}}"];
        let outcome = invoke(&situation, &[&[name, "--endpoint-url", &url], &context[..]].concat());
        assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(0), "{}"), "{name}: {}", outcome.stderr);
    }
    assert_eq!(requests.load(Ordering::SeqCst), names.len());
}

#[test]
fn max_attempts_limits_the_attempts() {
    let throttled = answer(
        "429 Too Many Requests",
        "x-amzn-errortype: TooManyRequestsException\r\nRetry-After: 0\r\n",
        "{\"Reason\":\"ReservedFunctionConcurrentInvocationLimitExceeded\",\"message\":\"Rate Exceeded.\"}",
    );
    let broken = answer("500 Oh", "x-amzn-errortype: ServiceException\r\n", "{\"Message\":\"oh\"}");
    let good = answer("200 OK", "X-Amz-Executed-Version: 3\r\n", "{\"ok\":true}");
    for (answers, more, status, sent) in [
        (vec![broken.as_str()], &[][..], 1, 1),
        (vec![&broken], &["--max-attempts", "3"], 1, 3),
        (vec![&broken, &good], &["--max-attempts", "3"], 0, 2),
        // A throttled call did not run, and uses up no attempt.
        (vec![&throttled, &good], &[], 0, 2),
        (vec![&throttled], &["--throttle-window", "0s"], 1, 1),
    ] {
        let (url, requests) = server(&answers);
        let outcome = remote(&url, more);
        assert_eq!((outcome.status, requests.load(Ordering::SeqCst)), (Some(status), sent), "{}", outcome.stderr);
        assert_eq!(outcome.stdout, if status == 0 { "{\"ok\":true}" } else { "" });
    }
}

#[test]
fn reply_of_an_earlier_attempt_is_not_printed() {
    let failed = answer("200 OK", "X-Amz-Function-Error: Unhandled\r\n", "{\"errorMessage\":\"first\"}");
    let broken = answer("500 Oh", "x-amzn-errortype: ServiceException\r\n", "{\"Message\":\"oh\"}");
    let (url, _) = server(&[&failed, &broken]);
    let outcome = remote(&url, &["--max-attempts", "2"]);
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(1), ""));
}

#[test]
fn jsonl_and_terraform_outputs_of_invoke() {
    let situation = local();
    let jsonl = situation.run(&["invoke", "echo", "--output", "jsonl", "-q", "--payload", "[]"]);
    let events: Vec<Value> = jsonl.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.last().unwrap()["event"], "ExecutionEnded");
    assert_eq!(events[0]["parameters"], json!({"FunctionName": "echo", "Payload": "[]"}));

    let terraform = |query: &str, arguments: &[&str]| -> (Option<i32>, String) {
        let outcome = invoke(&local().input(query), &[&["--output", "terraform-external"], arguments].concat());
        (outcome.status, outcome.stdout)
    };
    let payload = r#"{"FunctionName": "echo", "Payload": "{\"a\": 1}"}"#;
    let all = "{\"StatusCode\":\"200\",\"ExecutedVersion\":\"$LATEST\",\"Payload\":\"{\\\"a\\\": 1}\"}\n";
    assert_eq!(terraform(payload, &[]), (Some(0), all.to_owned()));
    let exported = terraform(payload, &["--export", "result=Payload"]);
    assert_eq!(exported, (Some(0), "{\"result\":\"{\\\"a\\\": 1}\"}\n".to_owned()));
    assert_eq!(terraform("{}", &["fail"]), (Some(7), String::new()));
    for (query, arguments) in [
        (payload, &["echo"][..]),
        ("{\"Payloads\": \"1\"}", &["echo"]),
        ("{\"Payload\": 1}", &["echo"]),
        ("", &["echo"]),
        ("{}", &[]),
        ("{}", &["echo", "--payload", "-"]),
    ] {
        assert_eq!(terraform(query, arguments), (Some(2), String::new()), "{query} {arguments:?}");
    }
}
