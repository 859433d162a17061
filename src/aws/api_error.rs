//! Errors of calls of AWS APIs: their classes, and their texts in the words of the service (spec aws-actions 1.3, 1.4, 2.5).

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use jiff::Timestamp;

use super::api_operation::ApiOperation;
use super::call_error::CallError;
use super::connection_error::{never_connected, unusable_address};
use super::credentials::refresh_error;
use super::error_chain::error_chain;
use super::error_response::{body_excerpt, class_of_status, clock_skew, retry_after};
use super::protocol::{ReportedCode, is_web_page};
use crate::event::{CallReach, Cause, ErrorClass};
use crate::limits::API_REPLY_BYTES;

/// The codes by which services throttle calls.
const THROTTLED: [&str; 14] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// The codes by which services refuse a caller.
const DENIED: [&str; 19] = [
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "Client.UnauthorizedOperation",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "NotAuthorized",
    "OptInRequired",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
    "UnauthorizedException",
];

/// The class of an error, and how far its call got.
fn class_of_code(code: Option<&str>, status: u16) -> (ErrorClass, CallReach) {
    let Some(code) = code else { return class_of_status(status) };
    if status == 429 || THROTTLED.contains(&code) {
        return (ErrorClass::Throttled, CallReach::NotRun);
    }
    if DENIED.contains(&code) {
        return (ErrorClass::Permission, CallReach::NotRun);
    }
    let is_missing = code.contains("NotFound") || code.contains("NoSuch") || code.contains("NonExistent");
    match class_of_status(status) {
        // The service understood the call, and says why it refuses it.
        (ErrorClass::Payload | ErrorClass::Permission | ErrorClass::NotFound, _) if is_missing => {
            (ErrorClass::NotFound, CallReach::NotRun)
        }
        (ErrorClass::Permission | ErrorClass::NotFound, reach) => (ErrorClass::Payload, reach),
        other => other,
    }
}

/// The error in a response.
pub(super) fn refused_call(
    api: &ApiOperation<'_>,
    reported: &ReportedCode,
    response: &HttpResponse,
    request_id: Option<String>,
    now: Timestamp,
) -> CallError {
    let status = response.status().as_u16();
    let code = reported.code.as_deref();
    let (class, progress) = class_of_code(code, status);
    let mut cause = Cause::new(class, progress);
    cause.code = code.map(str::to_owned);
    cause.http_status = Some(status);
    cause.request_id = request_id;
    cause.retry_after = response.headers().get("retry-after").and_then(retry_after);
    cause.remedy = clock_skew(code, response.headers(), now).or_else(|| remedy(class, code).map(str::to_owned));
    // Without a code the Python SDK shows the status, and its name for a message.
    let body = response.body().bytes().unwrap_or_default();
    let described = match &reported.message {
        Some(message) => message.clone(),
        None if body.is_empty() || is_web_page(body) => status_text(status).to_owned(),
        None if code.is_none() => body_excerpt(response).unwrap_or_default(),
        None => String::new(),
    };
    let shown = code.map_or_else(|| status.to_string(), str::to_owned);
    CallError::new(error_text(&shown, api.name, &described), cause)
}

/// The error of a service that reports this code, as a mocked reply gives it.
pub fn api_error_of_code(
    code: &str,
    operation: &str,
    message: Option<&str>,
    after: Option<std::time::Duration>,
) -> CallError {
    let (class, progress) = class_of_code(Some(code), 400);
    let mut cause = Cause::new(class, progress);
    cause.code = Some(code.to_owned());
    cause.retry_after = after.map(|delay| u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
    cause.remedy = remedy(class, Some(code)).map(str::to_owned);
    CallError::new(error_text(code, operation, message.unwrap_or_default()), cause)
}

/// The text of an error in the words of the Python SDK.
fn error_text(code: &str, operation: &str, message: &str) -> String {
    format!("An error occurred ({code}) when calling the {operation} operation: {message}")
}

/// The name of an HTTP status.
fn status_text(status: u16) -> &'static str {
    http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default()
}

