//! The embedded models against what botocore has and says.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::*;

mod model_folder;
mod permissions;

fn models() -> std::sync::Arc<Models> {
    Models::shared()
}

/// The problems of parameters, as the SDK words them.
fn problems(service: &str, operation: &str, parameters: &[(&str, ParameterValue<'_>)]) -> Vec<String> {
    let models = models();
    let (name, model) = models.service(service).unwrap();
    let operation = find_operation(name, &model, operation).unwrap();
    validate_parameters(&operation, parameters).iter().map(ToString::to_string).collect()
}

fn parts(parameters: &Map<String, Value>) -> Vec<(&str, ParameterValue<'_>)> {
    parameters.iter().map(|(name, value)| (name.as_str(), ParameterValue::Value(value))).collect()
}

#[test]
fn every_model_is_read_and_its_operations_have_distinct_names() {
    let models = models();
    let mut operations = 0;
    let mut uncallable = std::collections::BTreeSet::new();
    for service in models.names().unwrap() {
        let (_, model) = models.service(service).unwrap();
        for (name, operation) in &model.operations {
            operations += 1;
            let forms = [name.clone(), operation.method.clone(), name.to_lowercase(), name.to_uppercase()];
            for form in forms {
                match find_operation(service, &model, &form) {
                    Ok(found) => assert_eq!(found.name, name, "{service}.{form}"),
                    Err(UnknownApi::Streaming { operation, .. }) => assert_eq!(&operation, name, "{service}.{form}"),
                    Err(UnknownApi::Protocol { .. } | UnknownApi::Signature { .. } | UnknownApi::Discovery { .. }) => {
                        uncallable.insert(service.to_owned());
                    }
                    Err(other) => panic!("{service}.{form}: {other}"),
                }
            }
            for reference in [&operation.input, &operation.output].into_iter().flatten() {
                assert!(model.shape(reference).is_some(), "{service}.{name}");
            }
        }
    }
    assert_eq!(
        (models.source().unwrap(), models.names().unwrap().count(), operations),
        ("botocore 1.44.8", 445, 20_027)
    );
    let expected = [
        "account-access-runtime",
        "cloudwatchomni",
        "codecatalyst",
        "eventbridgev2",
        "importexport",
        "partnercentral-marketing",
        "partnercentral-revenue-measurement",
        "sdb",
        "timestream-query",
        "timestream-write",
    ];
    assert_eq!(Vec::from_iter(&uncallable), expected);
}

#[test]
fn services_and_operations_are_found_in_every_spelling_that_runbooks_use() {
    let models = models();
    let found = |service: &str, operation: &str| {
        let (service, model) = models.service(service).unwrap();
        find_operation(service, &model, operation).map(|found| format!("{service}.{}", found.name))
    };
    for (service, operation, expected) in [
        ("ec2", "DescribeInstances", "ec2.DescribeInstances"),
        ("EC2", "describe_instances", "ec2.DescribeInstances"),
        ("Codedeploy", "listApplications", "codedeploy.ListApplications"),
        ("rds", "describe_db_instances", "rds.DescribeDBInstances"),
        ("storagegateway", "create_stored_iscsi_volume", "storagegateway.CreateStorediSCSIVolume"),
        ("mturk", "list_hits_for_qualification_type", "mturk.ListHITsForQualificationType"),
    ] {
        assert_eq!(found(service, operation).unwrap(), expected);
    }
    let unknown = |service: &str, operation: &str| match models.service(service) {
        Ok((service, model)) => find_operation(service, &model, operation).map(|found| found.name).unwrap_err(),
        Err(unknown) => unknown,
    };
    let described = |error: UnknownApi| (error.to_string(), error.nearest().map(ToOwned::to_owned));
    assert_eq!(
        [
            described(unknown("ecc2", "DescribeInstances")),
            described(unknown("ec2", "DescribeInstancs")),
            described(unknown("s3", "GetObject")),
            described(unknown("lambda", "Invoke")),
            described(unknown("logs", "StartLiveTail")),
        ],
        [
            ("there is no AWS service ecc2".to_owned(), Some("ec2".to_owned())),
            ("service ec2 has no operation DescribeInstancs".to_owned(), Some("DescribeInstances".to_owned())),
            ("operation GetObject of service s3 sends or receives a stream, which no runbook can do".to_owned(), None),
            ("operation Invoke of service lambda sends or receives a stream, which no runbook can do".to_owned(), None),
            (
                "operation StartLiveTail of service logs sends or receives a stream, which no runbook can do"
                    .to_owned(),
                None
            ),
        ]
    );
}

/// A request, and what the validator of botocore reports about it.
#[derive(Deserialize)]
struct Case {
    service: String,
    operation: String,
    parameters: Map<String, Value>,
    report: Vec<String>,
}

#[test]
fn problems_of_parameters_are_those_of_the_python_sdk() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("tests/parameters.json")).unwrap();
    for case in cases {
        let found = problems(&case.service, &case.operation, &parts(&case.parameters));
        assert_eq!(found, case.report, "{}.{} {:?}", case.service, case.operation, case.parameters);
    }
}

