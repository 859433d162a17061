//! Posts to an address outside of AWS, through the connections of the client.

use std::time::Duration;

use aws_smithy_runtime::client::orchestrator::operation::Operation as SdkOperation;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::TimeoutConfig;

use super::api_client::ApiClient;
use super::api_error::unsent;
use super::call_error::CallError;
use super::connection_error::never_connected;
use super::error_chain::error_chain;
use super::error_response::retry_after;
use super::gate::{HoldRequest, hold_unpermitted};
use crate::event::{CallReach, Cause, ErrorClass};
use crate::limits::{AWS_CONNECT, WEBHOOK, WEBHOOK_REPLY_BYTES};

/// What is posted.
#[derive(Clone)]
pub struct WebhookRequest {
    /// The address: `https://…`. It may be secret, and appears in no error.
    pub url: String,
    /// The headers, which may be secret too.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl std::fmt::Debug for WebhookRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookRequest").finish_non_exhaustive()
    }
}

/// An answer, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookReply {
    /// The HTTP status.
    pub status: u16,
    /// The delay that the server asks for before the next request.
    pub retry_after: Option<Duration>,
    /// The body, as text.
    pub body: String,
}

impl ApiClient {
    /// Posts to a webhook, without credentials. A redirect is an answer.
    pub async fn post(&self, webhook: WebhookRequest) -> Result<WebhookReply, CallError> {
        let access = self.access().await?;
        let WebhookRequest { url, headers, body } = webhook;
        let (origin, path) = split(&url)?;
        let request = request(path, &headers, body)?;
        let operation = SdkOperation::builder()
            .service_name("webhook")
            .operation_name("post")
            .http_client(hold_unpermitted(access.http_client(WEBHOOK_REPLY_BYTES)))
            .endpoint_url(origin)
            .no_auth()
            .no_retry()
            .timeout_config(TimeoutConfig::builder().connect_timeout(AWS_CONNECT).build())
            .interceptor(HoldRequest::permitted())
            .serializer(move |request: HttpRequest| Ok(request))
            .deserializer(read_reply)
            .build();
        let Ok(answer) = tokio::time::timeout(WEBHOOK, operation.invoke(request)).await else {
            let cause = Cause::new(ErrorClass::Timeout, CallReach::MayHaveRun);
            let message =
                format!("The webhook did not answer within {} s; it may have been called.", WEBHOOK.as_secs());
            return Err(CallError::new(message, cause));
        };
        answer.map_err(|error| unanswered(&error))
    }
}

/// The origin of an address, and its path with the query.
fn split(url: &str) -> Result<(&str, &str), CallError> {
    let host = url.find("://").map(|at| at + 3);
    let end = host.and_then(|host| Some(host + url.get(host..)?.find(['/', '?']).unwrap_or(url.len() - host)));
    let parts = end.and_then(|end| url.split_at_checked(end)).filter(|(origin, _)| Some(origin.len()) > host);
    match parts {
        Some((origin, "")) => Ok((origin, "/")),
        Some(parts) => Ok(parts),
        None => Err(unusable("its address is not valid")),
    }
}

/// Without the address: it may be secret.
fn unusable(what: &str) -> CallError {
    unsent(ErrorClass::Configuration, format!("The webhook cannot be called: {what}"))
}

fn request(path: &str, headers: &[(String, String)], body: String) -> Result<HttpRequest, CallError> {
    let length = body.len();
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("POST").map_err(|error| unusable(&error.to_string()))?;
    request.set_uri(path.to_owned()).map_err(|_| unusable("its address is not valid"))?;
    let all = request.headers_mut();
    all.insert("content-length", length.to_string());
    all.insert("user-agent", concat!("runwright/", env!("CARGO_PKG_VERSION")));
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        all.try_insert(name.clone(), value.clone())
            .map_err(|_| unusable(&format!("its header {name} is not valid")))?;
    }
    if all.get("content-type").is_none() {
        all.insert("content-type", "application/json");
    }
    Ok(request)
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of a deserializer")]
fn read_reply(response: &HttpResponse) -> Result<WebhookReply, OrchestratorError<ConnectorError>> {
    let after = response.headers().get("retry-after").and_then(retry_after);
    Ok(WebhookReply {
        status: response.status().as_u16(),
        retry_after: after.map(Duration::from_millis),
        body: String::from_utf8_lossy(response.body().bytes().unwrap_or_default()).into_owned(),
    })
}

fn unanswered(error: &SdkError<ConnectorError, HttpResponse>) -> CallError {
    let detail = std::error::Error::source(error).map_or_else(|| error.to_string(), error_chain);
    if let SdkError::DispatchFailure(failure) = error {
        let inner = failure.as_connector_error();
        if inner.is_some_and(ConnectorError::is_user) {
            return unsent(ErrorClass::Setup, format!("The webhook cannot be called: {detail}"));
        }
        if inner.is_some_and(never_connected) {
            return unsent(
                ErrorClass::Transient,
                format!("The webhook was not called: it could not be reached: {detail}"),
            );
        }
    }
    let cause = Cause::new(ErrorClass::Transient, CallReach::MayHaveRun);
    CallError::new(format!("The webhook gave no complete answer ({detail}); it may have been called."), cause)
}
