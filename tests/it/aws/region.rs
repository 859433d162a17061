//! A full ARN sets the region of its call, whatever region the run has.

use super::situation;
use super::stub::{Answer, Stub};

/// The region of each request's signature.
fn signed_for(stub: &Stub) -> Vec<String> {
    let region = |authorization: &str| authorization.split('/').nth(2).unwrap().to_owned();
    stub.requests().iter().map(|request| region(request.header("authorization"))).collect()
}

#[test]
fn invocation_uses_the_region_of_the_arn() {
    let stub = Stub::start(|_, _| Answer::new(200, "{}"));
    let situation = situation().runbook(
        "",
        &[
            "name: here, inputs: {FunctionName: f}",
            "name: there, inputs: {FunctionName: 'arn:aws:lambda:ap-southeast-2:123456789012:function:f'}",
            "name: same, inputs: {FunctionName: 'arn:aws:lambda:eu-central-1:123456789012:function:f:live'}",
            "name: partial, inputs: {FunctionName: '123456789012:function:f'}",
        ],
    );
    let outcome = situation.run(&["run", "book.yaml", "-q", "--endpoint-url", &stub.url]);
    assert_eq!(
        (outcome.status, signed_for(&stub)),
        (Some(0), ["eu-central-1", "ap-southeast-2", "eu-central-1", "eu-central-1"].map(str::to_owned).to_vec()),
        "{}",
        outcome.stderr
    );
}

#[test]
fn check_uses_the_region_of_the_arn() {
    let stub = Stub::start(|request, _| match request.method.as_str() {
        "GET" => Answer::new(200, "{\"FunctionName\": \"f\", \"Timeout\": 3}"),
        _ => Answer::new(204, ""),
    });
    let step = "name: there, inputs: {FunctionName: 'arn:aws:lambda:ap-southeast-2:123456789012:function:f'}";
    let situation = situation().runbook("", &[step]);
    let outcome = situation.run(&["plan", "book.yaml", "--check", "--endpoint-url", &stub.url]);
    assert_eq!(
        (outcome.status, signed_for(&stub)),
        (Some(0), vec!["ap-southeast-2".to_owned(); 2]),
        "{}",
        outcome.stderr
    );
}
