//! Connectors that hold a prepared call until its gate opens.
//!
//! A call has work to do before its first byte: the request is built, credentials are looked up, it is signed. That can be
//! done while the event that tells of the call is on its way to the disk. Here the call waits for it: below the SDK, above
//! every connection. A signature holds for five minutes, longer than any commit should take.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use crate::send_gate::SendGate;

/// A client whose calls wait at the gate of their task, if it has one.
pub(super) fn gated(client: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(Waiting(client))
}

#[derive(Debug)]
struct Waiting<T>(T);

impl HttpClient for Waiting<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Waiting(self.0.http_connector(settings, components)))
    }
}

impl HttpConnector for Waiting<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some(gate) = SendGate::current() else { return self.0.call(request) };
        let connector = self.0.clone();
        HttpConnectorFuture::new(async move {
            gate.wait().await;
            connector.call(request).await
        })
    }
}

#[cfg(test)]
mod tests;
