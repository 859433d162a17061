//! Cases of `test` that run scripts.

use serde_json::{Value, json};

use super::{left_behind, script, script_step, script_with, with_account};
use crate::aws::stub::{Answer, Stub};
use crate::harness::{Outcome, Situation};

/// Tests the script of a situation with these cases.
fn test(situation: Situation, cases: &str) -> (Situation, Outcome) {
    let situation = situation.file("book.test.yaml", cases);
    let outcome = situation.run(&["test", "--format", "json"]);
    (situation, outcome)
}

/// The results of the cases, in order.
fn cases(outcome: &Outcome) -> Vec<Value> {
    let results = outcome.json();
    let cases = results["Files"][0]["Cases"].as_array();
    cases.unwrap_or_else(|| panic!("no cases: {}", outcome.text())).clone()
}

/// The value that the script of the first case returned, where another one was expected.
fn returned(outcome: &Outcome) -> Value {
    let case = &cases(outcome)[0];
    let payload = case["Mismatches"][0]["Actual"].as_str().unwrap_or_else(|| panic!("no value: {}", outcome.text()));
    let payload: String = serde_json::from_str(payload).unwrap_or_else(|_| panic!("no text: {}", outcome.text()));
    serde_json::from_str(&payload).unwrap_or_else(|_| panic!("no JSON: {payload}"))
}

/// A case that runs the script, and expects a value that it does not return.
fn case(more: &str) -> String {
    format!(
        "cases: [{{name: one, run_scripts: true{more}, expect: {{steps: {{work: {{outputs: {{Payload: '?'}}}}}}}}}}]"
    )
}

#[test]
fn value_of_a_script_is_checked_and_a_mocked_reply_wins() {
    let situation = script_with("", "InputPayload: {n: 41}", "def main(e, c):\n    return {'n': e['n'] + 1}");
    let text = "\
defaults: { run_scripts: true }
cases:
  - { name: real, expect: { steps: { work: { calls: 1, outputs: { Payload: '{\"n\":42}' } } } } }
  - { name: wrong, expect: { steps: { work: { outputs: { Payload: '{\"n\":43}' } } } } }
  - { name: mocked, steps: { work: { payload: other } }, expect: { steps: { work: { outputs: { Payload: other } } } } }
  - { name: nothing, run_scripts: false }
";
    let (situation, outcome) = test(situation, text);
    let seen: Vec<Value> = cases(&outcome)
        .iter()
        .map(|case| json!([case["Name"], case["Passed"], case["Mismatches"][0]["What"]]))
        .collect();
    let expected = json!([
        ["real", true, null],
        ["wrong", false, "step work, output Payload"],
        ["mocked", true, null],
        ["nothing", false, "step work calls aws:executeScript, but the case has no reply for it"],
    ]);
    assert_eq!((json!(seen), left_behind(&situation)), (expected, Vec::<String>::new()), "{}", outcome.text());
}

#[test]
fn exception_is_the_failure_and_output_is_shown_where_the_case_fails() {
    let text =
        "def main(e, c):\n    for number in range(25):\n        print('line', number)\n    raise ValueError('bad')";
    let (situation, outcome) = test(
        script(text),
        "{defaults: {run_scripts: true}, cases: [{name: a, expect: {status: Failed, failure: ValueError - bad}}, {name: b}]}",
    );
    let seen: Vec<Value> = cases(&outcome).iter().map(|case| json!([case["Passed"], case["Output"]])).collect();
    let lines: Vec<String> = (5..25).map(|number| format!("work: line {number}")).collect();
    assert_eq!(json!(seen), json!([[true, null], [false, lines]]), "{}", outcome.text());
    let shown = situation.run(&["test"]).stdout;
    assert!(shown.contains("      output of scripts:\n        work: line 5\n"), "{shown}");
    let report = situation.run(&["test", "--format", "junit"]).stdout;
    assert!(report.contains("<system-out>work: line 5\n"), "{report}");
}

#[test]
fn output_shows_no_secret() {
    let situation =
        script_with("", "InputPayload: {text: '{{ Token }}'}", "def main(e, c):\n    print('it is', e['text'])");
    let book = std::fs::read_to_string(situation.path().join("book.yaml")).unwrap();
    let situation =
        situation.file("book.yaml", book.replacen("mainSteps:", "parameters:\n  Token: {type: String}\nmainSteps:", 1));
    let situation = situation.file("runwright.toml", "sensitive = [\"Token\"]\n");
    let (_, outcome) = test(situation, &case(", parameters: {Token: hunter2-is-secret}"));
    assert_eq!(cases(&outcome)[0]["Output"], json!(["work: it is ****"]), "{}", outcome.text());
}

/// What a script reports of these attempts to reach something: a value, or the exception.
fn attempts(attempts: &[(&str, &str)]) -> String {
    let mut text =
        "import socket, urllib.request\n\ndef attempt(act):\n    try:\n        return act()\n    except Exception as \
                    error:\n        return type(error).__name__ + ' - ' + str(error)\n\ndef main(e, c):\n    return {\n"
            .to_owned();
    for (name, act) in attempts {
        text.push_str(&format!("        '{name}': attempt(lambda: {act}),\n"));
    }
    text + "    }"
}

