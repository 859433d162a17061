//! Steps that call AWS APIs, against a scripted server: what is refused before it is sent, what a reply means, and what
//! stays secret.

use serde_json::{Value, json};

use super::situation;
use super::stub::{Answer, Request, Stub};
use crate::harness::{Outcome, Situation};

/// A runbook of these steps, each written as YAML flow without `aws:`.
fn runbook(steps: &[&str]) -> String {
    let steps = steps.iter().fold(String::new(), |text, step| text + &format!("  - {{{step}}}\n"));
    format!("schemaVersion: \"0.3\"\nmainSteps:\n{steps}")
}

/// A situation with these steps, and every service at this address.
fn api_situation(server: &Stub, steps: &[&str]) -> Situation {
    situation().file("book.yaml", runbook(steps)).env("AWS_ENDPOINT_URL", &server.url)
}

fn run(situation: &Situation, more: &[&str]) -> Outcome {
    let mut arguments = vec!["run", "book.yaml", "-q", "--retry-delay", "0s", "--poll-interval", "10ms"];
    arguments.extend(more);
    situation.run(&arguments)
}

/// The execution as `executions show` has it.
fn shown(situation: &Situation) -> Value {
    situation.run(&["executions", "show", "last", "--output", "json"]).json()
}

/// The failure message of a step, without the words around it.
fn reason(step: &Value) -> &str {
    let message = step["FailureMessage"].as_str().unwrap_or_default();
    let inner = message.strip_prefix("Step fails when it is Execute/Cancelling action. ").unwrap_or(message);
    let end = ". Please refer to Automation Service Troubleshooting Guide for more diagnosis details.";
    inner.strip_suffix(end).unwrap_or(inner)
}

#[test]
fn call_that_cannot_be_made_fails_its_step_before_anything_is_sent() {
    let rows = [
        ("Service: ec3, Api: DescribeInstances", "there is no AWS service ec3; did you mean ec2?"),
        (
            "Service: ec2, Api: DescribeInstanzes",
            "service ec2 has no operation DescribeInstanzes; did you mean DescribeInstances?",
        ),
        (
            "Service: s3, Api: GetObject, Bucket: b, Key: k",
            "operation GetObject of service s3 sends or receives a stream, which no runbook can do",
        ),
        (
            "Service: sdb, Api: ListDomains",
            "requests to service sdb are signed with v2, which this program does not support",
        ),
        (
            "Service: timestream-query, Api: CancelQuery, QueryId: q",
            "service timestream-query has to be asked for the address of each call, which this program does not do",
        ),
        (
            "Service: sqs, Api: SendMessage, QueueUrl: 7, Messages: x",
            "Parameter validation failed:\nMissing required parameter in input: \"MessageBody\"\nUnknown parameter in \
             input: \"Messages\", must be one of: QueueUrl, MessageBody, DelaySeconds, MessageAttributes, \
             MessageSystemAttributes, MessageDeduplicationId, MessageGroupId\nInvalid type for parameter QueueUrl, \
             value: 7, type: <class 'int'>, valid types: <class 'str'>",
        ),
        (
            "Service: s3, Api: HeadBucket, Bucket: 'a/b'",
            "HeadBucket of s3 cannot be called: \"a/b\" is not the name of a bucket: it may have up to 255 letters, \
             digits, periods, hyphens and underscores",
        ),
    ];
    for (inputs, expected) in rows {
        let server = Stub::start(|_, _| Answer::new(200, ""));
        let situation =
            api_situation(&server, &[&format!("name: a, action: 'aws:executeAwsApi', inputs: {{{inputs}}}")]);
        let outcome = run(&situation, &[]);
        let execution = shown(&situation);
        let step = &execution["StepExecutions"][0];
        assert_eq!(
            (outcome.status, reason(step), server.requests().len()),
            (Some(1), expected, 0),
            "{}",
            outcome.text()
        );
    }
}

