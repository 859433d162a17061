//! Any response of a Lambda endpoint is a result or a failure; a failed function is never a success.
#![no_main]

use std::sync::Arc;

use arbitrary::Arbitrary;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use indexmap::IndexMap;
use libfuzzer_sys::fuzz_target;
use runwright::actions::{ActionRegistry, Connections, Task};
use runwright::aws::ApiClient;
use runwright::clock::SystemClock;
use runwright::expression::Selector;
use runwright::lambda::LambdaClient;
use runwright::runbook::Action;
use serde_json::json;

/// A response of an endpoint.
#[derive(Debug, Clone, Arbitrary)]
struct Answer {
    status: u16,
    headers: Vec<(Header, String)>,
    body: Vec<u8>,
    asked: Asked,
}

/// The headers that are read.
#[derive(Debug, Clone, Copy, Arbitrary)]
enum Header {
    FunctionError,
    LogResult,
    ExecutedVersion,
    ErrorType,
    RequestId,
    RetryAfter,
}

/// The inputs of the step.
#[derive(Debug, Clone, Copy, Arbitrary)]
struct Asked {
    event: bool,
    tail: bool,
    limit: Option<u16>,
}

impl Header {
    fn name(self) -> &'static str {
        match self {
            Self::FunctionError => "x-amz-function-error",
            Self::LogResult => "x-amz-log-result",
            Self::ExecutedVersion => "x-amz-executed-version",
            Self::ErrorType => "x-amzn-errortype",
            Self::RequestId => "x-amzn-requestid",
            Self::RetryAfter => "retry-after",
        }
    }
}

#[derive(Debug)]
struct Endpoint(Answer);

impl HttpConnector for Endpoint {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let status = (200 + self.0.status % 400).try_into().expect("a status from 200 to 599");
        let mut response = HttpResponse::new(status, SdkBody::from(self.0.body.clone()));
        for (header, value) in &self.0.headers {
            // Bytes that are invalid in a header never arrive in one.
            let _ = response.headers_mut().try_insert(header.name(), value.clone());
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

fuzz_target!(|answer: Answer| {
    let asked = answer.asked;
    let function_failed = answer.status % 400 == 0
        && answer.headers.iter().any(|(header, value)| {
            matches!(header, Header::FunctionError) && value.bytes().all(|byte| byte.is_ascii_graphic()) && !value.is_empty()
        });
    let endpoint = Endpoint(answer);
    let connector = aws_smithy_runtime_api::client::http::SharedHttpConnector::new(endpoint);
    let client = LambdaClient::in_process(http_client_fn(move |_, _| connector.clone()), None);
    let mut inputs = IndexMap::new();
    inputs.insert("FunctionName".to_owned(), json!("f"));
    if asked.event {
        inputs.insert("InvocationType".to_owned(), json!("Event"));
    } else if asked.tail {
        inputs.insert("LogType".to_owned(), json!("Tail"));
    }
    let task = Task {
        execution: "00000000-0000-4000-8000-000000000000".into(),
        step: "s".into(),
        step_execution: "00000000-0000-4000-8000-000000000001".into(),
        action: Action::INVOKE_LAMBDA_FUNCTION,
        inputs: Arc::new(inputs),
        request: None,
        attempt: 1,
        sending: 1,
        result_limit: asked.limit.map(u64::from),
        poll_interval: None,
        idempotency_token: false,
        children: None,
        observations: None,
        progress: None,
        created: IndexMap::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let registry = ActionRegistry::connected(Connections {
        lambda: client,
        api: ApiClient::nowhere(None),
        clock: Arc::new(SystemClock),
        polls: runwright::actions::PollLimits::default(),
        scripts: None,
        last_reply: None,
        children: None,
    });
    match runtime.block_on(registry.prepare(task).send()) {
        Ok(result) => {
            assert!(!function_failed, "a failed function is a failed attempt");
            if let Some(document) = result.document {
                let selector = Selector::parse("$.Payload.a[0]").expect("a selector");
                let _ = selector.select_with_payload_fallback(&document);
            }
        }
        Err(error) => assert!(!error.failure.message.is_empty()),
    }
});
