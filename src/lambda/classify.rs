//! What each error of the Invoke API means (spec 7).
//!
//! Decided by the error's name first and by the HTTP status only where there is no name: the service gives permanent
//! faults a 502 and passing ones a 408 or 409.

use aws_sdk_lambda::error::{ConnectorError, ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::operation::RequestId;
use aws_sdk_lambda::operation::invoke::InvokeError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::client::{CallError, chain};
use crate::event::{Cause, ErrorClass, Progress};

/// What a call that brought no reply met.
pub(super) fn call_error(error: &SdkError<InvokeError, HttpResponse>) -> CallError {
    match error {
        SdkError::ConstructionFailure(_) => setup(error),
        SdkError::TimeoutError(_) => {
            let mut cause = Cause::new(ErrorClass::Transient, Progress::MayHaveRun);
            cause.remedy = Some("Check the address and the network between here and Lambda.".to_owned());
            CallError { message: format!("The call timed out: {}", detail(error)), cause }
        }
        SdkError::DispatchFailure(failure) => {
            let inner = failure.as_connector_error();
            if inner.is_some_and(ConnectorError::is_user) {
                return setup(error);
            }
            if let Some(why) = inner.and_then(|inner| unusable_address(inner)) {
                let mut cause = Cause::new(ErrorClass::Setup, Progress::NotRun);
                cause.remedy =
                    Some("Check --endpoint-url, AWS_ENDPOINT_URL and the profile's endpoint_url.".to_owned());
                return CallError { message: format!("The address of the endpoint cannot be used: {why}"), cause };
            }
            let never_connected = inner.is_some_and(|inner| never_connected(inner));
            let (progress, what) = if never_connected {
                (Progress::NotRun, "The function's address could not be reached")
            } else {
                (Progress::MayHaveRun, "The connection broke before an answer came; the function may have run")
            };
            let mut cause = Cause::new(ErrorClass::Transient, progress);
            if never_connected {
                cause.remedy = Some("Check --endpoint-url, --region and the network.".to_owned());
            }
            CallError { message: format!("{what}: {}", detail(error)), cause }
        }
        SdkError::ResponseError(response) => {
            let mut cause = Cause::new(ErrorClass::Response, Progress::MayHaveRun);
            cause.http_status = Some(response.raw().status().as_u16());
            let message =
                format!("The answer broke off or could not be read; the function may have run: {}", detail(error));
            CallError { message, cause }
        }
        SdkError::ServiceError(service) => service_error(service.err(), service.raw()),
        _ => {
            let cause = Cause::new(ErrorClass::Transient, Progress::MayHaveRun);
            CallError { message: format!("The call failed; the function may have run: {}", detail(error)), cause }
        }
    }
}

fn setup(error: &SdkError<InvokeError, HttpResponse>) -> CallError {
    let cause = Cause::new(ErrorClass::Setup, Progress::NotRun);
    CallError { message: format!("The call could not be made: {}", detail(error)), cause }
}

/// What stands below the SDK's own general sentence.
fn detail(error: &SdkError<InvokeError, HttpResponse>) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), chain)
}

/// Why the SDK could not put the endpoint's address and the request together, when that is what happened; the error
/// above it shows the whole request. It has no type that can be named here, so it is known by its words.
fn unusable_address(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let mut below = Some(error);
    while let Some(error) = below {
        let source = error.source();
        if error.to_string().starts_with("failed to apply endpoint") {
            return Some(source.map_or_else(|| "it is not an address".to_owned(), chain));
        }
        below = source;
    }
    None
}

/// Whether no connection came about, so that nothing can have been sent.
fn never_connected(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut below = Some(error);
    while let Some(error) = below {
        if error
            .downcast_ref::<hyper_util::client::legacy::Error>()
            .is_some_and(hyper_util::client::legacy::Error::is_connect)
        {
            return true;
        }
        if let Some(io) = error.downcast_ref::<std::io::Error>()
            && io.kind() == std::io::ErrorKind::ConnectionRefused
        {
            return true;
        }
        below = error.source();
    }
    false
}

fn service_error(error: &InvokeError, raw: &HttpResponse) -> CallError {
    let status = raw.status().as_u16();
    let code = error.code();
    let (class, progress) = code.and_then(by_code).unwrap_or_else(|| by_status(status));
    let mut cause = Cause::new(class, progress);
    cause.code = code.map(str::to_owned);
    cause.http_status = Some(status);
    cause.request_id = error.meta().request_id().or_else(|| raw.headers().get("x-amzn-requestid")).map(str::to_owned);
    cause.retry_after = raw.headers().get("retry-after").and_then(retry_after);
    cause.remedy = remedy(code, class).map(str::to_owned);
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
    let message = match progress {
        Progress::MayHaveRun => format!("{message}. The function may have run."),
        Progress::NotRun | Progress::Ran => message,
    };
    CallError { message, cause }
}