/// A step of EC2's protocol, one of JSON, and one of S3.
const EC2: &str = "name: a, action: 'aws:executeAwsApi', inputs: {Service: ec2, Api: DescribeInstances}";
const SSM: &str = "name: a, action: 'aws:executeAwsApi', inputs: {Service: ssm, Api: GetParameter, Name: n}";
const S3: &str = "name: a, action: 'aws:executeAwsApi', inputs: {Service: s3, Api: GetBucketAcl, Bucket: b-1}";

#[test]
fn reply_that_is_no_result_fails_the_step_with_its_class() {
    let html = "<html><body><h1>503 Service Unavailable</h1></body></html>";
    let large = format!("{{\"Parameter\": {{\"Value\": \"{}\"}}}}", "x".repeat(20 * 1024 * 1024));
    let rows: [(&str, Answer, &str, &str); 11] = [
        (
            EC2,
            Answer::new(200, html),
            "Response",
            "The response to DescribeInstances of ec2 cannot be read: the response is a web page",
        ),
        (
            EC2,
            Answer::new(503, html),
            "Transient",
            "An error occurred (503) when calling the DescribeInstances operation: Service Unavailable",
        ),
        (
            EC2,
            Answer::new(400, "<ErrorResponse><Error><Code></Code><Message>Not here</Message></Error></ErrorResponse>"),
            "Payload",
            "An error occurred (400) when calling the DescribeInstances operation: Not here",
        ),
        (
            EC2,
            Answer::new(
                400,
                "<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code><Message>No i-1</Message></Error></Errors>\
                 <RequestID>r</RequestID></Response>",
            ),
            "NotFound",
            "An error occurred (InvalidInstanceID.NotFound) when calling the DescribeInstances operation: No i-1",
        ),
        (
            EC2,
            Answer::new(
                403,
                "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized.</Message></Error>\
                 </Errors></Response>",
            ),
            "Permission",
            "An error occurred (UnauthorizedOperation) when calling the DescribeInstances operation: You are not \
             authorized.",
        ),
        (SSM, Answer::new(200, "{\"Parameter\": "), "Response", "The response to GetParameter of ssm cannot be read: "),
        (
            SSM,
            Answer::new(200, large),
            "Response",
            "The response to GetParameter of ssm cannot be read: it has more than 16777216 bytes",
        ),
        (
            SSM,
            Answer::new(500, ""),
            "Transient",
            "An error occurred (500) when calling the GetParameter operation: Internal Server Error",
        ),
        (
            SSM,
            Answer::new(400, "{\"__type\":\"com.amazonaws.ssm#ParameterNotFound\",\"message\":\"none\"}"),
            "NotFound",
            "An error occurred (ParameterNotFound) when calling the GetParameter operation: none",
        ),
        (
            S3,
            Answer::new(200, "<Error><Code>InternalError</Code><Message>Try again</Message></Error>"),
            "Response",
            "An error occurred (InternalError) when calling the GetBucketAcl operation: Try again",
        ),
        (
            S3,
            Answer::new(301, ""),
            "Setup",
            "An error occurred (301) when calling the GetBucketAcl operation: Moved Permanently",
        ),
    ];
    for (step, answer, class, expected) in rows {
        let server = Stub::start(move |_, _| answer.clone());
        let situation = api_situation(&server, &[step]);
        let outcome = run(&situation, &["--throttle-window", "0s"]);
        let execution = shown(&situation);
        let step = &execution["StepExecutions"][0];
        let found =
            (outcome.status, step["FailureDetails"]["Details"]["ErrorClass"][0].as_str(), server.requests().len());
        assert_eq!(found, (Some(1), Some(class), 1), "{step:#} {}", outcome.text());
        assert!(reason(step).starts_with(expected), "{expected}\n{}", reason(step));
    }
}

/// The members of a JSON request.
fn body(request: &Request) -> Value {
    serde_json::from_str(&request.body).unwrap()
}

