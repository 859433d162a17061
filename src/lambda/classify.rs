//! Classifies each error of the Invoke API (spec 7).
//!
//! The error's name decides, and the HTTP status only where there is no name: the service returns 502 for permanent
//! faults and 408 or 409 for temporary ones.

mod codes;
mod remedy;

use std::error::Error;

use aws_sdk_lambda::error::{ConnectorError, ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use self::codes::CODES;
use self::remedy::remedy;

use crate::aws::{
    CallError, body_excerpt, class_of_status, clock_skew, error_chain, never_connected, refresh_error, retry_after,
    unusable_address,
};
use crate::clock::{Clock, SystemClock};
use crate::event::{CallReach, Cause, ErrorClass};

/// The error of a call that returned no reply.
pub(super) fn call_error<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E, HttpResponse>) -> CallError {
    if let Some(error) = refresh_error(error) {
        return error;
    }
    match error {
        SdkError::ConstructionFailure(_) => setup(error),
        SdkError::TimeoutError(_) => {
            let mut cause = Cause::new(ErrorClass::Transient, CallReach::MayHaveRun);
            cause.remedy = Some("Check the address and the network between here and Lambda.".to_owned());
            CallError::new(format!("The call timed out: {}", detail(error)), cause)
        }
        SdkError::DispatchFailure(failure) => {
            let inner = failure.as_connector_error();
            if inner.is_some_and(ConnectorError::is_user) {
                return setup(error);
            }
            if let Some(why) = inner.and_then(|inner| unusable_address(inner)) {
                let mut cause = Cause::new(ErrorClass::Setup, CallReach::NotRun);
                cause.remedy =
                    Some("Check --endpoint-url, AWS_ENDPOINT_URL and the profile's endpoint_url.".to_owned());
                return CallError::new(format!("The address of the endpoint cannot be used: {why}"), cause);
            }
            let never_connected = inner.is_some_and(never_connected);
            let (progress, what) = if never_connected {
                (CallReach::NotRun, "The function's address could not be reached")
            } else {
                (CallReach::MayHaveRun, "The connection broke before a response arrived")
            };
            let mut cause = Cause::new(ErrorClass::Transient, progress);
            if never_connected {
                cause.remedy = Some("Check --endpoint-url, --region and the network.".to_owned());
            }
            CallError::new(format!("{what}: {}", detail(error)), cause)
        }
        SdkError::ResponseError(response) => {
            let mut cause = Cause::new(ErrorClass::Response, CallReach::MayHaveRun);
            cause.http_status = Some(response.raw().status().as_u16());
            let message = format!("The response was cut off or could not be read: {}", detail(error));
            CallError::new(message, cause)
        }
        SdkError::ServiceError(service) => service_error(service.err(), service.raw()),
        _ => {
            let cause = Cause::new(ErrorClass::Transient, CallReach::MayHaveRun);
            CallError::new(format!("The call failed: {}", detail(error)), cause)
        }
    }
}

fn setup<E: Error + 'static>(error: &SdkError<E, HttpResponse>) -> CallError {
    let cause = Cause::new(ErrorClass::Setup, CallReach::NotRun);
    CallError::new(format!("The call could not be made: {}", detail(error)), cause)
}

/// The causes below the SDK's own general message.
fn detail<E: Error + 'static>(error: &SdkError<E, HttpResponse>) -> String {
    error.source().map_or_else(|| error.to_string(), error_chain)
}

fn service_error<E: ProvideErrorMetadata>(error: &E, raw: &HttpResponse) -> CallError {
    let status = raw.status().as_u16();
    let code = error.code();
    let (class, progress) = code.and_then(by_code).unwrap_or_else(|| class_of_status(status));
    let mut cause = Cause::new(class, progress);
    cause.code = code.map(str::to_owned);
    cause.http_status = Some(status);
    cause.request_id = error.meta().request_id().or_else(|| raw.headers().get("x-amzn-requestid")).map(str::to_owned);
    cause.retry_after = raw.headers().get("retry-after").and_then(retry_after);
    let reason = member(raw, "Reason");
    cause.remedy = clock_skew(code, raw.headers(), SystemClock.time_of_day())
        .or_else(|| remedy(code, reason.as_deref(), class).map(str::to_owned));
    let said = error.message().filter(|said| !said.is_empty());
    let message = match (code, said) {
        (Some(code), Some(said)) => format!("Lambda answered {code} ({status}): {said}"),
        (Some(code), None) => format!("Lambda answered {code} ({status})"),
        (None, _) if (200..300).contains(&status) => format!("The answer (HTTP {status}) could not be read"),
        (None, Some(said)) => format!("The answer was HTTP {status}: {said}"),
        (None, None) => match body_excerpt(raw) {
            Some(text) => format!("The answer was HTTP {status}: {text}"),
            None => format!("The answer was HTTP {status} without an explanation"),
        },
    };
    let message = match reason {
        Some(reason) => format!("{} ({reason})", message.trim_end_matches('.')),
        None => message,
    };
    CallError::new(message, cause)
}

/// An error with this code of the API, its message, and its `Retry-After`.
pub fn error_of_code(code: &str, said: Option<&str>, retry_after: Option<std::time::Duration>) -> CallError {
    let (class, progress) = by_code(code).unwrap_or((ErrorClass::Payload, CallReach::NotRun));
    let mut cause = Cause::new(class, progress);
    cause.code = Some(code.to_owned());
    cause.retry_after = retry_after.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
    cause.remedy = remedy(Some(code), None, class).map(str::to_owned);
    let message = match said {
        Some(said) => format!("Lambda answered {code}: {said}"),
        None => format!("Lambda answered {code}"),
    };
    CallError::new(message, cause)
}

/// Class and progress of an error by its name.
fn by_code(code: &str) -> Option<(ErrorClass, CallReach)> {
    CODES.iter().find(|(name, ..)| *name == code).map(|(_, class, progress)| (*class, *progress))
}

/// A member of an error's JSON body.
fn member(raw: &HttpResponse, name: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(raw.body().bytes()?).ok()?;
    body.get(name)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests;