/// The text of an answer that says nothing in the service's words; proxies and emulators explain themselves there.
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

/// Class and progress of every error that the Invoke API models, and of those that stand before it.
fn by_code(code: &str) -> Option<(ErrorClass, Progress)> {
    use ErrorClass::{Configuration, NotFound, Payload, Permission, Throttled, Transient};
    use Progress::{MayHaveRun, NotRun};
    Some(match code {
        "TooManyRequestsException"
        | "EC2ThrottledException"
        | "ThrottlingException"
        | "Throttling"
        | "RequestLimitExceeded" => (Throttled, NotRun),
        "ServiceException" | "InternalFailure" | "ServiceUnavailable" | "EFSIOException" => (Transient, MayHaveRun),
        "ResourceNotReadyException"
        | "EC2UnexpectedException"
        | "EFSMountConnectivityException"
        | "EFSMountTimeoutException"
        | "S3FilesMountConnectivityException"
        | "S3FilesMountTimeoutException"
        | "SnapStartNotReadyException"
        | "SnapStartTimeoutException"
        | "ResourceConflictException" => (Transient, NotRun),
        "AccessDeniedException"
        | "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "ExpiredTokenException"
        | "ExpiredToken"
        | "InvalidClientTokenId"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignatureException"
        | "OptInRequired"
        | "RequestExpired" => (Permission, NotRun),
        "DurableExecutionAlreadyStartedException"
        | "EC2AccessDeniedException"
        | "EFSMountFailureException"
        | "ENILimitReachedException"
        | "InvalidRuntimeException"
        | "InvalidSecurityGroupIDException"
        | "InvalidSubnetIDException"
        | "InvalidZipFileException"
        | "KMSAccessDeniedException"
        | "KMSDisabledException"
        | "KMSInvalidStateException"
        | "KMSNotFoundException"
        | "NoPublishedVersionException"
        | "RecursiveInvocationException"
        | "S3FilesMountFailureException"
        | "SnapStartException"
        | "SubnetIPAddressLimitReachedException" => (Configuration, NotRun),
        "InvalidParameterValueException"
        | "InvalidRequestContentException"
        | "RequestTooLargeException"
        | "SerializedRequestEntityTooLargeException"
        | "UnsupportedMediaTypeException"
        | "ValidationException" => (Payload, NotRun),
        "ResourceNotFoundException" => (NotFound, NotRun),
        _ => return None,
    })
}

/// An answer without a name: something between here and Lambda, or an emulator.
fn by_status(status: u16) -> (ErrorClass, Progress) {
    match status {
        // The SDK took it for an error since it could not read a header of it.
        200..=299 => (ErrorClass::Response, Progress::MayHaveRun),
        // Redirects are not followed: the signature holds for one host only.
        300..=399 => (ErrorClass::Setup, Progress::NotRun),
        401 | 403 => (ErrorClass::Permission, Progress::NotRun),
        404 => (ErrorClass::NotFound, Progress::NotRun),
        429 => (ErrorClass::Throttled, Progress::NotRun),
        400..=499 if status != 408 => (ErrorClass::Payload, Progress::NotRun),
        _ => (ErrorClass::Transient, Progress::MayHaveRun),
    }
}

fn remedy(code: Option<&str>, class: ErrorClass) -> Option<&'static str> {
    match (code, class) {
        (Some("ExpiredTokenException" | "ExpiredToken" | "RequestExpired"), _) => {
            Some("The credentials have expired: sign in again.")
        }
        (Some("InvalidSignatureException"), _) => Some("Check the secret key, and that this machine's clock is right."),
        (Some("UnrecognizedClientException" | "InvalidClientTokenId"), _) => {
            Some("The access key is not known there: check the profile and the region.")
        }
        (Some(code), _) if code.starts_with("KMS") => Some(
            "Check the state of the function's KMS key and its policy: the function's environment is encrypted with it.",
        ),
        (_, ErrorClass::Permission) => Some("The caller needs lambda:InvokeFunction on this function."),
        (_, ErrorClass::NotFound) => Some("Check the function's name, its qualifier, the region and the account."),
        (_, ErrorClass::Throttled) => {
            Some("The function or the account is at its concurrency or rate limit: wait, or raise the limit.")
        }
        (_, ErrorClass::Setup) => Some("That address does not answer for Lambda: check --endpoint-url and the region."),
        (
            _,
            ErrorClass::Function
            | ErrorClass::Transient
            | ErrorClass::Configuration
            | ErrorClass::Payload
            | ErrorClass::Response
            | ErrorClass::Timeout,
        ) => None,
    }
}

#[cfg(test)]
mod tests;
