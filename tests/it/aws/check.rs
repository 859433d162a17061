//! `--check`: queries every distinct function once, and runs nothing.

use serde_json::json;

use super::situation;
use super::stub::{Answer, Request, Stub};
use crate::harness::Situation;

const HEAD: &str = "parameters: {Function: {type: String, default: ready}}\n";

const STEPS: [&str; 6] = [
    "name: one, timeoutSeconds: 30, inputs: {FunctionName: '{{ Function }}'}",
    "name: two, inputs: {FunctionName: ready}",
    "name: three, inputs: {FunctionName: gone, Qualifier: live}",
    "name: four, inputs: {FunctionName: forbidden}",
    "name: five, inputs: {FunctionName: unreadable}",
    "name: six, inputs: {FunctionName: '{{ two.Payload }}'}",
];

/// Lambda with the functions of [`STEPS`]; an invocation fails the test.
fn lambda() -> Stub {
    Stub::start(|request, _| {
        let name = request.path.split('/').nth(3).unwrap();
        match (name, is_dry_run(request)) {
            ("ready", false) => Answer::new(200, configuration("ready")),
            ("ready" | "unreadable", true) => Answer::new(204, ""),
            ("gone", _) => Answer::error(404, "ResourceNotFoundException", "Function not found: gone:live"),
            ("unreadable", false) => {
                Answer::error(403, "AccessDeniedException", "not authorized: lambda:GetFunctionConfiguration")
            }
            ("forbidden", false) => Answer::new(200, configuration("forbidden")),
            ("forbidden", true) => Answer::error(403, "AccessDeniedException", "not authorized: lambda:InvokeFunction"),
            _ => Answer::new(500, ""),
        }
    })
}

fn is_dry_run(request: &Request) -> bool {
    let invocation = request.method == "POST";
    assert!(!invocation || request.header("x-amz-invocation-type") == "DryRun", "{request:?}");
    invocation
}

fn configuration(name: &str) -> String {
    let arn = format!("arn:aws:lambda:eu-central-1:123456789012:function:{name}");
    serde_json::json!({"FunctionName": name, "FunctionArn": arn, "Timeout": 60, "State": "Active"}).to_string()
}

#[test]
fn each_function_is_checked_once() {
    let lambda = lambda();
    let situation = situation().runbook(HEAD, &STEPS);
    let outcome = situation.run(&["plan", "book.yaml", "--check", "--endpoint-url", &lambda.url]);
    assert_eq!(
        lambda.request_lines(),
        [
            "GET /2015-03-31/functions/ready/configuration",
            "POST /2015-03-31/functions/ready/invocations",
            "GET /2015-03-31/functions/gone/configuration?Qualifier=live",
            "GET /2015-03-31/functions/forbidden/configuration",
            "POST /2015-03-31/functions/forbidden/invocations",
            "GET /2015-03-31/functions/unreadable/configuration",
            "POST /2015-03-31/functions/unreadable/invocations",
        ]
    );
    let (_, functions) = outcome.stdout.split_once("Functions in").unwrap();
    insta::assert_snapshot!(format!(
        "exit {}\nFunctions in{functions}---\n{}",
        outcome.status.unwrap(),
        outcome.stderr
    ));
}

#[test]
fn run_with_check_invokes_nothing() {
    let lambda = lambda();
    let situation = situation().runbook(HEAD, &STEPS);
    let outcome = situation.run(&["run", "book.yaml", "--check", "--output", "json", "--endpoint-url", &lambda.url]);
    let plan: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((outcome.status, lambda.requests().len()), (Some(1), 7));
    let check = &plan["check"];
    let functions = check["functions"].as_array().unwrap().iter();
    let verdicts: Vec<_> = functions
        .map(|it| {
            json!([
                it["function"],
                it["qualifier"],
                it["steps"],
                it["verdict"],
                it["timeoutSeconds"],
                it["warnings"].as_array().unwrap().len()
            ])
        })
        .collect();
    let expected = [
        json!(["ready", null, ["one", "two"], "ready", 60, 1]),
        json!(["gone", "live", ["three"], "doesNotExist", null, 0]),
        json!(["forbidden", null, ["four"], "notAllowed", 60, 0]),
        json!(["unreadable", null, ["five"], "ready", null, 1]),
        json!(["{{ two.Payload }}", null, ["six"], "notKnownYet", null, 1]),
    ];
    let arn = "arn:aws:lambda:eu-central-1:123456789012:function:forbidden";
    let permissions = json!([
        {"action": "lambda:InvokeFunction", "resource": arn},
        {"action": "lambda:GetFunctionConfiguration", "resource": "unreadable"},
    ]);
    assert_eq!(verdicts, expected, "{check:#}");
    assert_eq!(
        (&check["passed"], &check["region"], &check["missingPermissions"]),
        (&json!(false), &json!("eu-central-1"), &permissions)
    );
    let problem = |at: usize| check["functions"][at]["problem"].as_str().unwrap_or_default();
    let codes = ["ResourceNotFoundException (404)", "AccessDeniedException (403)"];
    assert!(problem(1).contains(codes[0]) && problem(2).contains(codes[1]), "{check:#}");
}

