//! Delivers notifications: to an SNS topic, or to a webhook that accepts JSON.

use aws_config::Region;
use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::rt::TokioExecutor;

use crate::aws::{Access, describe_sdk_error, error_chain, is_address, with_short_timeouts};
use crate::limits;

/// Why a notification was not delivered.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unsent {
    /// SNS rejected it.
    #[error("publishing to {topic} failed: {why}")]
    Topic {
        /// The topic's ARN.
        topic: String,
        /// The error of SNS.
        why: String,
    },
    /// It is not the ARN of a topic.
    #[error("{0} is not the ARN of an SNS topic")]
    NoTopic(String),
    /// It is not an HTTP address.
    #[error("the URL must begin with http:// or https://")]
    NoAddress,
    /// The server did not respond.
    #[error("{0}")]
    Unreachable(String),
    /// The response is not a success.
    #[error("the server answered {0}")]
    Refused(u16),
}

/// Publishes a text to a topic, in the topic's region. It may arrive twice, which does no harm: people read it.
pub(super) async fn publish(access: &Access, topic: &str, subject: &str, text: &str) -> Result<(), Unsent> {
    let region = topic.split(':').nth(3).filter(|region| !region.is_empty() && topic.contains(":sns:"));
    let region = region.ok_or_else(|| Unsent::NoTopic(topic.to_owned()))?;
    let config = with_short_timeouts(access.sdk_config()).into_builder().region(Region::new(region.to_owned())).build();
    let client = aws_sdk_sns::Client::new(&config);
    let sent = client.publish().topic_arn(topic).subject(subject).message(text).send().await;
    let failed = |error| Unsent::Topic { topic: topic.to_owned(), why: describe_sdk_error(&error) };
    sent.map(drop).map_err(failed)
}

/// Posts JSON to an address. Anything but a 2xx is a failure; redirects are not followed.
pub(super) async fn post(url: &str, json: String) -> Result<(), Unsent> {
    if !is_address(url) {
        return Err(Unsent::NoAddress);
    }
    if url.starts_with("http://") {
        return post_through(HttpConnector::new(), url, json).await;
    }
    secure(url, json).await
}

#[cfg(any(feature = "tls-aws-lc", feature = "tls-ring"))]
async fn secure(url: &str, json: String) -> Result<(), Unsent> {
    #[cfg(feature = "tls-aws-lc")]
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    #[cfg(all(feature = "tls-ring", not(feature = "tls-aws-lc")))]
    let provider = rustls::crypto::ring::default_provider();
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(provider)
        .map_err(|error| Unsent::Unreachable(format!("cannot read the certificates of this machine: {error}")))?
        .https_only()
        .enable_http1()
        .build();
    post_through(connector, url, json).await
}

#[cfg(not(any(feature = "tls-aws-lc", feature = "tls-ring")))]
async fn secure(_: &str, _: String) -> Result<(), Unsent> {
    Err(Unsent::Unreachable("this build of runwright has no TLS: build it with the feature tls-ring".to_owned()))
}

async fn post_through<C>(connector: C, url: &str, json: String) -> Result<(), Unsent>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let request = http::Request::post(url)
        .header("content-type", "application/json")
        .header("user-agent", concat!("runwright/", env!("CARGO_PKG_VERSION")))
        .body(Full::new(Bytes::from(json)))
        .map_err(|error| Unsent::Unreachable(error.to_string()))?;
    let answered = tokio::time::timeout(limits::NOTIFICATION, client.request(request)).await;
    let answered =
        answered.map_err(|_| Unsent::Unreachable(format!("no answer within {} s", limits::NOTIFICATION.as_secs())))?;
    let status = answered.map_err(|error| Unsent::Unreachable(error_chain(&error)))?.status();
    if status.is_success() { Ok(()) } else { Err(Unsent::Refused(status.as_u16())) }
}
