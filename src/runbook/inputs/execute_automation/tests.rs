//! Requests that the inputs are read as.

use serde_json::{Value, json};

use super::{Amount, ChildRequest, document_name};

fn request(inputs: &Value) -> Result<ChildRequest, String> {
    ChildRequest::from_resolved(|name| inputs.get(name)).map_err(|problem| problem.to_string())
}

fn names(inputs: &Value) -> Vec<String> {
    request(inputs).unwrap().targets.unwrap().list.into_iter().map(|target| target.name).collect()
}

#[test]
fn rate_values_are_numbers_or_percentages() {
    let read = ["1", "10", "0", "100%", "7%", "0%", "01", "101%", "-1", "x", "", "%"].map(Amount::parse);
    let (count, percent) = (|count| Some(Amount::Count(count)), |percent| Some(Amount::Percent(percent)));
    assert_eq!(
        read,
        [count(1), count(10), count(0), percent(100), percent(7), percent(0), None, None, None, None, None, None]
    );
}

#[test]
fn document_name_is_a_name_or_an_arn() {
    let names = [
        "AWS-RestartEC2Instance",
        "arn:aws:ssm:eu-west-1:123456789012:document/Restart",
        "arn:aws:ssm:eu-west-1:123456789012:automation-definition/Restart:3",
        "../secret",
        "..",
        "",
    ];
    assert_eq!(
        names.map(document_name),
        [Some("AWS-RestartEC2Instance"), Some("Restart"), Some("Restart"), None, None, None]
    );
}

#[test]
fn targets_are_distinct_parameter_values() {
    let inputs = json!({
        "DocumentName": "d", "TargetParameterName": "Id", "MaxConcurrency": "10%",
        "Targets": [{"Key": "ParameterValues", "Values": ["b", "a", "b"]}],
    });
    let targets = request(&inputs).unwrap().targets.unwrap();
    assert_eq!((targets.concurrency, targets.errors), (Amount::Percent(10), Amount::Count(0)));
    assert_eq!(names(&inputs), ["b", "a"]);
    let inputs =
        json!({"DocumentName": "d", "TargetMaps": [{"Id": ["a"], "Zone": ["x"]}, {"Id": ["b"], "Zone": ["y"]}]});
    assert_eq!(names(&inputs), ["a, x", "b, y"]);
}

#[test]
fn targets_that_need_aws_lookup_are_rejected() {
    let of = |more: Value| {
        let mut inputs = json!({"DocumentName": "d", "TargetParameterName": "Id"});
        inputs.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        request(&inputs).unwrap_err()
    };
    assert_eq!(
        [
            of(json!({"Targets": [{"Key": "tag:Stage", "Values": ["prod"]}]})),
            of(json!({"TargetLocations": [{"Accounts": ["1"]}]})),
            of(json!({"Targets": [{"Key": "ParameterValues", "Values": []}]})),
            of(json!({"Targets": [{"Key": "ParameterValues", "Values": ["a"]}], "MaxConcurrency": 0})),
        ],
        [
            "targets by `tag:Stage` require a lookup in AWS, which is not supported; list the values themselves with the key \
             `ParameterValues`",
            "`TargetLocations` (other accounts and regions) is not supported; run the runbook once in each of them",
            "`Targets` is empty",
            "`MaxConcurrency` must be a number such as 10 or a percentage such as 10%, and is 0",
        ]
    );
}