#[test]
fn script_reaches_nothing_where_the_case_names_no_endpoint() {
    let text = attempts(&[
        ("address", "socket.create_connection(('192.0.2.1', 80))"),
        ("connect", "socket.socket().connect(('127.0.0.1', 9))"),
        ("datagram", "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))"),
        ("message", "socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('192.0.2.1', 53))"),
        ("name", "socket.gethostbyname('aws.example')"),
        ("unix", "socket.socket(socket.AF_UNIX).connect('/nowhere')"),
        ("url", "urllib.request.urlopen('http://aws.example/')"),
        ("own", "len(socket.socketpair())"),
    ]);
    let (_, outcome) = test(script(&text), &case(""));
    let refused = |what: &str| {
        format!(
            "NetworkRefused - a script in a test case must not reach {what}: the test case names no endpoint; mock the reply of \
             the step, or add `endpoint: URL` to the case"
        )
    };
    let expected = json!({
        "address": refused("192.0.2.1:80"),
        "connect": refused("127.0.0.1:9"),
        "datagram": refused("192.0.2.1:53"),
        "message": refused("192.0.2.1:53"),
        "name": refused("aws.example"),
        "unix": refused("the Unix socket /nowhere"),
        "url": refused("aws.example:80"),
        "own": 2,
    });
    assert_eq!(returned(&outcome), expected, "{}", outcome.text());
}

#[test]
fn script_reaches_the_endpoint_of_the_case_alone() {
    let stub = Stub::start(|_, _| Answer::new(200, "hello"));
    let port = stub.url.rsplit_once(':').unwrap().1;
    let text = attempts(&[
        ("endpoint", "urllib.request.urlopen(__import__('os').environ['AWS_ENDPOINT_URL'] + '/x').read().decode()"),
        ("port", "socket.create_connection(('127.0.0.1', 9))"),
        ("url", "urllib.request.urlopen('http://aws.example/')"),
    ]);
    let (_, outcome) = test(script(&text), &case(&format!(", endpoint: 'http://localhost:{port}/'")));
    let refused = |what: &str| {
        format!(
            "NetworkRefused - a script in a test case must not reach {what}: the endpoint of the test case is \
             localhost:{port}; mock the reply of the step, or change `endpoint:`"
        )
    };
    let expected = json!({"endpoint": "hello", "port": refused("127.0.0.1:9"), "url": refused("aws.example:80")});
    assert_eq!(returned(&outcome), expected, "{}", outcome.text());
    assert_eq!(stub.request_lines(), ["GET /x"]);
}

#[test]
fn refusal_that_a_library_meets_is_told_at_the_line_of_the_script() {
    let text = "import urllib.request\ndef main(e, c):\n    urllib.request.urlopen('http://aws.example/')";
    let (_, outcome) = test(script(text), "cases: [{name: one, run_scripts: true}]");
    let because = cases(&outcome)[0]["Mismatches"][0]["Because"].as_str().unwrap_or_default().to_owned();
    let frames = because.matches("  File \"").count();
    let is_named = because.contains("NetworkRefused - a script in a test case must not reach aws.example:80: ");
    assert_eq!((frames, is_named), (1, true), "{because}");
}

#[test]
fn call_of_boto3_without_an_endpoint_names_the_remedy() {
    let text = "class NoCredentialsError(Exception):\n    pass\ndef main(e, c):\n    raise NoCredentialsError('Unable to locate \
                credentials')";
    let expected = "NoCredentialsError - Unable to locate credentials; the test case names no endpoint; mock the reply of the \
                    step, or add `endpoint: URL` to the case";
    let text_of_case =
        format!("cases: [{{name: one, run_scripts: true, expect: {{status: Failed, failure: '{expected}'}}}}]");
    let (_, outcome) = test(script(text), &text_of_case);
    assert_eq!(cases(&outcome)[0]["Passed"], json!(true), "{}", outcome.text());
}

