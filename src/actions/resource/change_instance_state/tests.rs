//! States of instances, and what follows from them.

use indexmap::IndexMap;
use serde_json::{Value, from_value, json};

use super::*;
use crate::runbook::inputs::TypedRequest as _;

fn request(inputs: Value) -> ChangeInstanceStateRequest {
    let mut inputs: IndexMap<String, Value> = from_value(inputs).unwrap();
    inputs.entry("InstanceIds".to_owned()).or_insert_with(|| json!(["i-1", "i-2"]));
    ChangeInstanceStateRequest::from_inputs(&inputs).unwrap()
}

fn evaluate(request: &ChangeInstanceStateRequest, document: Value) -> (String, Verdict) {
    let Evaluation { state, verdict } = ChangeInstanceState.evaluate(request, &from_value(document).unwrap());
    (state, verdict)
}

#[test]
fn running_instances_have_passed_their_status_checks() {
    let request = request(json!({ "DesiredState": "running" }));
    let rows = [
        (json!({ "InstanceStates": ["pending", "pending"] }), "pending", Verdict::Pending),
        (json!({ "InstanceStates": ["pending", "running"] }), "i-1 pending, i-2 running", Verdict::Pending),
        // Instances that were not asked to start yet.
        (json!({ "InstanceStates": ["stopped", "unknown"] }), "i-1 stopped, i-2 unknown", Verdict::Pending),
        (
            json!({ "InstanceStates": ["running", "running"], "StatusChecks": ["ok", "initializing"] }),
            "running, checks initializing",
            Verdict::Pending,
        ),
        (
            json!({ "InstanceStates": ["running", "running"], "StatusChecks": ["impaired", "initializing"] }),
            "running, checks impaired and initializing",
            Verdict::Pending,
        ),
        (
            json!({ "InstanceStates": ["running", "running"], "StatusChecks": ["ok", "ok"] }),
            "running",
            Verdict::Reached,
        ),
        // A scripted reply says what matters alone.
        (json!({ "InstanceStates": ["running"] }), "running", Verdict::Reached),
        (json!({}), "", Verdict::Reached),
    ];
    for (document, state, verdict) in rows {
        assert_eq!(evaluate(&request, document.clone()), (state.to_owned(), verdict), "{document}");
    }
}

#[test]
fn instance_that_cannot_reach_the_state_fails_the_step() {
    let failed = |cause: &str| Verdict::Failed(cause.to_owned());
    let rows = [
        (
            "running",
            json!({ "InstanceStates": ["running", "terminated"] }),
            failed("Instance i-2 has the state terminated instead of running"),
        ),
        (
            "stopped",
            json!({ "InstanceStates": ["shutting-down", "stopped"], "StateReasons": ["Client.UserInitiatedShutdown: User initiated shutdown.", ""] }),
            failed(
                "Instance i-1 has the state shutting-down instead of stopped: Client.UserInitiatedShutdown: User initiated \
                 shutdown",
            ),
        ),
        ("stopped", json!({ "InstanceStates": ["stopping", "stopped"] }), Verdict::Pending),
        ("terminated", json!({ "InstanceStates": ["shutting-down", "stopped"] }), Verdict::Pending),
        ("terminated", json!({ "InstanceStates": ["terminated", "terminated"] }), Verdict::Reached),
    ];
    for (desired, document, verdict) in rows {
        let request = request(json!({ "DesiredState": desired }));
        assert_eq!(evaluate(&request, document.clone()).1, verdict, "{desired} {document}");
    }
}

#[test]
fn instance_that_stops_again_fails_the_step_if_its_author_says_so() {
    let document = json!({ "InstanceStates": ["pending", "stopped"], "StateReasons": ["", "Client.InternalError: Client error on launch"] });
    let verdicts = ["False", "True"].map(|fails| {
        let request = request(json!({ "DesiredState": "running", "FailOnUnexpectedStopped": fails }));
        evaluate(&request, document.clone()).1
    });
    let cause = "Instance i-2 has the state stopped instead of running: Client.InternalError: Client error on launch";
    assert_eq!(verdicts, [Verdict::Pending, Verdict::Failed(cause.to_owned())]);
}

#[test]
fn states_of_many_instances_are_counted() {
    let ids: Vec<String> = (1..=6).map(|number| format!("i-{number}")).collect();
    let request = request(json!({ "DesiredState": "stopped", "InstanceIds": ids }));
    let states = ["stopping", "stopped", "stopping", "stopping", "stopped", "stopping"];
    assert_eq!(evaluate(&request, json!({ "InstanceStates": states })).0, "4 stopping, 2 stopped");
}

#[test]
fn first_call_is_the_one_that_the_inputs_ask_for() {
    let rows = [
        (
            json!({ "DesiredState": "running", "AdditionalInfo": "x", "Force": true }),
            "StartInstances",
            json!({ "AdditionalInfo": "x" }),
        ),
        (json!({ "DesiredState": "stopped", "AdditionalInfo": "x" }), "StopInstances", json!({})),
        (json!({ "DesiredState": "stopped", "Force": "true" }), "StopInstances", json!({ "Force": true })),
        (json!({ "DesiredState": "terminated", "Force": true }), "TerminateInstances", json!({})),
    ];
    for (inputs, name, further) in rows {
        let mut parameters = json!({ "InstanceIds": ["i-1", "i-2"] });
        parameters.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
        let call = change(&request(inputs));
        assert_eq!((call.name, Value::Object(call.parameters)), (name, parameters));
    }
    let checks_only = request(json!({ "DesiredState": "running", "CheckStateOnly": true }));
    assert_eq!(ChangeInstanceState::operation(&checks_only), "DescribeInstances");
}