#[test]
fn other_names_and_supplied_parameters_of_the_sdk_are_accepted() {
    let of = |service, operation, value: Value| problems(service, operation, &parts(value.as_object().unwrap()));
    let wrong = "Invalid type for parameter Filters, value: x, type: <class 'str'>, valid types: <class 'list'>, <class \
                 'tuple'>";
    let valid: Vec<String> = Vec::new();
    assert_eq!(of("ec2", "DescribeFlowLogs", json!({"Filters": [{"Name": "a", "Values": ["b"]}]})), valid);
    assert_eq!(of("ec2", "DescribeFlowLogs", json!({"Filters": "x"})), [wrong]);
    assert_eq!(of("ec2", "DescribeFlowLogs", json!({"Filter": [{"Name": "a"}]})), valid);
    let export = json!({"logGroupName": "g", "fromTime": 1, "to": 2, "destination": "b"});
    assert_eq!(of("logs", "CreateExportTask", export), valid);
    // A token that makes the call repeatable, and a default.
    assert_eq!(of("efs", "CreateFileSystem", json!({})), valid);
    assert_eq!(of("glacier", "ListVaults", json!({})), valid);
}

#[test]
fn one_element_list_is_accepted_where_the_model_has_a_value() {
    let one = json!({"SnapshotId": ["snap-1"]});
    let two = json!({"SnapshotId": ["snap-1", "snap-2"]});
    let of = |value: &Value| problems("ec2", "DeleteSnapshot", &parts(value.as_object().unwrap()));
    let wrong = "Invalid type for parameter SnapshotId, value: ['snap-1', 'snap-2'], type: <class 'list'>, valid types: \
                 <class 'str'>";
    assert_eq!((of(&one), of(&two)), (vec![], vec![wrong.to_owned()]));
}

#[test]
fn unknown_values_are_checked_as_far_as_their_type_is_known() {
    let text = json!("a");
    let found = |name, part| problems("ec2", "DescribeInstances", &[(name, part)]);
    let invalid = |name: &str, class: &str, valid: &str| {
        vec![format!("Invalid type for parameter {name}, type: <class '{class}'>, valid types: {valid}")]
    };
    let list = "<class 'list'>, <class 'tuple'>";
    for (name, part, expected) in [
        ("InstanceIds", ParameterValue::Unknown(UnknownValue::Anything), vec![]),
        ("InstanceIds", ParameterValue::Unknown(UnknownValue::List), vec![]),
        ("InstanceIds", ParameterValue::Unknown(UnknownValue::Text), invalid("InstanceIds", "str", list)),
        (
            "InstanceIds",
            ParameterValue::List(vec![ParameterValue::Unknown(UnknownValue::Items), ParameterValue::Value(&text)]),
            vec![],
        ),
        (
            "InstanceIds",
            ParameterValue::List(vec![ParameterValue::Unknown(UnknownValue::Map)]),
            invalid("InstanceIds[0]", "dict", "<class 'str'>"),
        ),
        ("MaxResults", ParameterValue::Unknown(UnknownValue::Integer), vec![]),
        ("MaxResults", ParameterValue::Unknown(UnknownValue::Text), invalid("MaxResults", "str", "<class 'int'>")),
        ("DryRun", ParameterValue::Unknown(UnknownValue::Boolean), vec![]),
        ("NextToken", ParameterValue::List(vec![ParameterValue::Unknown(UnknownValue::Items)]), vec![]),
        (
            "NextToken",
            ParameterValue::Map(vec![("a", ParameterValue::Value(&text))]),
            invalid("NextToken", "dict", "<class 'str'>"),
        ),
    ] {
        assert_eq!(found(name, part.clone()), expected, "{name} {part:?}");
    }
}

#[test]
fn values_are_printed_as_python_prints_them() {
    let value =
        json!([1, 1.0, 1.5, 1e20, 1e-7, 1.25e-10, -0.0, true, null, "a'b", "a'\"b", "x\n\u{7f}é", {"k": ["v"]}]);
    let printed =
        r#"[1, 1.0, 1.5, 1e+20, 1e-07, 1.25e-10, -0.0, True, None, "a'b", 'a\'"b', 'x\n\x7fé', {'k': ['v']}]"#;
    assert_eq!((python_text(&value).as_str(), python_text(&json!("True")).as_str()), (printed, "True"));
}

#[test]
fn seconds_are_rounded_to_microseconds_as_python_rounds_them() {
    let texts = [1_796_024_492.046_799_4, 1_796_024_492.046_799_2, 0.000_000_5, 0.000_001_5, -0.25, 1.999_999_9, 7.0]
        .map(|seconds| moment::seconds_moment(seconds).map(moment::moment_text).unwrap_or_default());
    // Printed by `datetime.fromtimestamp(seconds, timezone.utc).isoformat()`.
    let expected = [
        "2026-11-30T07:41:32.046799+00:00",
        "2026-11-30T07:41:32.046799+00:00",
        "1970-01-01T00:00:00+00:00",
        "1970-01-01T00:00:00.000002+00:00",
        "1969-12-31T23:59:59.750000+00:00",
        "1970-01-01T00:00:02+00:00",
        "1970-01-01T00:00:07+00:00",
    ];
    assert_eq!(texts, expected);
}
