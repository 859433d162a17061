//! The Lambda API for callers: `Invoke`, and the reading operations that tools call before it.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};

use super::LocalLambda;
use super::configuration;
use super::function::{FunctionIdentifier, Version, is_qualifier};
use super::invocation::{Invocation, Outcome};
use super::service_error::ServiceError;
use super::target::Target;
use crate::limits;

const ROOT: &str = "/2015-03-31/functions";

/// How a function is to be invoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InvocationType {
    RequestResponse,
    Event,
    DryRun,
}

impl LocalLambda {
    /// Answers a request as the service does. Dropping the returned future stops the waiting, not the function.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let request_id = self.inner.pool.identifiers.uuid().to_string();
        let mut response = match self.answer(request, &request_id).await {
            Ok(response) => response,
            Err(error) => error.response(),
        };
        if let Ok(id) = HeaderValue::from_str(&request_id) {
            response.headers_mut().insert("x-amzn-requestid", id);
        }
        response
    }

    async fn answer(&self, request: Request<Bytes>, request_id: &str) -> Result<Response<Bytes>, ServiceError> {
        if super::browser::is_from_a_page(request.headers()) {
            return Err(ServiceError::AccessDenied("requests from web pages are refused".to_owned()));
        }
        let query = query(request.uri().query().unwrap_or_default());
        let path = request.uri().path();
        let unknown = || ServiceError::UnknownOperation(format!("there is no operation {} {path}", request.method()));
        let below = path.strip_prefix(ROOT).ok_or_else(unknown)?;
        let segments: Vec<String> = below.split('/').filter(|part| !part.is_empty()).map(decode).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let get = request.method() == Method::GET;
        let post = request.method() == Method::POST;
        match segments.as_slice() {
            [] if get => configuration::list(self, &query),
            [name] if get => Ok(configuration::function(self, &self.target(name, &query)?)),
            [name, "configuration"] if get => Ok(configuration::configuration(self, &self.target(name, &query)?)),
            [name, "versions"] if get => Ok(configuration::versions(self, &self.target(name, &query)?)),
            [name, "aliases"] if get => Ok(configuration::aliases(self, &self.target(name, &query)?)),
            [name, "concurrency"] if get => Ok(configuration::concurrency(&self.target(name, &query)?)),
            [name, "invocations"] if post => {
                let target = self.target(name, &query)?;
                let (parts, payload) = request.into_parts();
                self.invoke(target, &parts.headers, payload, request_id).await
            }
            _ => Err(unknown()),
        }
    }

    fn target(&self, name: &str, query: &HashMap<String, String>) -> Result<Target, ServiceError> {
        let functions = &self.inner.functions;
        let identifier = FunctionIdentifier::parse(name).ok_or_else(|| {
            ServiceError::Validation(format!(
                "1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: it is \
                 neither a function name nor an ARN of a function"
            ))
        })?;
        let asked = query.get("Qualifier").map(String::as_str);
        if let Some(qualifier) = asked.filter(|qualifier| !is_qualifier(qualifier)) {
            return Err(ServiceError::Validation(format!(
                "1 validation error detected: Value '{qualifier}' at 'qualifier' failed to satisfy constraint: it is \
                 neither a version nor an alias"
            )));
        }
        let qualifier = match (identifier.qualifier.as_deref(), asked) {
            (Some(derived), Some(asked)) if derived != asked => {
                return Err(ServiceError::InvalidParameterValue(
                    "The derived qualifier from the function name does not match the specified qualifier.".to_owned(),
                ));
            }
            (derived, asked) => derived.or(asked),
        };
        let missing = |name: &str| ServiceError::FunctionNotFound(functions.arn(name, qualifier));
        let function = functions.named(&identifier.name).ok_or_else(|| missing(&identifier.name))?;
        let version = function.version(qualifier).ok_or_else(|| missing(&function.name))?;
        let arn = functions.arn(&function.name, qualifier);
        Ok(Target { function: Arc::clone(function), version, arn })
    }

    async fn invoke(
        &self,
        target: Target,
        headers: &HeaderMap,
        payload: Bytes,
        request_id: &str,
    ) -> Result<Response<Bytes>, ServiceError> {
        let invocation_type = one_of(
            headers,
            "x-amz-invocation-type",
            "invocationType",
            &[
                ("RequestResponse", InvocationType::RequestResponse),
                ("Event", InvocationType::Event),
                ("DryRun", InvocationType::DryRun),
            ],
        )?;
        let tail = one_of(headers, "x-amz-log-type", "logType", &[("None", false), ("Tail", true)])?;
        let client_context = client_context(headers)?;
        if payload.len() > limits::INVOKE_REQUEST_BYTES {
            return Err(ServiceError::RequestTooLarge(format!(
                "Request must be smaller than {} bytes for the InvokeFunction operation",
                limits::INVOKE_REQUEST_BYTES
            )));
        }
        if invocation_type == InvocationType::Event && payload.len() > limits::EVENT_REQUEST_BYTES {
            return Err(ServiceError::RequestTooLarge(format!(
                "{} byte payload is too large for the Event invocation type (limit {} bytes)",
                payload.len(),
                limits::EVENT_REQUEST_BYTES
            )));
        }
        let payload = if payload.is_empty() { Bytes::from_static(b"{}") } else { payload };
        serde_json::from_slice::<serde::de::IgnoredAny>(&payload).map_err(|error| {
            ServiceError::InvalidRequestContent(format!(
                "Could not parse request body into json: Could not parse payload into json: {error}"
            ))
        })?;
        let invocation = Invocation {
            function: target.function,
            version: target.version,
            function_arn: target.arn,
            request_id: request_id.to_owned(),
            client_context,
            payload,
        };
        match invocation_type {
            InvocationType::DryRun => Ok(status(StatusCode::NO_CONTENT)),
            InvocationType::Event => {
                // The service gives the client context to synchronous invocations only.
                let event = Invocation { client_context: None, ..invocation };
                self.inner.events.accept(&self.inner.pool, event)?;
                Ok(status(StatusCode::ACCEPTED))
            }
            InvocationType::RequestResponse => {
                let version = invocation.version;
                let slot = self.inner.pool.slot_now(&invocation.function)?;
                let pool = Arc::clone(&self.inner.pool);
                // In its own task: the function continues when the caller stops waiting.
                let task = tokio::spawn(async move { pool.invoke(invocation, slot).await });
                let outcome = task.await.map_err(|error| ServiceError::Service(error.to_string()))??;
                Ok(outcome_response(outcome, version, tail))
            }
        }
    }
}

