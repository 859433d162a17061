//! Downloads a document from a presigned URL.

use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::TimeoutConfig;

use super::access::is_address;
use super::error_chain::error_chain;
use super::http;
use crate::limits;

/// Why a document was not downloaded. Without the URL, whose signature lets anyone read the document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DownloadError {
    /// It is not an address that may be read.
    #[error("the URL must begin with https://")]
    NoAddress,
    /// The server did not respond, or its response is too large.
    #[error("{0}")]
    Unreachable(String),
    /// The response is not a success.
    #[error("the server answered {status}")]
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// It is not text.
    #[error("the document is not UTF-8")]
    NotText,
}

/// Downloads a text of at most this many bytes. The URL is an `https` address, or `http` on this machine, where emulators
/// are.
pub async fn download_text(url: &str, most_bytes: usize) -> Result<String, DownloadError> {
    if !is_address(url) || !(url.starts_with("https://") || is_local(url)) {
        return Err(DownloadError::NoAddress);
    }
    let client = http::bounded(http::ByScheme::client(), most_bytes);
    let received = tokio::time::timeout(limits::OBJECT_DOWNLOAD, get(client, url.to_owned())).await;
    let late = || format!("no answer within {} s", limits::OBJECT_DOWNLOAD.as_secs());
    let response = received.map_err(|_| DownloadError::Unreachable(late()))?.map_err(DownloadError::Unreachable)?;
    let status = response.status().as_u16();
    if status != 200 {
        return Err(DownloadError::Refused { status });
    }
    let bytes = response.body().bytes().unwrap_or_default().to_vec();
    String::from_utf8(bytes).map_err(|_| DownloadError::NotText)
}

fn is_local(url: &str) -> bool {
    let host = url.parse::<::http::Uri>().ok().and_then(|uri| uri.host().map(str::to_owned)).unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

async fn get(client: SharedHttpClient, url: String) -> Result<HttpResponse, String> {
    let split = url.find("://").and_then(|at| url.get(at + 3..)?.find('/').map(|slash| at + 3 + slash));
    let (host, path) = url.split_at(split.unwrap_or(url.len()));
    let path = if path.is_empty() { "/" } else { path };
    let operation = Operation::builder()
        .service_name("download")
        .operation_name("download")
        .http_client(client)
        .endpoint_url(host)
        .no_auth()
        .no_retry()
        .timeout_config(TimeoutConfig::builder().connect_timeout(limits::AWS_CONNECT).build())
        .serializer(move |request: HttpRequest| Ok(request))
        .deserializer(copy_response)
        .build();
    let mut request = HttpRequest::new(SdkBody::empty());
    request.set_uri(path.to_owned()).map_err(|error| error.to_string())?;
    operation.invoke(request).await.map_err(|error| error_chain(&error))
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of a deserializer")]
fn copy_response(response: &HttpResponse) -> Result<HttpResponse, OrchestratorError<ConnectorError>> {
    Ok(HttpResponse::new(response.status(), SdkBody::from(response.body().bytes().unwrap_or_default())))
}
