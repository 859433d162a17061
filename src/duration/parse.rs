//! Parses durations that users write.

use std::time::Duration;

use jiff::SignedDuration;

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// A number alone.
    #[error("a number needs its unit: `{text}s` for seconds, `{text}m` for minutes, `{text}ms`")]
    UnitMissing {
        /// What was typed.
        text: String,
    },
    /// None of the forms.
    #[error("write a duration such as `500ms`, `30s`, `5m` or `1m30s`")]
    Unreadable,
    /// Less than nothing.
    #[error("a duration cannot be negative")]
    Negative,
}

/// `90s`, `5m`, `1m30s`, `500ms`, or ISO 8601 (`PT5M`). A bare number has no unit and is refused, since some tools
/// take it for seconds and others for milliseconds.
pub fn read_duration(text: &str) -> Result<Duration, DurationError> {
    let text = text.trim();
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    if text.parse::<f64>().is_ok() {
        return Err(DurationError::UnitMissing { text: text.to_owned() });
    }
    let duration: SignedDuration = text.parse().map_err(|_| DurationError::Unreadable)?;
    Duration::try_from(duration).map_err(|_| DurationError::Negative)
}

#[cfg(test)]
mod tests {
    use super::read_duration;

    #[test]
    fn durations() {
        let read = ["0", "500ms", "30s", "5m", "1m30s", "1m 30s", "2 minutes", "PT5M"]
            .map(|text| read_duration(text).unwrap());
        assert_eq!(read.map(|read| read.as_millis()), [0, 500, 30_000, 300_000, 90_000, 90_000, 120_000, 300_000]);
    }

    #[test]
    fn durations_that_are_none_say_what_to_write() {
        let refused =
            ["30", "1.5", "", "soon", "-5s", "5 parsecs"].map(|text| read_duration(text).unwrap_err().to_string());
        assert_eq!(
            refused,
            [
                "a number needs its unit: `30s` for seconds, `30m` for minutes, `30ms`",
                "a number needs its unit: `1.5s` for seconds, `1.5m` for minutes, `1.5ms`",
                "write a duration such as `500ms`, `30s`, `5m` or `1m30s`",
                "write a duration such as `500ms`, `30s`, `5m` or `1m30s`",
                "a duration cannot be negative",
                "write a duration such as `500ms`, `30s`, `5m` or `1m30s`",
            ]
        );
    }
}
