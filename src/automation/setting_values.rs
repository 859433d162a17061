//! Parses the values of settings of a run: numbers, sizes and windows as people write them.

use std::time::Duration;

use crate::duration::{DurationError, read_duration};

/// Why a text is not a value of its flag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// It is no duration.
    #[error(transparent)]
    Duration(#[from] DurationError),
    /// The window is longer than the service allows.
    #[error("the window can be at most one hour, as in AWS")]
    WindowTooLong,
    /// It is no multiplier.
    #[error("write a number of at least 1, such as `2` or `1.5`")]
    Multiplier,
    /// It is no share.
    #[error("write a number from 0 (no jitter) to 1")]
    Share,
    /// The delay is outside of what an API bears and a person waits for.
    #[error("the delay can be from 10ms to 1h")]
    PollInterval,
    /// It is no size.
    #[error("write a size such as `200KB`, `6MB` or a number of bytes; `none` for no limit")]
    Size,
}

/// `--throttle-window`: at most an hour, as in the service (spec 2.2).
pub fn parse_throttle_window(text: &str) -> Result<Duration, UnitError> {
    let window = read_duration(text)?;
    if window > crate::limits::THROTTLE_WINDOW {
        return Err(UnitError::WindowTooLong);
    }
    Ok(window)
}

/// `--poll-interval`
pub fn parse_poll_interval(text: &str) -> Result<Duration, UnitError> {
    let delay = read_duration(text)?;
    if (Duration::from_millis(10)..=Duration::from_hours(1)).contains(&delay) {
        Ok(delay)
    } else {
        Err(UnitError::PollInterval)
    }
}

/// `--retry-multiplier`: waits never shrink.
pub fn parse_multiplier(text: &str) -> Result<f64, UnitError> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 1.0 => Ok(number),
        Ok(_) | Err(_) => Err(UnitError::Multiplier),
    }
}

/// `--retry-jitter`: the random share of a delay.
pub fn parse_share(text: &str) -> Result<f64, UnitError> {
    match text.parse::<f64>() {
        Ok(number) if (0.0..=1.0).contains(&number) => Ok(number),
        Ok(_) | Err(_) => Err(UnitError::Share),
    }
}

/// A size in bytes, or none for `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeLimit(pub Option<u64>);

/// `200KB`, `6MB`, `1000` (bytes), `none`. A kilobyte has 1,024 bytes, as in Lambda's limits.
pub fn parse_size_limit(text: &str) -> Result<SizeLimit, UnitError> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("none") {
        return Ok(SizeLimit(None));
    }
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1024,
        "m" | "mb" | "mib" => 1024 * 1024,
        _ => 0,
    };
    match number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)) {
        Some(bytes) if bytes > 0 => Ok(SizeLimit(Some(bytes))),
        Some(_) | None => Err(UnitError::Size),
    }
}

#[cfg(test)]
mod tests;
