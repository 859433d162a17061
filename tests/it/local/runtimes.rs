//! Every outcome of a function, in every kind of runtime, as the SDK reports it.

use aws_sdk_lambda::primitives::Blob;
use base64::Engine as _;
use serde_json::{Value, json};

use super::{InvokeResult, Situation, client, example, has, log};

const TEMPLATE: &str = "
Globals: {Function: {Timeout: 1, Environment: {Variables: {COLOUR: green}}}}
Resources:
  Python:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: python, Handler: pkg/app.handler, Runtime: python3.12}
  Node:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: node, Handler: app.handler, Runtime: nodejs22.x}
  NodeModule:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: module, Handler: src/app.handler, Runtime: nodejs22.x}
  Rust:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: rust, Handler: bootstrap, Runtime: provided.al2023}
  Shell:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: shell, Handler: handler.sh, Runtime: provided.al2023}
  Crash:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: crash, Handler: none, Runtime: provided.al2023}
";

const PYTHON: &str = "
import os, sys, time
class NoSuchInstance(Exception):
    pass
def handler(event, context):
    mode = event.get('mode')
    print('mode', mode)
    if mode == 'raise':
        raise NoSuchInstance('i-0 is not there')
    if mode == 'sleep':
        time.sleep(60)
    if mode == 'exit':
        sys.exit(7)
    if mode == 'big':
        return 'x' * (7 * 1024 * 1024)
    if mode == 'none':
        return None
    if mode == 'unserialisable':
        return {1, 2}
    return event
";

const NODE: &str = "
class NoSuchInstance extends Error {
  constructor(message) { super(message); this.name = 'NoSuchInstance'; this.stack = `NoSuchInstance: ${message}`; }
}
exports.handler = (event, context, callback) => {
  if (event.mode === 'context') {
    return callback(null, {
      arn: context.invokedFunctionArn,
      client: context.clientContext,
      deadline: context.getRemainingTimeInMillis() > 0,
    });
  }
  console.log('mode', event.mode);
  switch (event.mode) {
    case 'raise': return callback(new NoSuchInstance('i-0 is not there'));
    case 'sleep': setTimeout(() => callback(null, null), 60000); return;
    case 'exit': process.exit(7);
    case 'big': return callback(null, 'x'.repeat(7 * 1024 * 1024));
    case 'none': return callback(null, null);
    case 'unserialisable': { const ring = {}; ring.ring = ring; return callback(null, ring); }
    default: callback(null, event);
  }
};
";

const MODULE: &str = "
class NoSuchInstance extends Error {
  constructor(message) { super(message); this.name = 'NoSuchInstance'; this.stack = `NoSuchInstance: ${message}`; }
}
export const handler = async (event) => {
  console.log('mode', event.mode);
  switch (event.mode) {
    case 'raise': throw new NoSuchInstance('i-0 is not there');
    case 'sleep': await new Promise((done) => setTimeout(done, 60000)); return;
    case 'exit': process.exit(7);
    case 'big': return 'x'.repeat(7 * 1024 * 1024);
    case 'none': return;
    case 'unserialisable': return 1n;
    default: return event;
  }
};
";

const SHELL: &str = r#"
event=$(cat)
echo "mode of $event" >&2
case $event in
  *raise*) echo '{"errorType":"NoSuchInstance","errorMessage":"i-0 is not there"}'; exit 1 ;;
  *sleep*) sleep 60 ;;
  *exit*) kill -9 $PPID ;;
  *big*) head -c 7340032 /dev/zero ;;
  *none*) ;;
  *unserialisable*) echo not json ;;
  *) printf '%s' "$event" ;;
esac
"#;

