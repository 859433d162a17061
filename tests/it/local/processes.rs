//! Function processes: warm reuse, concurrency, and clean-up.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use runwright::clock::{Clock as _, ManualClock};
use runwright::local_lambda::{Drained, LogOrigin, LogSink, Options};
use serde_json::{Value, json};

use super::{InvokeResult, Situation, example, has, invoke_result, is_alive, mask};

/// One function in POSIX sh behind the bootstrap client. The pid in a response is that of the warm process.
fn shell(properties: &str, script: &str) -> Situation {
    shell_with(properties, script, Options::default())
}

fn shell_with(properties: &str, script: &str, options: Options) -> Situation {
    let template = format!(
        "
Resources:
  Shell:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: shell
      Handler: handler.sh
      Runtime: provided.al2023
      {properties}
"
    );
    let bootstrap = format!("#!/bin/sh\nexec '{}' sh ./handler.sh\n", example("program_bootstrap").display());
    Situation::with(&template, &[("shell/bootstrap", &bootstrap), ("shell/handler.sh", script)], options)
}

/// Polls for a condition that another process causes.
async fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..2000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("timed out: {what}");
}

const PRINT_PID: &str = r#"cat >/dev/null; echo "$PPID""#;

#[tokio::test]
async fn sequential_calls_reuse_the_warm_process() {
    let situation = shell("Timeout: 5", PRINT_PID);
    let mut pids = Vec::new();
    for _ in 0..20 {
        pids.push(situation.invoke("Shell", &json!({})).await.payload);
    }
    pids.dedup();
    assert_eq!(pids.len(), 1, "{pids:?}");
    situation.lambda.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_calls_get_separate_processes() {
    let situation = Arc::new(shell(
        "Timeout: 20",
        // Each waits until four run at the same time.
        r#"event=$(cat); : > "run.$$"; while [ "$(ls run.* | wc -l)" -lt 4 ]; do sleep 0.01; done; echo "[$PPID,$event]""#,
    ));
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..4 {
        let situation = Arc::clone(&situation);
        calls.spawn(async move { (number, situation.invoke("Shell", &json!(number)).await.payload) });
    }
    let mut pids = Vec::new();
    while let Some(result) = calls.join_next().await {
        let (number, payload) = result.unwrap();
        assert_eq!(payload[1], number);
        pids.push(payload[0].as_u64().unwrap());
    }
    pids.sort_unstable();
    pids.dedup();
    assert_eq!(pids.len(), 4);
    situation.lambda.shutdown().await;
}

#[tokio::test]
async fn shutdown_ends_all_descendant_processes() {
    let situation = shell("Timeout: 5", r#"cat >/dev/null; sleep 600 >/dev/null 2>&1 & echo "[$PPID,$!]""#);
    let pids = situation.invoke("Shell", &json!({})).await.payload;
    let pids: Vec<u32> = serde_json::from_value(pids).unwrap();
    assert!(pids.iter().all(|pid| is_alive(*pid)), "{pids:?}");
    situation.lambda.shutdown().await;
    wait_until("the grandchild ends too", || !pids.iter().any(|pid| is_alive(*pid))).await;
}

#[test]
fn panic_ends_all_function_processes() {
    let pids = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&pids);
    let panicked = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let situation = shell("Timeout: 5", r#"cat >/dev/null; sleep 600 >/dev/null 2>&1 & echo "[$PPID,$!]""#);
            let payload = situation.invoke("Shell", &json!({})).await.payload;
            *seen.lock().unwrap() = serde_json::from_value(payload).unwrap();
            panic!("intended");
        })
    })
    .join();
    assert!(panicked.is_err());
    let pids: Vec<u32> = pids.lock().unwrap().clone();
    assert_eq!(pids.len(), 2);
    for _ in 0..2000 {
        if !pids.iter().any(|pid| is_alive(*pid)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("still alive: {pids:?}");
}

#[tokio::test]
async fn timeout_ends_the_process_group_and_the_next_call_works() {
    let situation = shell(
        "Timeout: 1",
        r#"event=$(cat); case $event in *slow*) echo $$ > pid; sleep 600 ;; *) echo "$event" ;; esac"#,
    );
    let slow = situation.invoke("Shell", &json!("slow")).await;
    assert_eq!(slow.payload["errorType"], "Sandbox.Timedout");
    let pid: u32 = std::fs::read_to_string(situation.path().join("shell/pid")).unwrap().trim().parse().unwrap();
    wait_until("the handler's process ends", || !is_alive(pid)).await;
    assert_eq!(situation.invoke("Shell", &json!("quick")).await.payload, "quick");
    situation.lambda.shutdown().await;
}

#[tokio::test]
async fn dropped_call_does_not_stop_the_function() {
    let situation =
        shell("Timeout: 20", "cat >/dev/null; : > started; while [ ! -e go ]; do sleep 0.01; done; : > done; echo 1");
    let directory = situation.path().join("shell");
    {
        let event = json!({});
        let call = situation.invoke("Shell", &event);
        tokio::select! {
            _ = call => panic!("the call cannot have returned"),
            () = wait_until("the function starts", || directory.join("started").exists()) => {}
        }
    }
    std::fs::write(directory.join("go"), "").unwrap();
    wait_until("the function comes to its end", || directory.join("done").exists()).await;
    situation.lambda.shutdown().await;
}

#[tokio::test]
async fn function_environment_is_that_of_lambda() {
    // A function sees only PATH and the named variable of this test's environment.
    let options = Options { pass_environment: vec!["CARGO_PKG_NAME".to_owned()], ..Options::default() };
    let situation = shell_with(
        "Environment: {Variables: {TABLE: orders, AWS_REGION: ignored}}",
        r#"cat >/dev/null; printf '["'; env | cut -d= -f1 | sort | tr '\n' ' '; printf '","%s"]' "$AWS_LAMBDA_FUNCTION_NAME $_HANDLER $AWS_LAMBDA_FUNCTION_VERSION $AWS_LAMBDA_FUNCTION_MEMORY_SIZE $AWS_REGION $TABLE $TZ $AWS_LAMBDA_LOG_GROUP_NAME $AWS_LAMBDA_INITIALIZATION_TYPE""#,
        options,
    );
    let payload = situation.invoke("Shell", &json!({})).await.payload;
    let names = payload[0].as_str().unwrap();
    let own: Vec<&str> = names.split(' ').filter(|name| !matches!(*name, "" | "_" | "PWD" | "OLDPWD")).collect();
    assert_eq!(
        own,
        [
            "AWS_DEFAULT_REGION",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            "AWS_LAMBDA_FUNCTION_NAME",
            "AWS_LAMBDA_FUNCTION_VERSION",
            "AWS_LAMBDA_INITIALIZATION_TYPE",
            "AWS_LAMBDA_LOG_GROUP_NAME",
            "AWS_LAMBDA_LOG_STREAM_NAME",
            "AWS_LAMBDA_RUNTIME_API",
            "AWS_REGION",
            "AWS_REQUEST_ID",
            "AWS_XRAY_CONTEXT_MISSING",
            "AWS_XRAY_DAEMON_ADDRESS",
            "CARGO_PKG_NAME",
            "LAMBDA_DEADLINE_MS",
            "LAMBDA_INVOKED_FUNCTION_ARN",
            "LAMBDA_RUNTIME_DIR",
            "LAMBDA_TASK_ROOT",
            "LANG",
            "PATH",
            "RUNWRIGHT",
            "SHLVL",
            "TABLE",
            "TZ",
            "_HANDLER",
            "_X_AMZN_TRACE_ID",
        ]
    );
    assert_eq!(payload[1], "Shell handler.sh $LATEST 128 us-east-1 orders :UTC /aws/lambda/Shell on-demand");
    situation.lambda.shutdown().await;
}

#[tokio::test]
async fn large_output_is_not_held_in_memory() {
    let counted = Arc::new(Mutex::new((0_u64, 0_usize)));
    let counter = Arc::clone(&counted);
    let log = LogSink::new(move |line| {
        if line.origin == LogOrigin::Function {
            let mut counted = counter.lock().unwrap();
            counted.0 += line.text.len() as u64;
            counted.1 = counted.1.max(line.text.len());
        }
    });
    let situation = shell_with(
        "Timeout: 60",
        "cat >/dev/null; head -c 300000000 /dev/zero | tr '\\0' x >&2; echo 1",
        Options { log: Some(log), ..Options::default() },
    );
    let output = situation.output("Shell", &json!({})).await;
    assert_eq!(output.payload().unwrap().as_ref(), b"1");
    let (bytes, longest) = *counted.lock().unwrap();
    // The first 64 KB and the last 1 MB, with a mark where the only line is truncated.
    assert_eq!(bytes, (64 * 1024 + 1024 * 1024 + 2 * "…".len()) as u64);
    assert!(longest <= 64 * 1024 + "…".len(), "{longest}");
    situation.lambda.shutdown().await;
}

#[tokio::test]
async fn log_lines_are_observed_with_their_invocation() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    let log = LogSink::new(move |line| {
        kept.lock().unwrap().push((line.origin, line.request_id.is_some(), mask(line.text)));
    });
    let options = Options { log: Some(log), ..Options::default() };
    let situation = shell_with("Timeout: 5", "cat >/dev/null; echo one >&2; printf two >&2", options);
    situation.invoke("Shell", &json!({})).await;
    let lines = lines.lock().unwrap().clone();
    let (function, platform) = (LogOrigin::Function, LogOrigin::Platform);
    let report =
        "REPORT RequestId: ID\tDuration: N ms\tBilled Duration: N ms\tMemory Size: 128 MB\tInit Duration: N ms";
    assert_eq!(
        lines,
        [
            (platform, true, "START RequestId: ID Version: $LATEST".to_owned()),
            (function, true, "one".to_owned()),
            (function, true, "two".to_owned()),
            (platform, true, "END RequestId: ID".to_owned()),
            (platform, true, report.to_owned()),
        ]
    );
    situation.lambda.shutdown().await;
}