#[test]
fn wait_polls_over_throttles_until_the_property_has_the_value() {
    let server = Stub::start(|_, before| match before {
        0 => Answer::new(400, r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#),
        1 => Answer::new(200, r#"{"Cluster":{}}"#),
        2 => Answer::new(503, ""),
        3 => Answer::new(200, r#"{"Table":{"TableStatus":"CREATING"}}"#),
        _ => Answer::new(200, r#"{"Table":{"TableStatus":"ACTIVE","ItemCount":7}}"#),
    });
    let step = "name: a, action: 'aws:waitForAwsResourceProperty', inputs: {Service: dynamodb, Api: describe_table, \
                TableName: t, PropertySelector: Table.TableStatus, DesiredValues: [ACTIVE]}, \
                outputs: [{Name: Items, Selector: $.Table.ItemCount, Type: Integer}]";
    let situation = api_situation(&server, &[step]);
    let outcome = run(&situation, &[]);
    let step = &shown(&situation)["StepExecutions"][0];
    assert_eq!(
        (outcome.status, &step["StepStatus"], &step["Outputs"]["Items"], server.requests().len()),
        (Some(0), &json!("Success"), &json!(["7"]), 5),
        "{}",
        outcome.text()
    );
}

#[test]
fn error_of_the_service_ends_an_attempt_of_a_wait_and_a_further_one_begins() {
    let server = Stub::start(|_, before| match before {
        0 => Answer::new(400, r#"{"__type":"ResourceNotFoundException","message":"no table"}"#),
        _ => Answer::new(200, r#"{"Table":{"TableStatus":"ACTIVE"}}"#),
    });
    let step = "name: a, maxAttempts: 2, action: 'aws:waitForAwsResourceProperty', inputs: {Service: dynamodb, Api: \
                DescribeTable, TableName: t, PropertySelector: $.Table.TableStatus, DesiredValues: [ACTIVE]}";
    let situation = api_situation(&server, &[step]);
    let outcome = run(&situation, &[]);
    assert_eq!(
        (outcome.status, situation.history("last"), server.requests().len()),
        (Some(0), "a attempt 2, a Success, Success".to_owned(), 2),
        "{}",
        outcome.text()
    );
}

#[test]
fn sendings_of_an_attempt_have_one_token_and_attempts_have_others() {
    let server = Stub::start(|_, before| match before {
        0 => {
            Answer::new(400, r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#).header("retry-after", "0")
        }
        1 => Answer::new(500, r#"{"__type":"InternalServerError","message":"no"}"#),
        _ => Answer::new(200, r#"{"startDate":1795916503.926,"executionArn":"x"}"#),
    });
    let step = "name: a, maxAttempts: 2, action: 'aws:executeAwsApi', inputs: {Service: ssm, Api: CreateOpsItem, Title: t, \
                Source: s, Description: d}";
    let maintenance = "name: b, action: 'aws:executeAwsApi', inputs: {Service: ssm, Api: CreateMaintenanceWindow, Name: \
                       win, Schedule: rate(1 day), Duration: 2, Cutoff: 1, AllowUnassociatedTargets: true}";
    let given = "name: c, action: 'aws:executeAwsApi', inputs: {Service: ssm, Api: CreateMaintenanceWindow, Name: win, \
                 Schedule: rate(1 day), Duration: 2, Cutoff: 1, AllowUnassociatedTargets: true, ClientToken: mine}";
    let situation = api_situation(&server, &[&maintenance.replace("name: b", "name: b, maxAttempts: 2"), step, given]);
    let outcome = run(&situation, &[]);
    let tokens: Vec<Value> = server.requests().iter().map(|request| body(request)["ClientToken"].clone()).collect();
    let [first, again, second, none, mine] = tokens.as_slice() else { panic!("{tokens:?} {}", outcome.text()) };
    assert_eq!(
        (outcome.status, first == again, first != second, none, mine),
        (Some(0), true, true, &Value::Null, &json!("mine")),
        "{tokens:?}"
    );
}

#[test]
fn sensitive_members_reach_later_steps_and_nobody_else() {
    let server = Stub::start(|request, _| {
        let is_secret = request.body.contains("secure");
        let kind = if is_secret { "SecureString" } else { "String" };
        Answer::new(
            200,
            json!({"Parameter": {"Name": "n", "Type": kind, "Value": format!("value-of-{kind}")}}).to_string(),
        )
    });
    let read = |name: &str, parameter: &str| {
        format!(
            "name: {name}, action: 'aws:executeAwsApi', inputs: {{Service: ssm, Api: GetParameter, Name: {parameter}, \
             WithDecryption: true}}, outputs: [{{Name: Value, Selector: $.Parameter.Value, Type: String}}]"
        )
    };
    let next = "name: use, action: 'aws:executeAwsApi', inputs: {Service: ssm, Api: PutParameter, Name: copy, Value: '{{ \
                secret.Value }}/{{ plain.Value }}'}";
    let situation = api_situation(&server, &[&read("secret", "secure"), &read("plain", "open"), next]);
    let outcome = situation.run(&["run", "book.yaml", "--verbose", "--output", "json"]);
    let journal = std::fs::read(situation.path().join(".local/state/runwright/journal.db")).unwrap();
    let history = situation.run(&["executions", "show", "last", "--output", "json"]);
    let export = situation.run(&["executions", "export", "last"]);
    let everything = [
        &outcome.stdout,
        &outcome.stderr,
        &history.stdout,
        &export.stdout,
        &String::from_utf8_lossy(&journal).into_owned(),
    ]
    .map(String::as_str)
    .concat();
    let sent = body(&server.requests()[2])["Value"].clone();
    assert_eq!(
        (
            outcome.status,
            sent,
            everything.contains("value-of-SecureString"),
            everything.contains("value-of-String"),
            &history.json()["StepExecutions"][0]["Outputs"]["Value"],
        ),
        (Some(0), json!("value-of-SecureString/value-of-String"), false, true, &json!(["****"])),
        "{}",
        outcome.text()
    );
}

#[test]
fn check_asks_ec2_whether_it_would_allow_the_calls() {
    let error = |code: &str, message: &str| {
        format!("<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors></Response>")
    };
    let server = Stub::start(move |request, _| {
        if request.body.contains("Action=StopInstances") {
            Answer::new(412, error("DryRunOperation", "Request would have succeeded, but DryRun flag is set."))
        } else {
            Answer::new(403, error("UnauthorizedOperation", "You are not authorized."))
        }
    });
    let head = "schemaVersion: \"0.3\"\nparameters:\n  Id: { type: String, default: i-1 }\nmainSteps:\n";
    let step = |name: &str, api: &str, id: &str| {
        format!(
            "  - {{name: {name}, action: 'aws:executeAwsApi', inputs: {{Service: ec2, Api: {api}, InstanceIds: ['{id}']}}, \
             outputs: [{{Name: Id, Selector: $.Id, Type: String}}]}}\n"
        )
    };
    let book = [
        head,
        &step("stop", "StopInstances", "{{ Id }}"),
        &step("start", "StartInstances", "{{ Id }}"),
        &step("reboot", "RebootInstances", "{{ stop.Id }}"),
    ]
    .concat();
    let situation = situation().file("book.yaml", book).env("AWS_ENDPOINT_URL", &server.url);
    let outcome = situation.run(&["plan", "book.yaml", "--check", "--output", "json"]);
    let checks: Vec<Value> = outcome.json()["permissions"]["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|required| json!([required["action"], required["uses"][0]["check"]["result"]]))
        .collect();
    let flags = server.requests().iter().filter(|request| request.body.contains("DryRun=true")).count();
    assert_eq!(
        (outcome.status, json!(checks), flags, server.requests().len()),
        (
            Some(1),
            json!([
                ["ec2:RebootInstances", "notAsked"],
                ["ec2:StartInstances", "refused"],
                ["ec2:StopInstances", "allowed"]
            ]),
            2,
            2
        ),
        "{}",
        outcome.text()
    );
}
