//! Classifies each error of the Invoke API (spec 7).
//!
//! The error's name decides, and the HTTP status only where there is no name: the service returns 502 for permanent
//! faults and 408 or 409 for temporary ones.

mod codes;
mod remedy;

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_lambda::error::{ConnectorError, ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::operation::RequestId;
use aws_sdk_lambda::primitives::{DateTime, DateTimeFormat as Format};
use aws_smithy_runtime_api::client::dns::ResolveDnsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::http::Headers;
use jiff::Timestamp;

use self::codes::CODES;
use self::remedy::remedy;

use super::call_error::CallError;
use super::credentials;
use super::error_chain::error_chain;
use crate::clock::{Clock, SystemClock};
use crate::event::{CallReach, Cause, ErrorClass};
use crate::limits;

/// The error of a call that returned no reply.
pub(super) fn call_error<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E, HttpResponse>) -> CallError {
    if let Some(why) = credentials::below::<CredentialsError>(error) {
        let mut cause = Cause::new(ErrorClass::Setup, CallReach::NotRun);
        cause.remedy = Some("Sign in again, or check the source of the credentials.".to_owned());
        let message = format!("The AWS credentials could not be refreshed: {}", credentials::detail(why));
        return CallError { message, cause };
    }
    match error {
        SdkError::ConstructionFailure(_) => setup(error),
        SdkError::TimeoutError(_) => {
            let mut cause = Cause::new(ErrorClass::Transient, CallReach::MayHaveRun);
            cause.remedy = Some("Check the address and the network between here and Lambda.".to_owned());
            CallError { message: format!("The call timed out: {}", detail(error)), cause }
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
                return CallError { message: format!("The address of the endpoint cannot be used: {why}"), cause };
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
            CallError { message: format!("{what}: {}", detail(error)), cause }
        }
        SdkError::ResponseError(response) => {
            let mut cause = Cause::new(ErrorClass::Response, CallReach::MayHaveRun);
            cause.http_status = Some(response.raw().status().as_u16());
            let message = format!("The response was cut off or could not be read: {}", detail(error));
            CallError { message, cause }
        }
        SdkError::ServiceError(service) => service_error(service.err(), service.raw()),
        _ => {
            let cause = Cause::new(ErrorClass::Transient, CallReach::MayHaveRun);
            CallError { message: format!("The call failed: {}", detail(error)), cause }
        }
    }
}

fn setup<E: Error + 'static>(error: &SdkError<E, HttpResponse>) -> CallError {
    let cause = Cause::new(ErrorClass::Setup, CallReach::NotRun);
    CallError { message: format!("The call could not be made: {}", detail(error)), cause }
}

/// The causes below the SDK's own general message.
fn detail<E: Error + 'static>(error: &SdkError<E, HttpResponse>) -> String {
    error.source().map_or_else(|| error.to_string(), error_chain)
}

