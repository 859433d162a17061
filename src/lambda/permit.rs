//! Calls that are made ready before they may be sent.
//!
//! A call has work to do before its first byte: the request is built, credentials are looked up, it is signed. That can be
//! done while the event that tells of the call is on its way to the disk. Here the call waits for it: below the SDK, above
//! every connection. A signature holds for five minutes, longer than any commit should take.

use std::future::Future;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use tokio::sync::SetOnce;

tokio::task_local! {
    /// What the calls of this task wait for.
    static AWAITED: Permit;
}

/// Permission to send, which may come later. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Permit(Arc<SetOnce<()>>);

impl Permit {
    /// Permission that is there.
    pub fn granted() -> Self {
        Self(Arc::new(SetOnce::new_with(Some(()))))
    }

    /// Gives it; once is enough.
    pub fn grant(&self) {
        // It was there already.
        let _ = self.0.set(());
    }

    /// Ends once it is there.
    pub async fn wait(&self) {
        self.0.wait().await;
    }

    /// What this future sends through a [`LambdaClient`](super::LambdaClient) waits for the permission, and nothing else of
    /// it does.
    pub fn hold<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        AWAITED.scope(self, future)
    }
}

/// A client whose calls wait for what they are held by, if anything.
pub(super) fn waiting(client: SharedHttpClient) -> SharedHttpClient {
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
        let Ok(permit) = AWAITED.try_with(Permit::clone) else { return self.0.call(request) };
        let connector = self.0.clone();
        HttpConnectorFuture::new(async move {
            permit.wait().await;
            connector.call(request).await
        })
    }
}

#[cfg(test)]
mod tests;
