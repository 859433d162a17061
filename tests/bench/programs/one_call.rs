//! Yardstick: the smallest program that invokes one function with the AWS SDK over plain HTTP and prints the reply.
//!
//! `yardstick-one-call http://127.0.0.1:PORT FUNCTION PAYLOAD`

use std::io::Write as _;

use aws_sdk_lambda::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use aws_sdk_lambda::primitives::Blob;

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (Some(endpoint), Some(function), Some(payload)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: yardstick-one-call ENDPOINT FUNCTION PAYLOAD".into());
    };
    let config = aws_sdk_lambda::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "yardstick"))
        .retry_config(RetryConfig::disabled())
        .endpoint_url(endpoint)
        .build();
    let client = aws_sdk_lambda::Client::from_conf(config);
    let reply = client.invoke().function_name(function).payload(Blob::new(payload)).send().await?;
    let body = reply.payload().map(Blob::as_ref).unwrap_or_default();
    std::io::stdout().write_all(body)?;
    Ok(())
}