/// Why the SDK could not apply the endpoint's address to the request, if that is the error; the error above it shows
/// the whole request. It has no public type, so it is recognized by its message.
fn unusable_address(error: &(dyn Error + 'static)) -> Option<String> {
    let mut below = Some(error);
    while let Some(error) = below {
        let source = error.source();
        if error.to_string().starts_with("failed to apply endpoint") {
            return Some(source.map_or_else(|| "it is not an address".to_owned(), error_chain));
        }
        below = source;
    }
    None
}

/// Whether there was no connection, so that nothing can have been sent. hyper reports errors of a connection; before
/// there is one, the DNS lookup, the socket or the handshake fails.
fn never_connected(error: &ConnectorError) -> bool {
    if error.is_timeout() {
        // Only connecting has a timeout.
        return true;
    }
    let mut below: Option<&(dyn Error + 'static)> = Some(error);
    let mut before_the_call = false;
    while let Some(error) = below {
        if error.is::<hyper::Error>() {
            return false;
        }
        before_the_call |= error.is::<std::io::Error>() || error.is::<ResolveDnsError>();
        below = error.source();
    }
    before_the_call
}

fn service_error<E: ProvideErrorMetadata>(error: &E, raw: &HttpResponse) -> CallError {
    let status = raw.status().as_u16();
    let code = error.code();
    let (class, progress) = code.and_then(by_code).unwrap_or_else(|| by_status(status));
    let mut cause = Cause::new(class, progress);
    cause.code = code.map(str::to_owned);
    cause.http_status = Some(status);
    cause.request_id = error.meta().request_id().or_else(|| raw.headers().get("x-amzn-requestid")).map(str::to_owned);
    cause.retry_after = raw.headers().get("retry-after").and_then(retry_after);
    let reason = member(raw, "Reason");
    cause.remedy = skew(code, raw.headers(), SystemClock.time_of_day())
        .or_else(|| remedy(code, reason.as_deref(), class).map(str::to_owned));
    let said = error.message().filter(|said| !said.is_empty());
    let message = match (code, said) {
        (Some(code), Some(said)) => format!("Lambda answered {code} ({status}): {said}"),
        (Some(code), None) => format!("Lambda answered {code} ({status})"),
        (None, _) if (200..300).contains(&status) => format!("The answer (HTTP {status}) could not be read"),
        (None, Some(said)) => format!("The answer was HTTP {status}: {said}"),
        (None, None) => match body(raw) {
            Some(text) => format!("The answer was HTTP {status}: {text}"),
            None => format!("The answer was HTTP {status} without an explanation"),
        },
    };
    let message = match reason {
        Some(reason) => format!("{} ({reason})", message.trim_end_matches('.')),
        None => message,
    };
    CallError { message, cause }
}

impl CallError {
    /// An error with this code of the API, its message, and its `Retry-After`.
    pub fn named(code: &str, said: Option<&str>, retry_after: Option<std::time::Duration>) -> Self {
        let (class, progress) = by_code(code).unwrap_or((ErrorClass::Payload, CallReach::NotRun));
        let mut cause = Cause::new(class, progress);
        cause.code = Some(code.to_owned());
        cause.retry_after = retry_after.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        cause.remedy = remedy(Some(code), None, class).map(str::to_owned);
        let message = match said {
            Some(said) => format!("Lambda answered {code}: {said}"),
            None => format!("Lambda answered {code}"),
        };
        Self { message, cause }
    }
}

/// The body of a response that is not an error of the service: proxies and emulators explain the error there.
fn body(raw: &HttpResponse) -> Option<String> {
    const SHOWN: usize = 300;
    let text = String::from_utf8_lossy(raw.body().bytes()?);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown: String = text.chars().take(SHOWN).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    Some(format!("{shown}{more}")).filter(|text| !text.is_empty())
}

/// `Retry-After` in milliseconds: seconds, with or without a fraction.
fn retry_after(text: &str) -> Option<u64> {
    let seconds: f64 = text.trim().parse().ok()?;
    let wait = std::time::Duration::try_from_secs_f64(seconds).ok()?;
    u64::try_from(wait.as_millis()).ok()
}

/// Class and progress of an error by its name.
fn by_code(code: &str) -> Option<(ErrorClass, CallReach)> {
    CODES.iter().find(|(name, ..)| *name == code).map(|(_, class, progress)| (*class, *progress))
}

/// A response without an error name: from a proxy before Lambda, or from an emulator.
fn by_status(status: u16) -> (ErrorClass, CallReach) {
    match status {
        // The SDK reports an error when it cannot parse a header.
        200..=299 => (ErrorClass::Response, CallReach::MayHaveRun),
        // Redirects are not followed: the signature holds for one host only.
        300..=399 => (ErrorClass::Setup, CallReach::NotRun),
        401 | 403 => (ErrorClass::Permission, CallReach::NotRun),
        404 => (ErrorClass::NotFound, CallReach::NotRun),
        429 => (ErrorClass::Throttled, CallReach::NotRun),
        400..=499 if status != 408 => (ErrorClass::Payload, CallReach::NotRun),
        _ => (ErrorClass::Transient, CallReach::MayHaveRun),
    }
}

/// What to do when a signature was refused and the clocks differ by more than Lambda takes.
fn skew(code: Option<&str>, headers: &Headers, now: Timestamp) -> Option<String> {
    const TIME_MATTERS: [&str; 4] =
        ["InvalidSignatureException", "RequestExpired", "RequestTimeTooSkewed", "SignatureDoesNotMatch"];
    code.filter(|code| TIME_MATTERS.contains(code))?;
    let theirs = DateTime::from_str(headers.get("date")?, Format::HttpDate).ok()?;
    let ahead = now.as_second().checked_sub(theirs.secs())?;
    if ahead.unsigned_abs() <= limits::CLOCK_SKEW.as_secs() {
        return None;
    }
    let (hours, minutes) = (ahead.unsigned_abs() / 3_600, ahead.unsigned_abs() / 60 % 60);
    let by = if hours > 0 { format!("{hours} h {minutes} min") } else { format!("{minutes} min") };
    let side = if ahead > 0 { "ahead of" } else { "behind" };
    Some(format!("This machine's clock is {by} {side} the server's: set it right (as by NTP) and try again."))
}

/// A member of an error's JSON body.
fn member(raw: &HttpResponse, name: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(raw.body().bytes()?).ok()?;
    body.get(name)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests;