#[test]
fn script_sees_nothing_of_the_account_of_the_caller() {
    let text = "import os\ndef main(e, c):\n    return {n: v for n, v in os.environ.items() if 'AWS' in n or 'PROXY' in \
                n.upper()}";
    let situation = || with_account(script(text)).env("RUNWRIGHT_SCRIPT_ENV", "AWS_PROFILE,https_proxy");
    let alone = json!({
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": "us-east-1",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    });
    let (_, outcome) = test(situation(), &case(""));
    assert_eq!(returned(&outcome), alone, "{}", outcome.text());
    let mut with_endpoint = alone;
    with_endpoint["AWS_ACCESS_KEY_ID"] = json!("test");
    with_endpoint["AWS_SECRET_ACCESS_KEY"] = json!("test");
    with_endpoint["AWS_ENDPOINT_URL"] = json!("http://127.0.0.1:8");
    with_endpoint["AWS_REGION"] = json!("eu-west-1");
    with_endpoint["AWS_DEFAULT_REGION"] = json!("eu-west-1");
    let (_, outcome) = test(situation(), &case(", environment: {region: eu-west-1}, endpoint: 'http://127.0.0.1:8'"));
    assert_eq!(returned(&outcome), with_endpoint, "{}", outcome.text());
}

#[test]
fn context_has_the_environment_and_the_time_of_the_case() {
    let more = ", now: '2025-05-06T07:08:09Z', environment: {region: cn-north-1, accountId: '210987654321', partition: aws-cn}";
    let (_, outcome) = test(script("def main(e, c):\n    return c"), &case(more));
    let expected = json!({
        "automation:EXECUTION_ID": "00000000-0000-4000-8000-000000000000",
        "global:REGION": "cn-north-1",
        "global:ACCOUNT_ID": "210987654321",
        "global:AWS_PARTITION": "aws-cn",
        "global:DATE": "2025-05-06",
        "global:DATE_TIME": "2025-05-06_07.08.09",
    });
    assert_eq!(returned(&outcome), expected, "{}", outcome.text());
}

#[test]
fn timeout_of_a_script_passes_really_and_other_waits_do_not() {
    let text = "import time\ndef main(e, c):\n    time.sleep(60)";
    let situation = script_with("timeoutSeconds: 1\nonFailure: Continue\nisCritical: false", "", text);
    let book = std::fs::read_to_string(situation.path().join("book.yaml")).unwrap();
    let pause = "  - {name: pause, action: 'aws:sleep', inputs: {Duration: PT1H}}\n";
    let situation = situation.file("book.yaml", book + pause);
    let text = "cases: [{name: one, run_scripts: true, expect: {path: [work, pause], duration: 1h 1s, steps: {work: {status: \
                TimedOut}}}}]";
    let (situation, outcome) = test(situation, text);
    assert_eq!(
        (cases(&outcome)[0]["Passed"].clone(), left_behind(&situation)),
        (json!(true), Vec::<String>::new()),
        "{}",
        outcome.text()
    );
}

#[test]
fn script_takes_no_virtual_time_and_is_stopped_by_a_signal() {
    let text = "import time\ndef main(e, c):\n    time.sleep(e['seconds'])";
    let with =
        |seconds: &str| script_with("timeoutSeconds: 500", &format!("InputPayload: {{seconds: {seconds}}}"), text);
    let (_, outcome) = test(with("0.3"), "cases: [{name: one, run_scripts: true, expect: {duration: 0s}}]");
    assert_eq!(cases(&outcome)[0]["Passed"], json!(true), "{}", outcome.text());
    let text = "cases: [{name: one, run_scripts: true, stop: {step: work, after: 1s}, expect: {status: Cancelled, duration: 1s}}]";
    let (_, outcome) = test(with("100"), text);
    assert_eq!(cases(&outcome)[0]["Passed"], json!(true), "{}", outcome.text());
}

#[test]
fn missing_interpreter_fails_the_case_whatever_it_expects() {
    let situation = script("def main(e, c):\n    pass").env("PATH", "/nowhere");
    let (_, outcome) = test(situation, "cases: [{name: one, run_scripts: true, expect: {status: Failed}}]");
    let mismatch = &cases(&outcome)[0]["Mismatches"][0];
    let because = mismatch["Because"].as_str().unwrap_or_default();
    assert_eq!(
        (mismatch["What"].as_str().unwrap_or_default(), because.contains("python3.11 needs Python 3")),
        ("the script of step work cannot be run here", true),
        "{}",
        outcome.text()
    );
}

#[test]
fn attachment_beside_the_runbook_is_imported() {
    let inputs = "Runtime: python3.11\nHandler: main\nAttachment: library.py";
    let text = "import library\ndef main(e, c):\n    return library.VALUE";
    let situation = script_step("", inputs, text).file("library.py", "VALUE = 'of the library'\n");
    let text = "cases: [{name: one, run_scripts: true, expect: {steps: {work: {outputs: {Payload: of the library}}}}}]";
    let (_, outcome) = test(situation, text);
    assert_eq!(cases(&outcome)[0]["Passed"], json!(true), "{}", outcome.text());
}

#[test]
fn attachment_beside_the_runbook_is_used_where_others_are_in_s3() {
    let book = "schemaVersion: \"0.3\"\nmainSteps:\n  - {name: work, action: 'aws:executeScript', inputs: {Runtime: \
                python3.11, Handler: tools.main, Attachment: tools.py}}\nfiles: {tools.py: {checksums: {sha256: any}}}\n";
    let situation = |settings: &str| Situation::new().file("book.yaml", book).file("runwright.toml", settings);
    let in_s3 = || situation("attachments = [\"s3://bucket/prefix\"]\n");
    let (_, found) = test(in_s3().file("tools.py", "def main(e, c):\n    return 7"), &case(""));
    assert_eq!(returned(&found), json!(7), "{}", found.text());
    let (_, missing) = test(in_s3(), &case(""));
    let because = cases(&missing)[0]["Mismatches"][0]["Because"].as_str().unwrap_or_default().to_owned();
    assert!(because.contains("There is no attachment tools.py: looked for ") && !because.contains("s3:"), "{because}");
}
