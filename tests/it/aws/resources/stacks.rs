//! `aws:createStack` and `aws:deleteStack`: stacks that come to a good end, that fail, and that are left behind.

use serde_json::json;

use super::super::stub::Answer;
use super::{RUN, beside, calls, has_polled, run, services, told};

const ID: &str = "arn:aws:cloudformation:eu-central-1:111122223333:stack/web/1";

const CREATE: &str = "
  - name: create
    action: aws:createStack
    inputs: {StackName: web, TemplateBody: '{}', Parameters: [{ParameterKey: Size, ParameterValue: 3}]}
";

const DELETE: &str = "
  - {name: delete, action: 'aws:deleteStack', inputs: {StackName: web}}
";

fn xml(operation: &str, result: &str) -> Answer {
    let namespace = "http://cloudformation.amazonaws.com/doc/2010-05-15/";
    Answer::new(
        200,
        format!(
            "<{operation}Response xmlns=\"{namespace}\"><{operation}Result>{result}</{operation}Result>\
             <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></{operation}Response>"
        ),
    )
}

fn created() -> Answer {
    xml("CreateStack", &format!("<StackId>{ID}</StackId>"))
}

fn deleted() -> Answer {
    xml("DeleteStack", "")
}

/// A stack with a status, and the reason for it.
fn stack(status: &str, reason: &str) -> Answer {
    let reason =
        if reason.is_empty() { String::new() } else { format!("<StackStatusReason>{reason}</StackStatusReason>") };
    let stack = format!(
        "<Stacks><member><StackId>{ID}</StackId><StackName>web</StackName><StackStatus>{status}</StackStatus>{reason}\
         <CreationTime>2026-01-02T03:04:05Z</CreationTime></member></Stacks>"
    );
    xml("DescribeStacks", &stack)
}

fn error(code: &str, message: &str) -> Answer {
    let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
    Answer::new(400, format!("<ErrorResponse>{error}<RequestId>r-2</RequestId></ErrorResponse>"))
}

const GUIDE: &str = "Please refer to Automation Service Troubleshooting Guide for more diagnosis details.";

#[test]
fn stack_is_created_with_a_token_and_awaited() {
    let states = vec![
        stack("CREATE_IN_PROGRESS", ""),
        error("Throttling", "Rate exceeded"),
        stack("CREATE_IN_PROGRESS", ""),
        stack("CREATE_COMPLETE", ""),
    ];
    let services = services(vec![("CreateStack", vec![created()]), ("DescribeStacks", states)]);
    let outcome = run(&services, CREATE);
    let body = services.requests()[0].body.clone();
    let token = body.split('&').find_map(|pair| pair.strip_prefix("ClientRequestToken=")).map(str::len);
    assert_eq!(
        (told(&outcome), calls(&services), token, body.contains("Parameters.member.1.ParameterValue=3")),
        (
            json!([0, [["create", "Success", {
                "StackId": [ID],
                "StackStatus": ["CREATE_COMPLETE"],
                "OutputPayload": [json!({"StackId": ID, "StackStatus": "CREATE_COMPLETE"}).to_string()],
            }, null]]]),
            vec!["CreateStack".to_owned(), "DescribeStacks".to_owned()],
            Some(36),
            true
        )
    );
}

#[test]
fn stack_that_rolls_back_fails_with_its_reason_and_stays_readable() {
    let states = vec![
        stack("ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Topic]."),
        stack("ROLLBACK_COMPLETE", "The following resource(s) failed to create: [Topic]."),
    ];
    let services =
        services(vec![("CreateStack", vec![created()]), ("DescribeStacks", states), ("DeleteStack", vec![deleted()])]);
    let steps = format!(
        "{}    onFailure: Continue\n  - {{name: note, action: 'aws:sleep', inputs: {{Duration: PT0S}}, nextStep: tidy}}\n  \
         - {{name: tidy, action: 'aws:executeAwsApi', inputs: {{Service: cloudformation, Api: DeleteStack, \
         StackName: '{{{{ create.StackId }}}}'}}}}\n",
        CREATE.trim_end_matches('\n').to_owned() + "\n"
    );
    let outcome = run(&services, &steps);
    let told = told(&outcome);
    let deleted = services.requests().last().unwrap().body.clone();
    let message = format!(
        "Step fails when it is Execute/Cancelling action. Stack web ended with the status ROLLBACK_COMPLETE: The following \
         resource(s) failed to create: [Topic]. {GUIDE}"
    );
    assert_eq!(
        (&told[0], &told[1][0], deleted.contains("stack%2Fweb%2F1")),
        (
            &json!(0),
            &json!(["create", "Failed", {
                "StackId": [ID],
                "StackStatus": ["ROLLBACK_COMPLETE"],
                "StackStatusReason": ["The following resource(s) failed to create: [Topic]."],
            }, message]),
            true
        )
    );
}

