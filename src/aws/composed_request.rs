//! The request of a call, complete but for its signature.

use std::sync::LazyLock;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::{Map, Value};

use super::api_operation::ApiOperation;
use super::destination::{Destination, DestinationError, find_destination};
use super::endpoints::{EndpointVariant, Endpoints};
use super::error::ModelError;
use super::request::{RequestError, build_request};
use super::schema::ServiceSchemas;
use super::signing::SigningScope;

/// The endpoints in this program.
static ENDPOINTS: LazyLock<Result<Endpoints, ModelError>> = LazyLock::new(Endpoints::embedded);

/// Where a call is made.
#[derive(Debug, Clone)]
pub(super) struct CallPlace {
    /// The Region.
    pub(super) region: String,
    /// The endpoint that the user gives.
    pub(super) given: Option<String>,
    /// Which endpoint of AWS.
    pub(super) variant: EndpointVariant,
}

/// A request without its signature.
#[derive(Debug)]
pub(super) struct ComposedRequest {
    /// The request, with its whole URL.
    pub(super) http: HttpRequest,
    /// The start of its URL: the endpoint, with the bucket.
    pub(super) base: String,
    /// What the signature is for.
    pub(super) scope: SigningScope,
}

/// What a call sends, without its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsignedRequest {
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl From<&ComposedRequest> for UnsignedRequest {
    fn from(composed: &ComposedRequest) -> Self {
        let http = &composed.http;
        Self {
            method: http.method().to_owned(),
            url: http.uri().to_owned(),
            headers: http.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body: http.body().bytes().unwrap_or_default().to_vec(),
        }
    }
}

impl ComposedRequest {
    /// The host of its URL with the scheme, and the rest of the URL.
    pub(super) fn split_url(&self) -> (String, String) {
        let url = self.http.uri();
        let host = url.find("://").map_or(0, |at| at + 3);
        let end = url.get(host..).and_then(|rest| rest.find('/')).map_or(url.len(), |at| host + at);
        let (start, path) = url.split_at(end);
        (start.to_owned(), if path.is_empty() { "/".to_owned() } else { path.to_owned() })
    }
}

/// Why a request cannot be composed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CompositionError {
    /// The endpoints cannot be read.
    #[error(transparent)]
    Endpoints(ModelError),
    /// It has no destination.
    #[error(transparent)]
    Destination(#[from] DestinationError),
    /// It cannot be written.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// Its URL is not one.
    #[error("the URL of the request is not valid")]
    Url,
}

const USER_AGENT: &str = concat!("runwright/", env!("CARGO_PKG_VERSION"));

/// Composes the request.
pub(super) fn compose_request(
    schemas: &ServiceSchemas,
    api: &ApiOperation<'_>,
    parameters: Map<String, Value>,
    token: &str,
    place: &CallPlace,
) -> Result<ComposedRequest, CompositionError> {
    let endpoints = ENDPOINTS.as_ref().map_err(|error| CompositionError::Endpoints(error.clone()))?;
    let destination = find_destination(endpoints, api, &parameters, &place.region, place.given.clone(), place.variant)?;
    let mut http = build_request(schemas, api, parameters, token)?;
    let path = shortened_path(http.uri(), &destination);
    http.set_uri(format!("{}{path}", destination.url)).map_err(|_| CompositionError::Url)?;
    http.headers_mut().try_insert("user-agent", USER_AGENT).map_err(|_| CompositionError::Url)?;
    let covers_body = !api.operation.unsigned_payload && api.operation.authtype.as_deref() != Some("v4-unsigned-body");
    let scope = SigningScope { region: destination.signing_region, name: destination.signing_name, covers_body };
    Ok(ComposedRequest { http, base: destination.url, scope })
}

/// Whether the service wants no signature.
pub(super) fn is_unsigned(api: &ApiOperation<'_>) -> bool {
    api.operation.authtype.as_deref() == Some("none")
}

/// The path of a request without what is part of the URL already.
fn shortened_path(path: &str, destination: &Destination) -> String {
    let start = destination.path_in_url.as_deref();
    let rest = start.and_then(|start| path.strip_prefix(start)).unwrap_or(path);
    let is_in_path = start.is_some_and(|start| destination.url.ends_with(start));
    if rest.starts_with('/') || is_in_path { rest.to_owned() } else { format!("/{rest}") }
}
