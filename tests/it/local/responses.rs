//! Responses of Node.js and Python functions: like those of AWS's own runtime clients, whatever a handler does.

mod node;
mod python;

use aws_sdk_lambda::operation::invoke::InvokeOutput;
use serde_json::{Value, json};

use super::{Situation, has, mask};

/// The response in short: the raw payload, or type and message of an error.
fn summarize(output: &InvokeOutput) -> String {
    let payload = output.payload().map(|payload| payload.as_ref().to_vec()).unwrap_or_default();
    let payload = String::from_utf8(payload).unwrap();
    if output.function_error().is_none() {
        return payload;
    }
    let document: Value = serde_json::from_str(&payload).unwrap();
    let text = |name: &str| document[name].as_str().map_or_else(|| document[name].to_string(), ToOwned::to_owned);
    let kind = output.function_error().unwrap();
    mask(&format!("{kind} {}: {}", text("errorType"), text("errorMessage")))
}

/// Invokes every handler of the table once, as a function of this runtime.
async fn node_responses(runtime: &str) -> Vec<(&'static str, String)> {
    let mut template = "Globals: {Function: {Timeout: 5}}\nResources:\n".to_owned();
    let mut module = node::HEAD.to_owned();
    for (index, (source, _, _)) in node::HANDLERS.iter().enumerate() {
        template.push_str(&format!(
            "  f{index}: {{Type: AWS::Serverless::Function, Properties: {{CodeUri: fn, Handler: app.f{index}, Runtime: {runtime}}}}}\n"
        ));
        module.push_str(&format!("exports.f{index} = {source};\n"));
    }
    let situation = Situation::new(&template, &[("fn/app.js", &module)]);
    let mut answers = Vec::new();
    for (index, (source, _, _)) in node::HANDLERS.iter().enumerate() {
        answers.push((*source, summarize(&situation.output(&format!("f{index}"), &json!({"n": 1})).await)));
    }
    situation.lambda.shutdown().await;
    answers
}

#[tokio::test]
async fn node_handlers_respond_through_callbacks_contexts_and_promises() {
    if !has("node") {
        return;
    }
    let expected: Vec<_> = node::HANDLERS.iter().map(|(source, old, _)| (*source, (*old).to_owned())).collect();
    assert_eq!(node_responses("nodejs20.x").await, expected);
}

#[tokio::test]
async fn node_runtimes_without_callbacks_respond_through_promises_only() {
    if !has("node") {
        return;
    }
    let expected: Vec<_> = node::HANDLERS.iter().map(|(source, _, new)| (*source, (*new).to_owned())).collect();
    assert_eq!(node_responses("nodejs24.x").await, expected);
}

async fn python_responses(runtime: &str) -> Vec<(&'static str, String)> {
    let template = format!(
        "Resources:\n  f: {{Type: AWS::Serverless::Function, Properties: {{CodeUri: fn, Handler: app.handler, Runtime: {runtime}}}}}\n"
    );
    let situation = Situation::new(&template, &[("fn/app.py", python::MODULE)]);
    let mut answers = Vec::new();
    for (source, _, _) in python::RESULTS {
        answers.push((*source, summarize(&situation.output("f", &json!(source)).await)));
    }
    situation.lambda.shutdown().await;
    answers
}

#[tokio::test]
async fn python_results_are_serialized_like_lambda() {
    if !has("python3") {
        return;
    }
    let expected: Vec<_> = python::RESULTS.iter().map(|(source, new, _)| (*source, (*new).to_owned())).collect();
    assert_eq!(python_responses("python3.13").await, expected);
}

#[tokio::test]
async fn older_python_runtimes_escape_non_ascii() {
    if !has("python3") {
        return;
    }
    let expected = python::RESULTS.iter().map(|(source, new, old)| (*source, old.unwrap_or(new).to_owned()));
    assert_eq!(python_responses("python3.11").await, expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn error_documents_are_complete() {
    if !has("node") || !has("python3") {
        return;
    }
    let template = "
Resources:
  node: {Type: AWS::Serverless::Function, Properties: {CodeUri: fn, Handler: app.handler, Runtime: nodejs22.x}}
  python: {Type: AWS::Serverless::Function, Properties: {CodeUri: fn, Handler: app.handler, Runtime: python3.12}}
  missing: {Type: AWS::Serverless::Function, Properties: {CodeUri: fn, Handler: none.handler, Runtime: python3.12}}
  builtin: {Type: AWS::Serverless::Function, Properties: {CodeUri: fn, Handler: sys.handler, Runtime: python3.12}}
";
    let node = "exports.handler = async () => { const e = new TypeError('no'); e.stack = 'TypeError: no\\n    at x'; throw e; };\n";
    let python = "def inner(values):\n    return [int(text) for text in values if text] + [values[0] + 1]\n\ndef handler(event, context):\n    return inner(['5'])\n";
    let situation = Situation::new(template, &[("fn/app.js", node), ("fn/app.py", python)]);
    let root = std::fs::canonicalize(situation.path()).unwrap().display().to_string();
    let mut answers = Vec::new();
    for name in ["node", "python", "missing", "builtin"] {
        let seen = situation.invoke(name, &json!({})).await;
        answers.push((seen.error.unwrap(), seen.payload.to_string().replace(&root, "ROOT").parse::<Value>().unwrap()));
    }
    situation.lambda.shutdown().await;
    let document = |kind: &str, message: &str, trace: Value| {
        let id = if kind == "TypeError" { "ID" } else { "" };
        json!({"errorType": kind, "errorMessage": message, "requestId": id, "stackTrace": trace})
    };
    let trace = json!([
        "  File \"ROOT/fn/app.py\", line 5, in handler\n    return inner(['5'])\n",
        "  File \"ROOT/fn/app.py\", line 2, in inner\n    return [int(text) for text in values if text] + [values[0] + 1]\n",
    ]);
    let expected = [
        json!({"errorType": "TypeError", "errorMessage": "no", "trace": ["TypeError: no", "    at x"]}),
        document("TypeError", "can only concatenate str (not \"int\") to str", trace),
        document("Runtime.ImportModuleError", "Unable to import module 'none': No module named 'none'", json!([])),
        document("Runtime.BuiltInModuleConflict", "Cannot use built-in module sys as a handler module", json!([])),
    ];
    assert_eq!(answers, expected.map(|document| ("Unhandled".to_owned(), document)));
}

#[tokio::test]
async fn process_with_an_early_response_takes_the_next_event() {
    if !has("node") {
        return;
    }
    let template = "
Globals: {Function: {CodeUri: fn, Runtime: nodejs20.x, Timeout: 5}}
Resources:
  open: {Type: AWS::Serverless::Function, Properties: {Handler: app.open}}
  late: {Type: AWS::Serverless::Function, Properties: {Handler: app.late}}
";
    // The second response of an event is dropped, and is not that of the next event.
    let module = "
let count = 0;
exports.open = (event, context) => { setInterval(() => {}, 1000); context.succeed(++count); };
let old;
exports.late = (event, context, callback) => {
  if (old) { old(null, 'stale'); return callback(null, 'second'); }
  old = callback;
};
";
    let situation = Situation::new(template, &[("fn/app.js", module)]);
    let mut answers = Vec::new();
    for name in ["open", "open", "open", "late", "late"] {
        answers.push(situation.invoke(name, &json!({})).await.payload);
    }
    situation.lambda.shutdown().await;
    assert_eq!(answers, [json!(1), json!(2), json!(3), json!(null), json!("second")]);
}
