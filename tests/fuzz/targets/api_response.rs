//! Any response is a result with its metadata, or an error, in each protocol.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use runwright::aws::{ApiClient, ApiRequest, ReceivedResponse};
use serde_json::Map;

/// An operation of each protocol, with members of every type and place.
const OPERATIONS: [(&str, &str); 8] = [
    ("dynamodb", "Query"),
    ("ssm", "GetParameter"),
    ("eks", "DescribeCluster"),
    ("lambda", "GetFunction"),
    ("ec2", "DescribeInstances"),
    ("iam", "GetRole"),
    ("s3", "GetBucketLocation"),
    ("cloudfront", "GetDistribution"),
];

#[derive(Debug, Arbitrary)]
struct Input {
    operation: u8,
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

fuzz_target!(|input: Input| {
    let (service, operation) = OPERATIONS[usize::from(input.operation) % OPERATIONS.len()];
    let request = ApiRequest {
        service: service.to_owned(),
        operation: operation.to_owned(),
        parameters: Map::new(),
        token: String::new(),
    };
    let received = ReceivedResponse { status: input.status, headers: input.headers, body: input.body };
    match ApiClient::nowhere(None).read(&request, &received) {
        Ok(reply) => assert!(reply.result["ResponseMetadata"]["HTTPStatusCode"].is_u64()),
        Err(error) => assert!(!error.message.is_empty()),
    }
});
