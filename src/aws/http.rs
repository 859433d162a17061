//! HTTP connections, with a TLS stack that is only loaded for the first `https` call (loading certificates takes most
//! of the SDK's startup time).
//!
//! A function may take 15 minutes without a byte on the wire, and the devices in between forget a silent connection
//! after six: TCP keep-alive prevents that. Responses have no timeout here; the attempt has a deadline.

use std::sync::{Arc, OnceLock};

use aws_smithy_http_client::pool::{BuildError, Client, ConnectionPool};
#[cfg(any(feature = "tls-aws-lc", feature = "tls-ring"))]
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;

use crate::limits;

/// A client for `http` addresses only, whose responses have at most this many bytes.
pub(crate) fn plain_http_client(most_bytes: usize) -> SharedHttpClient {
    bounded(plain(), most_bytes)
}

/// A client whose responses have at most this many bytes: the SDK reads a whole response into memory, and the server
/// may never stop sending.
pub(super) fn bounded(client: SharedHttpClient, most_bytes: usize) -> SharedHttpClient {
    SharedHttpClient::new(Bounded { inner: client, most_bytes })
}

fn plain() -> SharedHttpClient {
    pooled(ConnectionPool::builder().tcp_keepalive(limits::TCP_KEEP_ALIVE).build_http())
}

/// A client on a pool of connections. One pool serves all calls, so a connection is used again.
fn pooled(pool: Result<ConnectionPool, BuildError>) -> SharedHttpClient {
    let client =
        pool.map_err(|error| error.to_string()).and_then(|pool| Client::new(&pool).map_err(|error| error.to_string()));
    match client {
        Ok(client) => SharedHttpClient::new(client),
        Err(error) => http_client_fn(move |_, _| SharedHttpConnector::new(Unusable(error.clone()))),
    }
}

/// The connector when there can be no connections; every call returns why.
#[derive(Debug)]
struct Unusable(String);

impl HttpConnector for Unusable {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Err(ConnectorError::user(self.0.clone().into())))
    }
}

#[derive(Debug)]
struct Bounded<T> {
    inner: T,
    most_bytes: usize,
}

impl HttpClient for Bounded<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Bounded { inner, most_bytes: self.most_bytes })
    }
}

impl HttpConnector for Bounded<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let call = self.inner.call(request);
        let most_bytes = self.most_bytes;
        HttpConnectorFuture::new(async move {
            let bounded = |body: SdkBody| match body.content_length() {
                // The common case: the declared length is small, and the body cannot exceed it.
                Some(length) if length <= most_bytes as u64 => body,
                Some(_) | None => SdkBody::from_body_1_x(Limited::new(body, most_bytes)),
            };
            Ok(call.await?.map(bounded))
        })
    }
}

/// A client that chooses by the scheme of each request. Its responses have no bound.
#[derive(Debug, Default, Clone)]
pub(super) struct ByScheme {
    clients: Arc<Clients>,
}

#[derive(Debug, Default)]
struct Clients {
    plain: OnceLock<SharedHttpClient>,
    tls: OnceLock<Option<SharedHttpClient>>,
}

impl ByScheme {
    /// A client that has not loaded TLS yet.
    pub(super) fn client() -> SharedHttpClient {
        SharedHttpClient::new(Self::default())
    }
}

impl HttpClient for ByScheme {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        // The request's scheme is known only when it is sent: hand out a connector that decides then.
        SharedHttpConnector::new(Deciding {
            clients: Arc::clone(&self.clients),
            settings: settings.clone(),
            components: components.clone(),
        })
    }
}

#[derive(Debug)]
struct Deciding {
    clients: Arc<Clients>,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for Deciding {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = if request.uri().starts_with("http:") {
            Some(self.clients.plain.get_or_init(plain))
        } else {
            self.clients.tls.get_or_init(secure).as_ref()
        };
        match client {
            Some(client) => client.http_connector(&self.settings, &self.components).call(request),
            None => HttpConnectorFuture::ready(Err(ConnectorError::user(
                "this build of runwright has no TLS: build it with the feature tls-aws-lc or tls-ring".into(),
            ))),
        }
    }
}

#[cfg(feature = "tls-aws-lc")]
const CRYPTO: CryptoMode = CryptoMode::AwsLc;
#[cfg(all(feature = "tls-ring", not(feature = "tls-aws-lc")))]
const CRYPTO: CryptoMode = CryptoMode::Ring;

/// A client for `https` addresses, in a build that has TLS.
#[cfg(any(feature = "tls-aws-lc", feature = "tls-ring"))]
#[expect(clippy::unnecessary_wraps, reason = "a build without TLS has none")]
fn secure() -> Option<SharedHttpClient> {
    let pool = ConnectionPool::builder().tls_provider(Provider::Rustls(CRYPTO));
    Some(pooled(pool.tcp_keepalive(limits::TCP_KEEP_ALIVE).build_https()))
}

#[cfg(not(any(feature = "tls-aws-lc", feature = "tls-ring")))]
fn secure() -> Option<SharedHttpClient> {
    None
}
