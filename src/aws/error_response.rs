//! What the HTTP response of any AWS service says about an error.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::http::Headers;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;

use super::error_chain::error_chain;
use crate::event::{CallReach, ErrorClass};
use crate::limits;

/// The detail of any SDK error: the service's message, or why there is no response.
pub(crate) fn describe_sdk_error(error: &(impl ProvideErrorMetadata + Error + 'static)) -> String {
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        (None, _) => error_chain(error),
    }
}

/// The body of a response that is not an error of the service: proxies and emulators explain the error there.
pub(crate) fn body_excerpt(raw: &HttpResponse) -> Option<String> {
    const SHOWN: usize = 300;
    let text = String::from_utf8_lossy(raw.body().bytes()?);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown: String = text.chars().take(SHOWN).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    Some(format!("{shown}{more}")).filter(|text| !text.is_empty())
}

/// `Retry-After` in milliseconds: seconds, with or without a fraction.
pub(crate) fn retry_after(text: &str) -> Option<u64> {
    let seconds: f64 = text.trim().parse().ok()?;
    let wait = std::time::Duration::try_from_secs_f64(seconds).ok()?;
    u64::try_from(wait.as_millis()).ok()
}

/// A response without an error name: from a proxy before the service, or from an emulator.
pub(crate) fn class_of_status(status: u16) -> (ErrorClass, CallReach) {
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

/// What to do when a signature was refused and the clocks differ by more than AWS accepts.
pub(crate) fn clock_skew(code: Option<&str>, headers: &Headers, now: Timestamp) -> Option<String> {
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

#[cfg(test)]
mod tests;
