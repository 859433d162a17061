//! Requests that the inputs are read as.

use serde_json::{Value, json};

use super::{Amount, ChildRequest, RequestedTargets, TargetSelector, TargetType, Targets, document_name};
use crate::runbook::load;

fn request(inputs: &Value) -> Result<ChildRequest, String> {
    ChildRequest::from_resolved(|name| inputs.get(name)).map_err(|problem| problem.to_string())
}

fn listed(inputs: &Value) -> Targets {
    match request(inputs).unwrap().targets {
        Some(RequestedTargets::Listed(targets)) => targets,
        other => panic!("listed targets, not {other:?}"),
    }
}

fn names(inputs: &Value) -> Vec<String> {
    listed(inputs).list.into_iter().map(|target| target.name).collect()
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
    let targets = listed(&inputs);
    assert_eq!((targets.concurrency, targets.errors), (Amount::Percent(10), Amount::Count(0)));
    assert_eq!(names(&inputs), ["b", "a"]);
    let inputs =
        json!({"DocumentName": "d", "TargetMaps": [{"Id": ["a"], "Zone": ["x"]}, {"Id": ["b"], "Zone": ["y"]}]});
    assert_eq!(names(&inputs), ["a, x", "b, y"]);
}

/// A request with these targets.
fn with_targets(key: &str, values: &Value) -> Result<ChildRequest, String> {
    let targets = json!([{"Key": key, "Values": values}]);
    request(&json!({"DocumentName": "d", "TargetParameterName": "Id", "Targets": targets, "MaxErrors": "2"}))
}

