//! The yardstick of invocations: the AWS SDK alone, over kept-alive loopback connections, retries off.

use std::sync::Arc;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::{BehaviorVersion, Credentials, Region, StalledStreamProtectionConfig, retry::RetryConfig};
use aws_sdk_lambda::primitives::Blob;

use crate::Failure;

/// The payload of every call.
pub(crate) const PAYLOAD: &str = r#"{"name":"value"}"#;

/// A client of the endpoint.
pub(crate) fn client(url: &str) -> Client {
    Client::from_conf(
        aws_sdk_lambda::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "bench"))
            .retry_config(RetryConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .endpoint_url(url)
            .build(),
    )
}

/// One call; it must succeed.
pub(crate) async fn call(client: &Client, function: &str) -> Result<(), Failure> {
    let reply = client.invoke().function_name(function).payload(Blob::new(PAYLOAD)).send().await?;
    if reply.status_code() != 200 || reply.payload().is_none_or(|body| body.as_ref().is_empty()) {
        return Err("the endpoint gave another answer than it should".into());
    }
    Ok(())
}

/// `count` calls one after the other.
pub(crate) async fn chain(client: &Client, count: usize) -> Result<(), Failure> {
    for _ in 0..count {
        call(client, "instant").await?;
    }
    Ok(())
}

/// `count` calls, of which `width` are in flight at any time.
pub(crate) async fn crowd(client: &Client, count: usize, width: usize) -> Result<(), Failure> {
    let gate = Arc::new(tokio::sync::Semaphore::new(width));
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..count {
        let permit = gate.clone().acquire_owned().await?;
        let client = client.clone();
        calls.spawn(async move {
            let outcome = call(&client, "instant").await.map_err(|failure| failure.to_string());
            drop(permit);
            outcome
        });
    }
    while let Some(outcome) = calls.join_next().await {
        outcome??;
    }
    Ok(())
}

/// `count` calls that all wait at the endpoint at once; the memory they hold, in bytes.
pub(crate) async fn hold(url: &str, count: usize) -> Result<f64, Failure> {
    let client = client(url);
    call(&client, "instant").await?;
    let before = crate::harness::resident_bytes()?;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..count {
        let client = client.clone();
        calls.spawn(async move { call(&client, "hold").await.map_err(|failure| failure.to_string()) });
    }
    let after = crate::memory::when_held(url, count).await?;
    while let Some(outcome) = calls.join_next().await {
        outcome??;
    }
    Ok(after - before)
}