/// What to do about an error.
fn remedy(class: ErrorClass, code: Option<&str>) -> Option<&'static str> {
    match (class, code) {
        (ErrorClass::Permission, Some("ExpiredToken" | "ExpiredTokenException" | "RequestExpired")) => {
            Some("The credentials have expired: sign in again.")
        }
        (
            ErrorClass::Permission,
            Some("InvalidClientTokenId" | "UnrecognizedClientException" | "InvalidAccessKeyId"),
        ) => Some("The access key is unknown: check the profile, the region and AWS_SESSION_TOKEN."),
        (ErrorClass::Permission, Some("SignatureDoesNotMatch" | "InvalidSignatureException")) => {
            Some("Check the secret key, and that this machine's clock is right.")
        }
        (ErrorClass::Permission, _) => Some(
            "Allow the operation in a policy of the execution's role or user; `runwright plan --check` lists what is needed.",
        ),
        (ErrorClass::Setup, _) => {
            Some("The answer redirects to another address: check the region and the endpoint of the service.")
        }
        (
            ErrorClass::Function
            | ErrorClass::Throttled
            | ErrorClass::Transient
            | ErrorClass::Configuration
            | ErrorClass::Payload
            | ErrorClass::NotFound
            | ErrorClass::Response
            | ErrorClass::Timeout
            | ErrorClass::Interrupted,
            _,
        ) => None,
    }
}

/// A call that was refused before anything was sent.
pub(super) fn unsent(class: ErrorClass, message: String) -> CallError {
    CallError::new(message, Cause::new(class, CallReach::NotRun))
}

/// A response that cannot be read.
pub(super) fn unreadable(api: &ApiOperation<'_>, status: u16, why: &dyn std::fmt::Display) -> CallError {
    let mut cause = Cause::new(ErrorClass::Response, CallReach::MayHaveRun);
    cause.http_status = Some(status);
    let message = format!("The response to {} of {} cannot be read: {why}", api.name, api.service);
    CallError::new(message, cause)
}

/// The call took too long.
pub(super) fn timed_out(api: &ApiOperation<'_>, limit: std::time::Duration) -> CallError {
    let cause = Cause::new(ErrorClass::Timeout, CallReach::MayHaveRun);
    let message = format!(
        "{} of {} did not answer within {} s; the call may have been executed.",
        api.name,
        api.service,
        limit.as_secs()
    );
    CallError::new(message, cause)
}

/// The error of a call that got no complete response.
pub(super) fn unanswered<E: Error + 'static>(api: &ApiOperation<'_>, error: &SdkError<E, HttpResponse>) -> CallError {
    if let Some(refused) = refresh_error(error) {
        return refused;
    }
    let what = format!("{} of {}", api.name, api.service);
    let detail = error.source().map_or_else(|| error.to_string(), error_chain);
    match error {
        SdkError::ConstructionFailure(_) => unsent(ErrorClass::Setup, format!("{what} cannot be called: {detail}")),
        SdkError::DispatchFailure(failure) => {
            let inner = failure.as_connector_error();
            if inner.is_some_and(ConnectorError::is_user) {
                return unsent(ErrorClass::Setup, format!("{what} cannot be called: {detail}"));
            }
            if let Some(why) = inner.and_then(|inner| unusable_address(inner)) {
                let message = format!("{what} cannot be called: the address of the endpoint cannot be used: {why}");
                return with_remedy(unsent(ErrorClass::Setup, message));
            }
            if inner.is_some_and(never_connected) {
                let message = format!("{what} was not called: its address could not be reached: {detail}");
                return with_remedy(unsent(ErrorClass::Transient, message));
            }
            let cause = Cause::new(ErrorClass::Transient, CallReach::MayHaveRun);
            let message =
                format!("The connection broke before {what} answered ({detail}); the call may have been executed.");
            CallError::new(message, cause)
        }
        SdkError::ResponseError(response) => {
            let (class, why) = if detail.contains("length limit exceeded") {
                let why =
                    format!("it has more than {API_REPLY_BYTES} bytes: ask for less, as with MaxResults or a filter");
                (ErrorClass::Response, why)
            } else {
                (ErrorClass::Transient, format!("it was cut off ({detail}); the call may have been executed"))
            };
            let mut cause = Cause::new(class, CallReach::MayHaveRun);
            cause.http_status = Some(response.raw().status().as_u16());
            CallError::new(format!("The response to {what} cannot be read: {why}."), cause)
        }
        _ => {
            let cause = Cause::new(ErrorClass::Transient, CallReach::MayHaveRun);
            CallError::new(format!("{what} failed ({detail}); the call may have been executed."), cause)
        }
    }
}

fn with_remedy(mut error: CallError) -> CallError {
    error.cause.remedy = Some("Check the region, the endpoint of the service and the network.".to_owned());
    error
}