#[test]
fn targets_are_looked_up_by_tag_group_or_all_instances() {
    let selector = |key: &str, values: &Value| match with_targets(key, values).unwrap().targets {
        Some(RequestedTargets::LookedUp(lookup)) => (lookup.selector, lookup.parameter, lookup.rate.errors),
        other => panic!("targets that are looked up, not {other:?}"),
    };
    let found = |selector| (selector, "Id".to_owned(), Amount::Count(2));
    let tag = |key: &str, values: &[&str]| TargetSelector::Tag {
        key: key.to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    assert_eq!(
        [
            selector("tag:Stage", &json!(["prod", "test"])),
            selector("tag:a:b", &json!([""])),
            selector("ResourceGroup", &json!(["web"])),
            selector("AWS::EC2::Instance", &json!(["*"])),
        ],
        [
            found(tag("Stage", &["prod", "test"])),
            found(tag("a:b", &[""])),
            found(TargetSelector::ResourceGroup { group: "web".to_owned() }),
            found(TargetSelector::EveryInstance),
        ]
    );
}

#[test]
fn invalid_targets_are_rejected() {
    let of = |more: Value| {
        let mut inputs = json!({"DocumentName": "d", "TargetParameterName": "Id"});
        inputs.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        request(&inputs).unwrap_err()
    };
    let values = json!({"Key": "ParameterValues", "Values": ["a"]});
    assert_eq!(
        [
            with_targets("tag:", &json!(["prod"])).unwrap_err(),
            with_targets("Tag:Stage", &json!(["prod"])).unwrap_err(),
            with_targets("ParameterValue", &json!(["a"])).unwrap_err(),
            with_targets("Hosts", &json!(["a"])).unwrap_err(),
            with_targets("tag:Stage", &json!([])).unwrap_err(),
            with_targets("ResourceGroup", &json!(["a", "b"])).unwrap_err(),
            with_targets("AWS::EC2::Instance", &json!(["i-1"])).unwrap_err(),
            with_targets("ParameterValues", &json!([])).unwrap_err(),
            of(json!({"Targets": [values, values]})),
            of(json!({"Targets": [values], "MaxConcurrency": 0})),
        ],
        [
            "`tag:` is not followed by the key of a tag: write `tag:NAME`, such as `tag:Stage`",
            "`Tag:Stage` is not a key of targets: did you mean `tag:Stage`?",
            "`ParameterValue` is not a key of targets: did you mean `ParameterValues`?",
            "`Hosts` is not a key of targets: use `ParameterValues`, `tag:NAME`, `ResourceGroup` or `AWS::EC2::Instance`",
            "`tag:Stage` has no values: list at least one in `Values`",
            "`ResourceGroup` takes the name of one resource group, and has 2 values: list one name in `Values`",
            "`AWS::EC2::Instance` takes the value `*`, for all instances of the account and Region: list instances by their \
             ids with the key `ParameterValues`",
            "`Targets` is empty",
            "`Targets` has 2, but at most 1 are allowed",
            "`MaxConcurrency` must be a number such as 10 or a percentage such as 10%, and is 0",
        ]
    );
}

#[test]
fn target_type_follows_from_the_type_or_the_name_of_the_parameter() {
    let text = r#"{"schemaVersion": "0.3", "parameters": {
        "Host": {"type": "AWS::EC2::Instance::Id"}, "Hosts": {"type": "List<AWS::EC2::Instance::Id>"},
        "Bucket": {"type": "AWS::S3::Bucket::Name"}, "Role": {"type": "AWS::IAM::Role::Arn"},
        "InstanceIds": {"type": "StringList"}, "VolumeID": {"type": "String"}, "DBInstanceIdentifier": {"type": "String"},
        "Service": {"type": "String"}
    }, "mainSteps": [{"name": "rest", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}}]}"#;
    let document = crate::document::read("types.json", text.as_bytes()).unwrap();
    let runbook = load(&document).runbook.unwrap();
    let types: Vec<(&str, Option<String>)> = runbook
        .parameters()
        .iter()
        .map(|(name, parameter)| {
            let found = TargetType::of_parameter(name.as_str(), parameter);
            (name.as_str(), found.and_then(|found| found.name().map(str::to_owned)))
        })
        .collect();
    let is = |name, found: &str| (name, Some(found.to_owned()));
    assert_eq!(
        types,
        [
            is("Host", "AWS::EC2::Instance"),
            is("Hosts", "AWS::EC2::Instance"),
            is("Bucket", "AWS::S3::Bucket"),
            ("Role", None),
            is("InstanceIds", "AWS::EC2::Instance"),
            is("VolumeID", "AWS::EC2::Volume"),
            is("DBInstanceIdentifier", "AWS::RDS::DBInstance"),
            ("Service", None),
        ]
    );
}

#[test]
fn target_type_is_written_as_a_document_has_it() {
    let read = ["/AWS::EC2::Volume", "aws::ec2::volume", "/", "/AWS::IoT::Thing", "/AWS::EC2", "volume", ""]
        .map(|text| TargetType::parse(text).map(|read| read.name().map(str::to_owned)).ok());
    let named = |name: &str| Some(Some(name.to_owned()));
    let volume = || named("AWS::EC2::Volume");
    assert_eq!(read, [volume(), volume(), Some(None), named("AWS::IoT::Thing"), None, None, None]);
}

#[test]
fn id_is_the_part_of_the_arn_that_parameters_take() {
    let id = |kind: &str, arn: &str| TargetType::parse(kind).unwrap().id_in(arn).to_owned();
    assert_eq!(
        [
            id("AWS::EC2::Instance", "arn:aws:ec2:eu-west-1:123456789012:instance/i-1"),
            id("AWS::RDS::DBInstance", "arn:aws:rds:eu-west-1:123456789012:db:orders"),
            id("AWS::S3::Bucket", "arn:aws:s3:::logs"),
            id("AWS::Logs::LogGroup", "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/f"),
            id("AWS::SNS::Topic", "arn:aws:sns:eu-west-1:123456789012:alarms"),
            id("/", "arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:1-2:autoScalingGroupName/web"),
        ],
        ["i-1", "orders", "logs", "/aws/lambda/f", "arn:aws:sns:eu-west-1:123456789012:alarms", "web"]
    );
}
