//! Moments in requests and responses.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::Value;

/// The moment that a text means to the Python SDK: seconds since 1970, or a date with or without a time. Without an
/// offset it is in UTC.
pub(super) fn parse_moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return seconds_moment(seconds);
    }
    let utc = |local: DateTime| local.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| text.parse::<DateTime>().ok().and_then(utc))
        .or_else(|| text.parse::<Date>().ok().and_then(|date| utc(date.at(0, 0, 0, 0))))
        .or_else(|| jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp()))
}

/// The moment of a JSON value: a text, or seconds since 1970.
pub(super) fn value_moment(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => parse_moment(text),
        Value::Number(number) => match number.as_i64() {
            Some(seconds) => Timestamp::from_second(seconds).ok(),
            None => seconds_moment(number.as_f64()?),
        },
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The moment so many seconds after 1970, to the microsecond, as Python rounds it.
pub(super) fn seconds_moment(seconds: f64) -> Option<Timestamp> {
    if !seconds.is_finite() || seconds.abs() > 1e12 {
        return None;
    }
    // The fraction on its own: multiplied together with the seconds it would lose digits.
    #[expect(clippy::cast_possible_truncation, reason = "the bound above is far below 2^63 microseconds")]
    let (whole, fraction) = (seconds.trunc() as i64, (seconds.fract() * 1e6).round_ties_even() as i64);
    Timestamp::from_microsecond(whole * 1_000_000 + fraction).ok()
}

/// The text of a moment in outputs: ISO 8601 in UTC, with microseconds where it has any (spec aws-actions 2.4).
pub(super) fn moment_text(moment: Timestamp) -> String {
    let format = if moment.subsec_microsecond() == 0 && moment.subsec_nanosecond() % 1_000 == 0 {
        "%Y-%m-%dT%H:%M:%S+00:00"
    } else {
        "%Y-%m-%dT%H:%M:%S.%6f+00:00"
    };
    moment.strftime(format).to_string()
}
