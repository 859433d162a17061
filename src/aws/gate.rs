//! Holds a prepared call until it is permitted.
//!
//! A call has work to do before its first byte: the request is built, credentials are looked up, it is signed. That can be
//! done while the event that records the call is being written to disk. Here the call waits for that: below the SDK,
//! above every connection. A signature holds for five minutes, longer than any commit should take.
//!
//! The permit travels with the request. A request without one is refused: nothing is sent unrecorded.

use std::sync::Arc;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use tokio::sync::SetOnce;

/// The permit of one call.
#[derive(Debug)]
pub struct SendPermit(Gate);

impl SendPermit {
    /// Lets the call be sent.
    pub fn grant(self) {
        // A permit is granted once.
        let _ = self.0.0.set(());
    }
}

/// The gate of one call. Clones are the same gate.
#[derive(Debug, Clone)]
struct Gate(Arc<SetOnce<()>>);

/// Attaches a gate to the request of one call.
#[derive(Debug)]
pub(crate) struct HoldRequest(Gate);

impl HoldRequest {
    /// Holds a call until the permit is granted.
    pub(crate) fn new() -> (Self, SendPermit) {
        let gate = Gate(Arc::new(SetOnce::new()));
        (Self(gate.clone()), SendPermit(gate))
    }

    /// Ends when the permit is granted.
    pub(crate) fn granted(&self) -> impl Future<Output = ()> + Send + use<> {
        let gate = self.0.clone();
        async move {
            gate.0.wait().await;
        }
    }

    /// Holds no call.
    pub(crate) fn permitted() -> Self {
        Self(Gate(Arc::new(SetOnce::new_with(Some(())))))
    }
}

impl Intercept for HoldRequest {
    fn name(&self) -> &'static str {
        "HoldRequest"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        context.request_mut().add_extension(self.0.clone());
        Ok(())
    }
}

/// A client that sends nothing without a permit.
pub(crate) fn hold_unpermitted(client: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(Holding(client))
}

#[derive(Debug)]
struct Holding<T>(T);

impl HttpClient for Holding<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Holding(self.0.http_connector(settings, components)))
    }
}

impl HttpConnector for Holding<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some(Gate(gate)) = request.extension::<Gate>().cloned() else {
            return HttpConnectorFuture::ready(Err(ConnectorError::user("the request has no permit".into())));
        };
        if gate.initialized() {
            return self.0.call(request);
        }
        let connector = self.0.clone();
        HttpConnectorFuture::new(async move {
            gate.wait().await;
            connector.call(request).await
        })
    }
}
