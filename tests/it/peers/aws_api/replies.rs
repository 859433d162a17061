//! Responses: what a step records of a call equals what the Python SDK gives for it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::emulator::{Emulator, Kind, api_step, runbook};

/// Headers that differ from call to call; the sum is one of a body with the id of the request.
const MOVING_HEADERS: [&str; 5] = ["date", "x-amzn-requestid", "x-amz-request-id", "x-amz-id-2", "x-amz-crc32"];

/// Differences that are right: the call, the end of the place in the response, and why.
const ACCEPTED: [(&str, &str, &str); 6] = [
    ("rds DescribeDBInstances", "/LatestRestorableTime", "the time of the call"),
    ("efs DescribeFileSystems", "/SizeInBytes/Timestamp", "the time of the call"),
    ("efs DescribeFileSystems", "/HTTPHeaders/content-length", "that time has no fixed number of digits"),
    ("secretsmanager DescribeSecret", "/LastAccessedDate", "the time of the read before"),
    ("secretsmanager ListSecrets", "/LastAccessedDate", "the time of the read before"),
    ("lambda GetFunction", "/Code/Location", "the URL has the time of the call"),
];

/// Secrets by the models: the call, and the end of the place in the response. The record has none of them.
const SECRETS: [(&str, &str); 9] = [
    ("lambda ListFunctions", "/Variables/COLOUR"),
    ("lambda GetFunctionConfiguration", "/Variables/COLOUR"),
    ("lambda GetFunction", "/Variables/COLOUR"),
    ("lambda ListVersionsByFunction", "/Variables/COLOUR"),
    ("ssm GetParameter", "/Value"),
    ("ssm GetParametersByPath", "/Value"),
    ("secretsmanager GetSecretValue", "/SecretString"),
    ("secretsmanager GetSecretValue", "/SecretBinary"),
    ("stepfunctions DescribeStateMachine", "/definition"),
];

/// Repeats in one runbook what the SDK read; returns the differences, and the number of operations and services.
fn compare(kind: Kind) -> Option<(Vec<String>, usize, usize)> {
    let emulator = Emulator::start(kind)?;
    let reads = emulator.sdk("import reads; reads.results()");
    let reads = reads.as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let named = reads.iter().enumerate();
    let steps: Vec<Value> = named
        .map(|(at, read)| {
            api_step(&format!("read{at}"), &text(&read["service"]), &text(&read["api"]), &read["parameters"])
        })
        .collect();
    let ended = emulator.run(&runbook(&steps), &[]);
    assert_eq!((ended.status, ended.steps().len()), (Some(0), reads.len()), "{}", ended.said);
    let mut found = Vec::new();
    for (read, step) in reads.iter().zip(ended.steps()) {
        let call = format!("{} {}", text(&read["service"]), text(&read["api"]));
        let Some(payload) = step["Outputs"]["OutputPayload"][0].as_str() else {
            found.push(format!("{call}: {}", step["FailureMessage"]));
            continue;
        };
        let mut differences = Vec::new();
        differ("", &read["reply"], &serde_json::from_str(payload).unwrap(), &mut differences);
        let is_accepted = |place: &str, difference: &str| {
            ACCEPTED.iter().any(|(of, end, _)| call == *of && place.ends_with(end))
                || SECRETS.iter().any(|(of, end)| call == *of && place.ends_with(end))
                    && difference.ends_with("Runwright \"****\"")
        };
        let kept = differences.into_iter().filter(|(place, difference)| !is_accepted(place, difference));
        found.extend(kept.map(|(place, difference)| format!("{call}{place}: {difference}")));
    }
    let operations: BTreeSet<_> = reads.iter().map(|read| [text(&read["service"]), text(&read["api"])]).collect();
    let services: BTreeSet<_> = operations.iter().map(|[service, _]| service).collect();
    Some((found, operations.len(), services.len()))
}

/// Collects the differences of two values, each with its place.
fn differ(place: &str, theirs: &Value, ours: &Value, found: &mut Vec<(String, String)>) {
    match (theirs, ours) {
        (Value::Object(left), Value::Object(right)) => {
            let names: BTreeSet<_> = left.keys().chain(right.keys()).collect();
            for name in names {
                let place = format!("{place}/{name}");
                let [left, right] = [left.get(name), right.get(name)].map(|it| it.map(|value| moving(&place, value)));
                match (left, right) {
                    (Some(left), Some(right)) => differ(&place, &left, &right, found),
                    (left, right) => found.push((place, format!("SDK {left:?}, Runwright {right:?}"))),
                }
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (at, (left, right)) in left.iter().zip(right).enumerate() {
                differ(&format!("{place}/{at}"), left, right, found);
            }
        }
        (left, right) if left == right => {}
        (left, right) => found.push((place.to_owned(), format!("SDK {left}, Runwright {right}"))),
    }
}

/// A value, masked if each call has another one.
fn moving(place: &str, value: &Value) -> Value {
    let is_moving = match place.strip_prefix("/ResponseMetadata/") {
        Some("RequestId" | "HostId") => true,
        Some(rest) => rest.strip_prefix("HTTPHeaders/").is_some_and(|header| MOVING_HEADERS.contains(&header)),
        None => false,
    };
    if is_moving { json!(value.is_string()) } else { value.clone() }
}

#[test]
fn responses_of_moto_equal_those_of_the_python_sdk() {
    let Some(compared) = compare(Kind::Moto) else { return };
    assert_eq!(compared, (vec![], 110, 27), "{}", compared.0.join("\n"));
}

#[test]
fn responses_of_ministack_equal_those_of_the_python_sdk() {
    let Some(compared) = compare(Kind::MiniStack) else { return };
    assert_eq!(compared, (vec![], 110, 27), "{}", compared.0.join("\n"));
}
