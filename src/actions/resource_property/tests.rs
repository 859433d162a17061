//! The comparison rule, and the messages of the service (spec aws-actions 1.3 and 3).

use std::time::Duration;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::*;
use crate::aws::api_error_of_code;
use crate::runbook::inputs::TypedRequest;

fn request(selector: &str, desired: Value) -> PropertyStepRequest {
    let inputs = IndexMap::from([
        ("Service".to_owned(), json!("ec2")),
        ("Api".to_owned(), json!("DescribeInstances")),
        ("PropertySelector".to_owned(), json!(selector)),
        ("DesiredValues".to_owned(), desired),
    ]);
    PropertyStepRequest::from_inputs(&inputs).unwrap()
}

fn reply(result: Value) -> ApiReply {
    let Value::Object(result) = result else { panic!("a result is a map") };
    ApiReply { result, request_id: None, secrets: Vec::new() }
}

fn odd_value(request: &PropertyStepRequest, reply: &ApiReply) -> Option<String> {
    match compared_value(request, reply) {
        Compared::Odd(value) => Some(value),
        Compared::Desired(_) => None,
    }
}

#[test]
fn sensitive_value_is_not_in_the_message() {
    let answer =
        ApiReply { secrets: vec![json!("pin-4711")], ..reply(json!({"P": {"Value": "pin-4711", "Name": "n"}})) };
    let failed = ["$.P", "$.P.Value", "$.P.Name"].map(|selector| {
        let found = assert_reply(&request(selector, json!(["x"])), Ok(answer.clone())).unwrap_err().failure;
        found.details["VerificationErrorMessage"].concat()
    });
    let message = |value: &str| {
        format!("Property value '{value}' from the API output is not in the desired values. Desired values: ['x'].")
    };
    assert_eq!(failed, ["****", "****", "n"].map(message));
}

#[test]
fn every_match_as_python_text_must_be_desired_and_there_must_be_one() {
    let document = json!({
        "A": {"State": "running", "Flag": false, "On": true, "Size": 5, "Share": 0.5, "Tags": [], "None": null},
        "L": [{"S": {"V": "x"}}, {"S": {"V": "y"}}],
        "M": {"k": "v"},
    });
    let rows = [
        ("$.A.State", json!(["running"]), None),
        ("A.State", json!(["stopped", "running"]), None),
        ("$.A.State", json!(["Running"]), Some("running")),
        ("$.A.State", json!("running"), None),
        ("$.A.Flag", json!(["False"]), None),
        ("$.A.Flag", json!(["false"]), None),
        ("$.A.Flag", json!(["True"]), Some("False")),
        ("$.A.On", json!([true]), None),
        ("$.A.Size", json!(["5"]), None),
        ("$.A.Size", json!([5]), None),
        ("$.A.Share", json!(["0.5"]), None),
        ("$.A.Tags", json!(["[]"]), None),
        ("$.A.Tags", json!(["None"]), Some("[]")),
        ("$.A.None", json!(["None"]), None),
        ("$.A.Gone", json!(["running"]), Some("None")),
        ("$.L..V", json!(["x", "y"]), None),
        ("$.L..V", json!(["x"]), Some("y")),
        ("$.L[*].S.W", json!(["x"]), Some("None")),
        ("$.M", json!(["v"]), Some("{'k': 'v'}")),
    ];
    let found: Vec<Option<String>> = rows
        .iter()
        .map(|(selector, desired, _)| odd_value(&request(selector, desired.clone()), &reply(document.clone())))
        .collect();
    let expected: Vec<Option<String>> = rows.iter().map(|(.., odd)| odd.map(str::to_owned)).collect();
    assert_eq!(found, expected);
}

#[test]
fn messages_are_those_of_the_service() {
    let mismatch = assert_reply(&request("$.A", json!(["True"])), Ok(reply(json!({"A": false})))).unwrap_err().failure;
    let refused = api_error_of_code(
        "InsufficientCapabilitiesException",
        "UpdateStack",
        Some("Requires capabilities : [CAPABILITY_IAM]"),
        None,
    );
    let refused = failed_call(refused).failure;
    let end = "Please refer to Automation Service Troubleshooting Guide for more diagnosis details.";
    assert_eq!(
        [
            (mismatch.message, mismatch.failure_type, mismatch.stage),
            (refused.message, refused.failure_type, refused.stage)
        ],
        [
            (
                format!(
                    "Step fails when it is Execute/Cancelling action. Property value 'False' from the API output is not in \
                     the desired values. Desired values: ['True'].. {end}"
                ),
                FailureType::Verification,
                FailureStage::PostVerification
            ),
            (
                format!(
                    "Step fails when it is Execute/Cancelling action. An error occurred \
                     (InsufficientCapabilitiesException) when calling the UpdateStack operation: Requires capabilities : \
                     [CAPABILITY_IAM]. {end}"
                ),
                FailureType::Action,
                FailureStage::Invocation
            ),
        ]
    );
}

#[test]
fn delays_between_polls_grow_from_five_to_fifteen_seconds() {
    let delays = |fixed: Option<Duration>| {
        let mut delays = PollDelays::new(fixed);
        [(); 5].map(|()| delays.next_delay().as_millis())
    };
    assert_eq!(
        [delays(None), delays(Some(Duration::from_millis(50)))],
        [[5_000, 7_500, 11_250, 15_000, 15_000], [50; 5]]
    );
}