fn situation() -> Situation {
    let client = example("program_bootstrap");
    let bootstrap = format!("#!/bin/sh\nexec '{}' sh ./handler.sh\n", client.display());
    let situation = Situation::new(
        TEMPLATE,
        &[
            ("python/pkg/app.py", PYTHON),
            ("node/app.js", NODE),
            ("module/src/app.js", MODULE),
            ("module/package.json", r#"{"type":"module"}"#),
            ("shell/bootstrap", &bootstrap),
            ("shell/handler.sh", SHELL),
            ("crash/bootstrap", "#!/bin/sh\nprintf 'no disk'\nexit 3\n"),
            ("rust/.keep", ""),
        ],
    );
    std::fs::copy(example("lambda_echo"), situation.path().join("rust/bootstrap")).unwrap();
    situation
}

fn failed(payload: Value) -> InvokeResult {
    InvokeResult { status: 200, error: Some("Unhandled".to_owned()), version: Some("$LATEST".to_owned()), payload }
}

fn succeeded(payload: Value) -> InvokeResult {
    InvokeResult { status: 200, error: None, version: Some("$LATEST".to_owned()), payload }
}

/// The common behaviour of runtimes, and the specific error documents for raised errors and unserializable results.
async fn assert_runtime(situation: &Situation, name: &str, raised: Value, unserialisable: Option<Value>, exit: &str) {
    let table = [
        ("echo", succeeded(json!({"mode": "echo", "n": 1.5, "text": "ä\n\""}))),
        ("raise", failed(raised)),
        ("none", succeeded(Value::Null)),
        (
            "big",
            failed(json!({
                "errorType": "Function.ResponseSizeTooLarge",
                "errorMessage": if name == "Shell" {
                    "sh wrote more than 6291556 bytes to standard output"
                } else {
                    "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
                },
            })),
        ),
        (
            "sleep",
            failed(json!({
                "errorType": "Sandbox.Timedout",
                "errorMessage": "RequestId: ID Error: Task timed out after 1.00 seconds",
            })),
        ),
        (
            "exit",
            failed(json!({
                "errorType": "Runtime.ExitError",
                "errorMessage": format!("RequestId: ID Error: Runtime exited with error: {exit}"),
            })),
        ),
    ];
    for (mode, expected) in table {
        let seen = situation.invoke(name, &json!({"mode": mode, "n": 1.5, "text": "ä\n\""})).await;
        assert_eq!(seen, expected, "{name} {mode}");
    }
    if let Some(document) = unserialisable {
        let seen = situation.invoke(name, &json!({"mode": "unserialisable"})).await;
        assert_eq!(seen, failed(document), "{name} unserialisable");
    }
    // The function still works.
    assert_eq!(situation.invoke(name, &json!([1])).await, succeeded(json!([1])), "{name} after all");
}

#[tokio::test]
async fn rust_function_with_official_runtime_client() {
    let situation = situation();
    let raised = json!({"errorType": "NoSuchInstance", "errorMessage": "i-0 is not there"});
    assert_runtime(&situation, "Rust", raised, None, "exit status 7").await;
    situation.lambda.shutdown().await;
}

#[tokio::test]
async fn shell_program_behind_the_bootstrap_client() {
    let situation = situation();
    let raised = json!({"errorType": "NoSuchInstance", "errorMessage": "i-0 is not there"});
    let unserialisable = json!({
        "errorType": "Runtime.MarshalError",
        "errorMessage": "Unable to use the output of sh as a result: it is not JSON (expected ident at line 1 column 2)",
    });
    assert_runtime(&situation, "Shell", raised, Some(unserialisable), "signal: killed").await;
    situation.lambda.shutdown().await;
}

#[tokio::test]
async fn node_function_with_callbacks() {
    if !has("node") {
        return;
    }
    let situation = situation();
    assert_runtime(&situation, "Node", node_raised(), None, "exit status 7").await;
    situation.lambda.shutdown().await;
}

#[tokio::test]
async fn node_module_with_async_handler() {
    if !has("node") {
        return;
    }
    let situation = situation();
    assert_runtime(&situation, "NodeModule", node_raised(), None, "exit status 7").await;
    let output = situation.output("NodeModule", &json!({"mode": "unserialisable"})).await;
    let payload: Value = serde_json::from_slice(output.payload().unwrap().as_ref()).unwrap();
    assert_eq!(
        (&payload["errorType"], &payload["errorMessage"]),
        (&json!("Error"), &json!("Unable to stringify response body"))
    );
    situation.lambda.shutdown().await;
}

#[tokio::test]
async fn function_context_matches_the_official_clients() {
    let situation = situation();
    let client_context = base64::engine::general_purpose::STANDARD.encode(r#"{"custom": {"who": "ops"}}"#);
    for function in ["Rust", "Node"] {
        if function == "Node" && !has("node") {
            continue;
        }
        let output = client(&situation.lambda)
            .invoke()
            .function_name(function)
            .client_context(&client_context)
            .payload(Blob::new(r#"{"mode": "context"}"#))
            .send()
            .await
            .unwrap();
        let function_context: Value = serde_json::from_slice(output.payload().unwrap().as_ref()).unwrap();
        assert_eq!(
            (&function_context["arn"], &function_context["client"]["custom"]["who"], &function_context["deadline"]),
            (&json!(format!("arn:aws:lambda:us-east-1:123456789012:function:{function}")), &json!("ops"), &json!(true)),
            "{function}: {function_context}"
        );
    }
    situation.lambda.shutdown().await;
}

fn node_raised() -> Value {
    json!({
        "errorType": "NoSuchInstance",
        "errorMessage": "i-0 is not there",
        "trace": ["NoSuchInstance: i-0 is not there"],
    })
}

#[tokio::test]
async fn python_function() {
    if !has("python3") {
        return;
    }
    let situation = situation();
    let table = [
        ("echo", succeeded(json!({"mode": "echo"}))),
        (
            "raise",
            failed(json!({
                "errorMessage": "i-0 is not there",
                "errorType": "NoSuchInstance",
                "requestId": "ID",
                "stackTrace": ["  File \"ROOT/python/pkg/app.py\", line 9, in handler\n    raise NoSuchInstance('i-0 is not there')\n"],
            })),
        ),
        ("none", succeeded(Value::Null)),
        (
            "unserialisable",
            failed(json!({
                "errorMessage": "Unable to marshal response: Object of type set is not JSON serializable",
                "errorType": "Runtime.MarshalError",
                "requestId": "ID",
                "stackTrace": [],
            })),
        ),
        (
            "big",
            failed(json!({
                "errorType": "Function.ResponseSizeTooLarge",
                "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
            })),
        ),
        (
            "sleep",
            failed(json!({
                "errorType": "Sandbox.Timedout",
                "errorMessage": "RequestId: ID Error: Task timed out after 1.00 seconds",
            })),
        ),
        (
            "exit",
            failed(json!({
                "errorType": "Runtime.ExitError",
                "errorMessage": "RequestId: ID Error: Runtime exited with error: exit status 7",
            })),
        ),
        ("echo", succeeded(json!({"mode": "echo"}))),
    ];
    let root = std::fs::canonicalize(situation.path()).unwrap();
    for (mode, expected) in table {
        let mut seen = situation.invoke("Python", &json!({"mode": mode})).await;
        let text = seen.payload.to_string().replace(&root.display().to_string(), "ROOT");
        seen.payload = serde_json::from_str(&text).unwrap();
        assert_eq!(seen, expected, "{mode}");
    }
    situation.lambda.shutdown().await;
}

#[tokio::test]
async fn log_tail_matches_lambda() {
    let situation = situation();
    let first = log(&situation.output("Shell", &json!({"mode": "echo"})).await);
    let timed_out = log(&situation.output("Shell", &json!({"mode": "sleep"})).await);
    let crashed = log(&situation.output("Crash", &json!({})).await);
    let report = "REPORT RequestId: ID\tDuration: N ms\tBilled Duration: N ms\tMemory Size: 128 MB\t";
    assert_eq!(
        first,
        format!(
            "START RequestId: ID Version: $LATEST\nmode of {{\"mode\":\"echo\"}}\nEND RequestId: ID\n{report}Init Duration: N ms\t\n"
        )
    );
    assert_eq!(
        timed_out,
        format!(
            "START RequestId: ID Version: $LATEST\nmode of {{\"mode\":\"sleep\"}}\nTIME ID Task timed out after 1.00 seconds\n\nEND RequestId: ID\n{report}Status: timeout\n"
        )
    );
    assert_eq!(
        crashed,
        format!(
            "no disk\nSTART RequestId: ID Version: $LATEST\nRequestId: ID Error: Runtime exited with error: exit status 3\nRuntime.ExitError\nEND RequestId: ID\n{report}Init Duration: N ms\tStatus: error\tError Type: Runtime.ExitError\n"
        )
    );
    situation.lambda.shutdown().await;
}
