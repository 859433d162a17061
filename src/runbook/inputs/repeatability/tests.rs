use indexmap::IndexMap;
use serde_json::{Value, json};

use super::Repeatability::{ByOperation, ByToken, Idempotent, MayHaveRun, ReadOnly};
use crate::runbook::ActionTable;

#[test]
fn every_action_has_the_repeatability_of_the_specification() {
    let rows: Vec<_> = ActionTable::standard()
        .iter()
        .filter(|action| action.control().is_none())
        .map(|action| (action.as_str(), action.spec().repeatability, action.spec().retries_interrupted))
        .collect();
    let expected = [
        ("aws:assertAwsResourceProperty", ReadOnly, false),
        ("aws:changeInstanceState", Idempotent, false),
        ("aws:copyImage", ByToken, false),
        ("aws:createImage", MayHaveRun, false),
        ("aws:createStack", ByToken, false),
        ("aws:createTags", Idempotent, false),
        ("aws:deleteImage", Idempotent, false),
        ("aws:deleteStack", Idempotent, false),
        ("aws:executeAutomation", ByToken, false),
        ("aws:executeAwsApi", ByOperation, false),
        ("aws:executeScript", MayHaveRun, false),
        ("aws:executeStateMachine", ByToken, false),
        ("aws:invokeLambdaFunction", MayHaveRun, true),
        ("aws:invokeWebhook", MayHaveRun, false),
        ("aws:runCommand", MayHaveRun, false),
        ("aws:runInstances", ByToken, false),
        ("aws:waitForAwsResourceProperty", ReadOnly, false),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn name_of_an_operation_says_whether_it_only_reads() {
    let names = [
        "DescribeInstances",
        "describeInstances",
        "describe_instances",
        "GetItem",
        "getItem",
        "get_item",
        "ListTags",
        "listTags",
        "list_tags",
        "HeadObject",
        "head_object",
        "BatchGetItem",
        "batchGetItem",
        "batch_get_item",
        "describe_",
        "List",
        "DESCRIBE_INSTANCES",
        "RunInstances",
        "run_instances",
        "BatchDelete",
        "batch_delete_image",
        "BatchGetaway",
        "Batch",
        "Getaway",
        "listen",
        "describeinstances",
        "UndescribeX",
        "_get_item",
        "",
        "Ĝet",
    ];
    let class = |api: Value| ByOperation.resolve(&[("Api".to_owned(), api)].into_iter().collect());
    let reading: Vec<&str> = names.into_iter().filter(|name| class(json!(name)) == ReadOnly).collect();
    assert_eq!(
        (reading, class(json!(["GetItem"])), ByOperation.resolve(&IndexMap::new())),
        (names[..17].to_vec(), MayHaveRun, MayHaveRun)
    );
}
