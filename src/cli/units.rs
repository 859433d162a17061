//! Numbers and sizes as people write them on a command line.

use std::time::Duration;

use crate::duration::{DurationError, read_duration};

/// Why a text is no value of its flag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum UnitError {
    #[error(transparent)]
    Duration(#[from] DurationError),
    #[error("the window can be at most one hour, as in AWS")]
    WindowTooLong,
    #[error("write a number of at least 1, such as `2` or `1.5`")]
    Multiplier,
    #[error("write a number from 0 (no jitter) to 1")]
    Share,
    #[error("write a size such as `200KB`, `6MB` or a number of bytes; `none` for no limit")]
    Size,
}

/// `--throttle-window`: at most an hour, as in the service (spec 2.2).
pub(super) fn throttle_window(text: &str) -> Result<Duration, UnitError> {
    let window = read_duration(text)?;
    if window > crate::limits::THROTTLE_WINDOW {
        return Err(UnitError::WindowTooLong);
    }
    Ok(window)
}

/// `--retry-multiplier`: waits never shrink.
pub(super) fn multiplier(text: &str) -> Result<f64, UnitError> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 1.0 => Ok(number),
        Ok(_) | Err(_) => Err(UnitError::Multiplier),
    }
}

/// `--retry-jitter`: the share of a wait that is left to chance.
pub(super) fn share(text: &str) -> Result<f64, UnitError> {
    match text.parse::<f64>() {
        Ok(number) if (0.0..=1.0).contains(&number) => Ok(number),
        Ok(_) | Err(_) => Err(UnitError::Share),
    }
}

/// A size in bytes, or none for `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SizeLimit(pub(super) Option<u64>);

/// `200KB`, `6MB`, `1000` (bytes), `none`. A kilobyte has 1,024 bytes, as in Lambda's limits.
pub(super) fn size_limit(text: &str) -> Result<SizeLimit, UnitError> {
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