async fn send_event(situation: &Situation) -> InvokeResult {
    let call = situation.client.invoke().function_name("Shell").invocation_type(InvocationType::Event);
    invoke_result(&call.payload(Blob::new("{}")).send().await.unwrap())
}

const ACCEPTED: fn() -> InvokeResult =
    || InvokeResult { status: 202, error: None, version: None, payload: Value::String(String::new()) };

#[tokio::test]
async fn failed_event_invocation_is_retried_after_one_and_two_minutes() {
    let start = "2026-11-20T00:00:00Z".parse().unwrap();
    let clock = ManualClock::at(start);
    let options = Options { clock: Arc::new(clock.clone()), ..Options::default() };
    let situation = shell_with("Timeout: 5", "cat >/dev/null; echo x >> tries; exit 1", options);
    let tries = situation.path().join("shell/tries");
    let count = || std::fs::read_to_string(&tries).map_or(0, |text| text.lines().count());
    assert_eq!(send_event(&situation).await, ACCEPTED());
    // The first attempt has failed and two will follow.
    assert_eq!(situation.lambda.drain(Duration::from_secs(20)).await, Drained { succeeded: 0, failed: 0, lost: 1 });
    assert_eq!(count(), 1);
    for (number, minutes) in [(2, 1), (3, 3)] {
        wait_until("the event waits", || clock.advance_to_next()).await;
        assert_eq!(clock.now(), start + jiff::SignedDuration::from_mins(minutes));
        wait_until("the next try", || count() == number).await;
    }
    for _ in 0..2000 {
        if situation.lambda.drain(Duration::from_secs(20)).await.failed == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(situation.lambda.drain(Duration::from_secs(20)).await, Drained { succeeded: 0, failed: 1, lost: 0 });
    assert_eq!(count(), 3);
    situation.lambda.shutdown().await;
}

#[tokio::test]
async fn successful_event_invocation_is_not_retried() {
    let situation = shell("Timeout: 5", "cat >/dev/null; echo x >> tries");
    for _ in 0..3 {
        assert_eq!(send_event(&situation).await, ACCEPTED());
    }
    assert_eq!(situation.lambda.drain(Duration::from_secs(20)).await, Drained { succeeded: 3, failed: 0, lost: 0 });
    let tries = std::fs::read_to_string(situation.path().join("shell/tries")).unwrap();
    assert_eq!(tries.lines().count(), 3);
    situation.lambda.shutdown().await;
}

#[tokio::test]
async fn dry_run_starts_no_process() {
    let situation = shell("Timeout: 5", "cat >/dev/null; : > ran");
    let call = situation.client.invoke().function_name("Shell").invocation_type(InvocationType::DryRun);
    let output = call.payload(Blob::new("{}")).send().await.unwrap();
    assert_eq!(
        invoke_result(&output),
        InvokeResult { status: 204, error: None, version: None, payload: Value::String(String::new()) }
    );
    let function = situation.lambda.functions().named("Shell").unwrap();
    assert_eq!(situation.lambda.idle_processes(function), Vec::<i32>::new());
    assert!(!situation.path().join("shell/ran").exists());
    situation.lambda.shutdown().await;
}

#[tokio::test]
async fn reserved_concurrency_throttles() {
    let situation = shell(
        "ReservedConcurrentExecutions: 1",
        "cat >/dev/null; : > started; while [ ! -e go ]; do sleep 0.01; done; echo 1",
    );
    let directory = situation.path().join("shell");
    let first = situation.client.invoke().function_name("Shell").payload(Blob::new("{}")).send();
    let first = tokio::spawn(first);
    wait_until("the first runs", || directory.join("started").exists()).await;
    let second = situation.client.invoke().function_name("Shell").payload(Blob::new("{}")).send().await;
    let error = second.unwrap_err().into_service_error();
    let aws_sdk_lambda::operation::invoke::InvokeError::TooManyRequestsException(throttle) = error else {
        panic!("{error:?}");
    };
    assert_eq!(
        (
            throttle.retry_after_seconds(),
            throttle.reason().map(aws_sdk_lambda::types::ThrottleReason::as_str),
            throttle.message()
        ),
        (Some("1"), Some("ReservedFunctionConcurrentInvocationLimitExceeded"), Some("Rate Exceeded."))
    );
    std::fs::write(directory.join("go"), "").unwrap();
    assert_eq!(first.await.unwrap().unwrap().payload().unwrap().as_ref(), b"1");
    situation.lambda.shutdown().await;
}

#[tokio::test]
async fn inline_code_and_import_errors() {
    if !has("python3") || !has("node") {
        return;
    }
    let situation = Situation::new(
        "
Resources:
  Py:
    Type: AWS::Lambda::Function
    Properties:
      Handler: index.handler
      Runtime: python3.9
      Code: {ZipFile: 'def handler(event, context): return [context.function_name, context.memory_limit_in_mb, context.get_remaining_time_in_millis() > 0]'}
  Js:
    Type: AWS::Serverless::Function
    Properties: {Handler: index.handler, Runtime: nodejs20.x, InlineCode: 'exports.handler = async (e, c) => [c.functionName, c.memoryLimitInMB, c.getRemainingTimeInMillis() > 0]'}
  PyImport:
    Type: AWS::Serverless::Function
    Properties: {Handler: index.handler, Runtime: python3.12, InlineCode: 'import no_such_module'}
  PyMissing:
    Type: AWS::Serverless::Function
    Properties: {Handler: index.main, Runtime: python3.12, InlineCode: 'x = 1'}
  JsMissing:
    Type: AWS::Serverless::Function
    Properties: {Handler: index.main, Runtime: nodejs20.x, InlineCode: 'exports.x = 1'}
  JsImport:
    Type: AWS::Serverless::Function
    Properties: {Handler: index.handler, Runtime: nodejs20.x, InlineCode: 'require(\"no-such-package\")'}
",
        &[],
    );
    let mut results = Vec::new();
    for name in ["Py", "Js", "PyImport", "PyMissing", "JsMissing", "JsImport"] {
        let payload = situation.invoke(name, &json!({})).await.payload;
        let short = match payload.get("errorType") {
            Some(kind) => json!([kind, payload["errorMessage"].as_str().unwrap().lines().next()]),
            None => payload,
        };
        results.push(short);
    }
    assert_eq!(
        Value::from(results),
        json!([
            ["Py", "128", true],
            ["Js", "128", true],
            ["Runtime.ImportModuleError", "Unable to import module 'index': No module named 'no_such_module'"],
            ["Runtime.HandlerNotFound", "Handler 'main' missing on module 'index'"],
            ["Runtime.HandlerNotFound", "index.main is undefined or not exported"],
            ["Runtime.ImportModuleError", "Error: Cannot find module 'no-such-package'"],
        ])
    );
    situation.lambda.shutdown().await;
}