fn outcome_response(outcome: Outcome, version: Version, tail: bool) -> Response<Bytes> {
    let mut response = Response::new(outcome.payload);
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set("content-type", "application/json");
    set("x-amz-executed-version", &version.to_string());
    set("x-amzn-trace-id", &outcome.trace_id);
    if let Some(error) = outcome.error {
        set("x-amz-function-error", error.as_str());
    }
    if tail {
        set("x-amz-log-result", &BASE64.encode(&outcome.log_tail));
    }
    response
}

fn status(code: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = code;
    response
}

/// The value of a header that is one of a few words; the first of them when it is absent.
fn one_of<T: Copy>(headers: &HeaderMap, header: &str, member: &str, words: &[(&str, T)]) -> Result<T, ServiceError> {
    let given = headers.get(header).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let found = match &given {
        None => words.first(),
        Some(text) => words.iter().find(|(word, _)| word == text),
    };
    found.map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        ServiceError::Validation(format!(
            "1 validation error detected: Value '{}' at '{member}' failed to satisfy constraint: Member must satisfy \
             enum value set: [{}]",
            given.unwrap_or_default(),
            words.join(", ")
        ))
    })
}

/// The client context as JSON on one line.
fn client_context(headers: &HeaderMap) -> Result<Option<String>, ServiceError> {
    let Some(header) = headers.get("x-amz-client-context") else { return Ok(None) };
    if header.len() > limits::CLIENT_CONTEXT_BYTES {
        return Err(ServiceError::InvalidRequestContent(format!(
            "Client context must be no longer than {} bytes; it has {}.",
            limits::CLIENT_CONTEXT_BYTES,
            header.len()
        )));
    }
    let not_right =
        || ServiceError::InvalidRequestContent("Client context must be a valid Base64-encoded JSON object.".to_owned());
    let decoded = BASE64.decode(header.as_bytes()).map_err(|_| not_right())?;
    let context: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&decoded).map_err(|_| not_right())?;
    Ok(Some(serde_json::Value::Object(context).to_string()))
}

/// The parameters of a query, decoded. Of a repeated one the last counts.
fn query(text: &str) -> HashMap<String, String> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(&value.replace('+', " ")))
        })
        .collect()
}

/// Percent-decoding; what is not an escape stays as it is.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, ..] => hex(*high).zip(hex(*low)).map(|(high, low)| high * 16 + low),
            _ => None,
        };
        if let Some(byte) = escaped {
            bytes.push(byte);
            rest = rest.get(3..).unwrap_or_default();
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
