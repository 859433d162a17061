//! Validation of endpoint URLs, and calls through the whole SDK to a connector that counts them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use aws_smithy_runtime_api::client::http::http_client_fn;
use aws_smithy_types::body::SdkBody;

use super::*;
use crate::runbook::inputs::invoke_lambda::{FunctionName, Invocation, InvokeRequest};

#[test]
fn invalid_endpoint_urls_are_rejected() {
    let rows = [
        ("http://localhost", true),
        ("http://127.0.0.1:3001", true),
        ("http://[::1]:3001/", true),
        ("http://[::1]", true),
        ("https://lambda.eu-central-1.amazonaws.com/base", true),
        ("HTTP://localhost", true),
        ("http://", false),
        ("http:///path", false),
        ("http://:3001", false),
        ("http://exa mple", false),
        ("http://[::1", false),
        ("http://localhost:99999", false),
        ("http://localhost:", false),
        ("localhost:3001", false),
        ("ftp://localhost", false),
        ("", false),
    ];
    let found = rows.map(|(text, _)| (text, is_address(text)));
    assert_eq!(found, rows);
}

/// Counts calls and answers them.
#[derive(Debug, Clone, Default)]
struct Counting(Arc<AtomicUsize>);

impl HttpConnector for Counting {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        self.0.fetch_add(1, Ordering::Relaxed);
        let answer = ::http::Response::builder().status(200).body(SdkBody::from("{}")).unwrap();
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
async fn a_call_is_made_ready_and_goes_out_with_its_gate() {
    let (counting, gate) = (Counting::default(), SendGate::default());
    let client = counting.client();
    let mut call = Box::pin(gate.clone().gated(client.invoke(request())));
    // As far as it goes: nothing else wakes it.
    let mut context = Context::from_waker(Waker::noop());
    assert!(call.as_mut().poll(&mut context).is_pending());
    assert!(call.as_mut().poll(&mut context).is_pending());
    let before = counting.sent();
    // Another one is not held.
    let free = client.invoke(request()).await.map(|reply| reply.status_code);
    let beside = counting.sent();
    gate.open();
    let held = call.await.map(|reply| reply.status_code);
    assert_eq!((before, free, beside, held, counting.sent()), (0, Ok(200), 1, Ok(200), 2));
}

#[tokio::test]
async fn a_call_that_is_dropped_before_its_gate_was_never_there() {
    let (counting, gate) = (Counting::default(), SendGate::default());
    let client = counting.client();
    let mut call = Box::pin(gate.clone().gated(client.invoke(request())));
    assert!(matches!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
    drop(call);
    gate.open();
    assert_eq!(counting.sent(), 0);
}

#[tokio::test]
async fn a_gate_that_is_there_is_not_waited_for() {
    let counting = Counting::default();
    let reply = SendGate::opened().gated(counting.client().invoke(request())).await;
    assert_eq!((reply.map(|reply| reply.payload), counting.sent()), (Ok(b"{}".to_vec()), 1));
}