#[test]
fn stack_that_is_not_ready_in_time_is_named() {
    let services =
        services(vec![("CreateStack", vec![created()]), ("DescribeStacks", vec![stack("CREATE_IN_PROGRESS", "")])]);
    let outcome = run(&services, &format!("{CREATE}    timeoutSeconds: 1\n"));
    let told = told(&outcome);
    let message = told[1][0][3].as_str().unwrap();
    let polls = message.split(" after ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    assert_eq!(
        (told[1][0][1].as_str(), &told[1][0][2], message.replace(polls, "N")),
        (
            Some("TimedOut"),
            &json!({ "StackId": [ID] }),
            format!(
                "Step timed out while step is Execute/Cancelling action. StackStatus is still CREATE_IN_PROGRESS after N \
                 polls within 1 s. It leaves StackId {ID} behind. {GUIDE}"
            )
        )
    );
}

#[test]
fn cancelled_step_names_the_stack_that_it_leaves() {
    let services =
        services(vec![("CreateStack", vec![created()]), ("DescribeStacks", vec![stack("CREATE_IN_PROGRESS", "")])]);
    let situation = beside(&services, CREATE);
    let child = situation.start(RUN);
    situation.wait_until(has_polled);
    situation.run(&["stop", "last", "--quiet"]);
    let outcome = situation.end(child);
    let told = told(&outcome);
    let message = told[1][0][3].as_str().unwrap();
    assert_eq!(
        (&told[1][0][1], &told[1][0][2], message.split_once(" during ").unwrap().1),
        (
            &json!("Cancelled"),
            &json!({ "StackId": [ID] }),
            format!("attempt 1. It leaves StackId {ID} behind.").as_str()
        )
    );
}

#[test]
fn deleted_stack_is_awaited_by_its_id() {
    let states = vec![
        stack("CREATE_COMPLETE", ""),
        stack("CREATE_COMPLETE", ""),
        stack("DELETE_IN_PROGRESS", ""),
        error("ValidationError", "Stack with id web does not exist"),
    ];
    let services = services(vec![("DeleteStack", vec![deleted()]), ("DescribeStacks", states)]);
    let outcome = run(&services, DELETE);
    let described: Vec<bool> =
        services.requests().iter().map(|request| request.body.contains("stack%2Fweb%2F1")).collect();
    assert_eq!(
        (told(&outcome), described),
        (
            json!([0, [["delete", "Success", { "OutputPayload": ["{}"] }, null]]]),
            // By its name, the deletion, and then by its id.
            vec![false, false, true, true, true]
        )
    );
}

#[test]
fn stack_that_does_not_exist_is_deleted_and_one_that_cannot_be_deleted_fails() {
    let missing =
        services(vec![("DescribeStacks", vec![error("ValidationError", "Stack with id web does not exist")])]);
    let kept = services(vec![
        ("DescribeStacks", vec![stack("CREATE_COMPLETE", ""), stack("DELETE_FAILED", "The bucket is not empty.")]),
        ("DeleteStack", vec![deleted()]),
    ]);
    let (missing, kept) = (told(&run(&missing, DELETE)), told(&run(&kept, DELETE)));
    assert_eq!(
        (missing, &kept[1][0][1], &kept[1][0][3]),
        (
            json!([0, [["delete", "Success", { "OutputPayload": ["{}"] }, null]]]),
            &json!("Failed"),
            &json!(format!(
                "Step fails when it is Execute/Cancelling action. Stack web ended with the status DELETE_FAILED: The bucket \
                 is not empty. {GUIDE}"
            ))
        )
    );
}
