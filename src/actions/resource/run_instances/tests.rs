//! The message of a launch that the API refuses, and the states of launched instances.

use serde_json::{from_value, json};

use super::*;
use crate::aws::api_error_of_code;
use crate::event::{FailureStage, FailureType};

#[test]
fn refused_launch_is_reported_in_the_words_of_the_service() {
    let text = "The image id '[ami-1]' does not exist";
    let mut error = api_error_of_code("InvalidAMIID.NotFound", "RunInstances", Some(text), None);
    error.cause.http_status = Some(400);
    error.cause.request_id = Some("r-1".to_owned());
    let failure = RunInstances::failed_call(error).failure;
    let message = "Automation Step Execution fails when it's launching the instance(s). Get Exception from RunInstances API \
                   of ec2 Service. Exception Message from RunInstances API: [The image id '[ami-1]' does not exist (Service: \
                   AmazonEC2; Status Code: 400; Error Code: InvalidAMIID.NotFound; Request ID: r-1)]. Please refer to \
                   Automation Service Troubleshooting Guide for more diagnosis details.";
    assert_eq!(
        (failure.message.as_str(), failure.stage, failure.failure_type),
        (message, FailureStage::Invocation, FailureType::Action)
    );
}

#[test]
fn launched_instances_are_waited_for_until_they_run_or_have_ended() {
    let request = RunInstancesRequest { parameters: Map::new() };
    let reason = "Client.VolumeLimitExceeded: Volume limit exceeded";
    let rows = [
        (json!(["pending", "running"]), json!([]), "i-1 pending, i-2 running", Verdict::Pending),
        (json!(["running", "running"]), json!([]), "running", Verdict::Reached),
        (
            json!(["pending", "terminated"]),
            json!(["", reason]),
            "i-1 pending, i-2 terminated",
            Verdict::Failed(format!("Instance i-2 has the state terminated instead of running: {reason}")),
        ),
    ];
    for (states, reasons, state, verdict) in rows {
        let document = json!({ "InstanceIds": ["i-1", "i-2"], "InstanceStates": states, "StateReasons": reasons });
        let evaluation = RunInstances.evaluate(&request, &from_value(document).unwrap());
        assert_eq!(evaluation, Evaluation { state: state.to_owned(), verdict });
    }
}
