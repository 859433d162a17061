//! Calls through the whole SDK to a connector that counts them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;

use crate::lambda::LambdaClient;
use crate::runbook::inputs::invoke_lambda::{FunctionName, Invocation, InvokeRequest};

/// Counts calls and answers them.
#[derive(Debug, Clone, Default)]
struct Counting(Arc<AtomicUsize>);

impl HttpConnector for Counting {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        self.0.fetch_add(1, Ordering::Relaxed);
        let answer = http::Response::builder().status(200).body(SdkBody::from("{}")).unwrap();
        HttpConnectorFuture::ready(Ok(answer.try_into().unwrap()))
    }
}

impl Counting {
    fn client(&self) -> LambdaClient {
        let connector = SharedHttpConnector::new(self.clone());
        LambdaClient::in_process(http_client_fn(move |_, _| connector.clone()), None)
    }

    fn sent(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

fn request() -> InvokeRequest {
    InvokeRequest {
        function: FunctionName::parse("f").unwrap(),
        qualifier: None,
        invocation: Invocation::RequestResponse { log_tail: false, client_context: None },
        payload: b"{}".to_vec(),
    }
}

#[tokio::test]
async fn prepared_call_is_sent_once_its_permit_is_granted() {
    let counting = Counting::default();
    let client = counting.client();
    let (call, permit) = client.prepare(request());
    let mut call = Box::pin(call);
    // As far as it goes: nothing else wakes it.
    let mut context = Context::from_waker(Waker::noop());
    assert!(call.as_mut().poll(&mut context).is_pending());
    assert!(call.as_mut().poll(&mut context).is_pending());
    let before = counting.sent();
    // Another one is not held.
    let free = client.invoke(request()).await.map(|reply| reply.status_code);
    let beside = counting.sent();
    permit.grant();
    let held = call.await.map(|reply| reply.status_code);
    assert_eq!((before, free, beside, held, counting.sent()), (0, Ok(200), 1, Ok(200), 2));
}

#[tokio::test]
async fn dropped_call_is_never_sent() {
    let counting = Counting::default();
    let client = counting.client();
    let (call, permit) = client.prepare(request());
    let mut call = Box::pin(call);
    assert!(matches!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
    drop(call);
    permit.grant();
    assert_eq!(counting.sent(), 0);
}

#[tokio::test]
async fn request_without_a_permit_is_refused() {
    let counting = Counting::default();
    let answered = counting.client().sdk.invoke().function_name("f").send().await;
    assert_eq!((answered.is_err(), counting.sent()), (true, 0));
}
