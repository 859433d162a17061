//! The result of a call: the members of the response as the Python SDK gives them, with `ResponseMetadata`
//! (spec aws-actions 2.4), or its error.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::http::Headers;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::api_error::{refused_call, unreadable};
use super::api_operation::ApiOperation;
use super::call_error::CallError;
use super::customs::{can_fail_with_success, change_result, typed_secrets};
use super::protocol::{is_error_document, read_body_metadata, read_error, read_response, read_root_text};
use super::response_reader::SecretValues;
use super::schema::ServiceSchemas;

/// A successful call.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiReply {
    /// The members of the response, and `ResponseMetadata`.
    pub result: Map<String, Value>,
    /// The service's id of the request.
    pub request_id: Option<String>,
    /// The values that the model marks as sensitive.
    pub secrets: Vec<Value>,
}

/// Evaluates a response.
pub(super) fn evaluate_response(
    service: &ServiceSchemas,
    api: &ApiOperation<'_>,
    response: &HttpResponse,
    now: Timestamp,
) -> Result<ApiReply, CallError> {
    let status = response.status().as_u16();
    let body = response.body().bytes().unwrap_or_default();
    let metadata = response_metadata(service, response, body);
    let request_id = metadata.get("RequestId").and_then(Value::as_str).map(str::to_owned);
    let hides_error = can_fail_with_success(api) && status == 200 && is_error_document(body);
    if status >= 300 || hides_error {
        let reported = read_error(service, response);
        return Err(refused_call(api, &reported, response, request_id, now));
    }
    let secrets = SecretValues::default();
    let mut result =
        read_response(service, api.operation, response, &secrets).map_err(|error| unreadable(api, status, &error))?;
    let secrets = typed_secrets(api, &result).unwrap_or_else(|| secrets.into_values());
    change_result(api, &mut result, || read_root_text(body));
    result.insert("ResponseMetadata".to_owned(), Value::Object(metadata));
    Ok(ApiReply { result, request_id, secrets })
}

/// `ResponseMetadata`: the id of the request, the status and the headers.
fn response_metadata(service: &ServiceSchemas, response: &HttpResponse, body: &[u8]) -> Map<String, Value> {
    let headers = response.headers();
    let mut metadata = read_body_metadata(service, body);
    let s3_id = headers.get("x-amz-request-id");
    if let Some(id) = headers.get("x-amzn-requestid").or(s3_id).filter(|_| !metadata.contains_key("RequestId")) {
        metadata.insert("RequestId".to_owned(), Value::from(id));
    }
    if headers.get("x-amzn-requestid").is_none() && s3_id.is_some() {
        metadata.insert("HostId".to_owned(), Value::from(headers.get("x-amz-id-2").unwrap_or_default()));
    }
    metadata.insert("HTTPStatusCode".to_owned(), Value::from(response.status().as_u16()));
    metadata.insert("HTTPHeaders".to_owned(), Value::Object(header_map(headers)));
    // Every request stands in the journal: nothing is sent again here.
    metadata.insert("RetryAttempts".to_owned(), Value::from(0));
    metadata
}

fn header_map(headers: &Headers) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        let joined = match map.get(&name).and_then(Value::as_str) {
            Some(first) => format!("{first}, {value}"),
            None => value.to_owned(),
        };
        map.insert(name, Value::from(joined));
    }
    map
}
