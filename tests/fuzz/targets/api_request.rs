//! Any parameters are refused, or written as a request of each protocol.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use runwright::aws::{ApiClient, ApiRequest};
use serde_json::{Map, Value};

/// An operation of each protocol, with members of every type.
const OPERATIONS: [(&str, &str); 8] = [
    ("dynamodb", "PutItem"),
    ("ssm", "CreateMaintenanceWindow"),
    ("eks", "CreateCluster"),
    ("iot", "CreateJob"),
    ("ec2", "RunInstances"),
    ("cloudformation", "CreateStack"),
    ("s3", "PutBucketLifecycleConfiguration"),
    ("route53", "ChangeResourceRecordSets"),
];

#[derive(Debug, Arbitrary)]
struct Input<'t> {
    operation: u8,
    parameters: &'t str,
    token: &'t str,
}

fuzz_target!(|input: Input<'_>| {
    let Ok(parameters) = serde_json::from_str::<Map<String, Value>>(input.parameters) else { return };
    let (service, operation) = OPERATIONS[usize::from(input.operation) % OPERATIONS.len()];
    let request = ApiRequest {
        service: service.to_owned(),
        operation: operation.to_owned(),
        parameters,
        token: input.token.to_owned(),
    };
    match ApiClient::nowhere(None).preview(&request, "us-east-1") {
        Ok(sent) => assert!(sent.url.starts_with("https://") && sent.url.contains(".amazonaws.com/"), "{}", sent.url),
        Err(error) => assert!(!error.message.is_empty()),
    }
});