#[test]
fn the_permission_to_invoke_has_the_result_of_the_check() {
    let lambda = lambda();
    let situation = situation().runbook(HEAD, &STEPS);
    let outcome = situation.run(&["plan", "book.yaml", "--check", "--output", "json", "--endpoint-url", &lambda.url]);
    let actions = outcome.json()["permissions"]["actions"].take();
    let use_of = |step: &str, resource: &str, check: serde_json::Value| json!({"step": step, "need": "everyRequest", "principal": "caller", "resource": resource, "check": check});
    let allowed = json!({"result": "allowed"});
    let refused = json!({"result": "refused", "reason": "you may not invoke the function"});
    let not_asked = |reason: &str| json!({"result": "notAsked", "reason": reason});
    assert_eq!(
        actions,
        json!([{
            "action": "lambda:InvokeFunction",
            "need": "everyRequest",
            "basis": "table",
            "uses": [
                use_of("one", "ready", allowed.clone()),
                use_of("two", "ready", allowed.clone()),
                use_of("three", "gone:live", not_asked("the function does not exist")),
                use_of("four", "forbidden", refused),
                use_of("five", "unreadable", allowed),
                use_of("six", "{{ two.Payload }}", not_asked("the function is known only when the step runs")),
            ],
        }])
    );
}

#[test]
fn warnings_do_not_fail_a_check() {
    let lambda = lambda();
    let steps = [STEPS[0], STEPS[4], STEPS[5].replace("two", "one").leak()];
    let outcome =
        situation().runbook(HEAD, &steps).run(&["plan", "book.yaml", "--check", "--endpoint-url", &lambda.url]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text());
    assert!(
        outcome.stdout.contains("step one times out after 30 s, but the function may run for 60 s"),
        "{}",
        outcome.text()
    );
}

#[test]
fn invalid_credentials_are_not_a_missing_permission() {
    let lambda = Stub::start(|_, _| Answer::error(403, "UnrecognizedClientException", "The security token is invalid"));
    let outcome = situation().run(&["run", "book.yaml", "--check", "--output", "json", "--endpoint-url", &lambda.url]);
    let plan: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(outcome.status, Some(1));
    assert_eq!(
        (&plan["check"]["functions"][0]["verdict"], &plan["check"]["missingPermissions"]),
        (&serde_json::json!("notChecked"), &serde_json::json!([]))
    );
}

#[test]
fn local_functions_are_checked_too() {
    let situation = Situation::new().functions().runbook(
        "",
        &["name: a, timeoutSeconds: 20, inputs: {FunctionName: say}", "name: b, inputs: {FunctionName: gone}"],
    );
    let plan = ["plan", "book.yaml", "--check", "--functions", "template.yaml", "--output", "json"];
    let outcome = situation.run(&plan);
    let check = outcome.json()["check"].take();
    let functions = check["functions"].as_array().unwrap().iter();
    let verdicts: Vec<_> =
        functions.map(|it| json!([it["steps"], it["verdict"], it["warnings"].as_array().unwrap().len()])).collect();
    assert_eq!((outcome.status, &check["region"]), (Some(1), &json!("us-east-1")), "{check:#}");
    assert_eq!(verdicts, [json!([["a"], "ready", 1]), json!([["b"], "doesNotExist", 0])], "{check:#}");
    assert!(outcome.stderr.contains("some functions cannot be invoked"), "{}", outcome.text());
}
