//! Parses the points in time and ages that users type.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

/// Why a text is not a point in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MomentError {
    /// No calendar has this day.
    #[error("{text} is out of range")]
    Day {
        /// What was typed.
        text: String,
    },
    /// No calendar has this time.
    #[error("{text} is out of range")]
    Time {
        /// What was typed.
        text: String,
    },
    /// A number alone.
    #[error("a number needs its unit: `{text}d` for days, `{text}h` for hours")]
    UnitMissing {
        /// What was typed.
        text: String,
    },
    /// None of the forms.
    #[error("write an age such as `2h`, `7d` or `1h30m`, a date such as `2026-11-20`, or an RFC 3339 time")]
    Unreadable,
    /// It is in the future.
    #[error("an age cannot be negative")]
    Negative,
    /// No calendar goes back so far.
    #[error("{text} ago is out of range")]
    TooEarly {
        /// What was typed.
        text: String,
    },
}

/// Which end of a day a bare date means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    /// `--since 2026-11-20` includes the day.
    Start,
    /// `--until 2026-11-20` includes it too.
    End,
}

/// A moment: RFC 3339 (a space does for the `T`), a date and time of this zone, a date, or an age such as `2h`.
pub fn read_moment(text: &str, day: Day, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, MomentError> {
    let text = text.trim();
    if let Ok(at) = text.replacen(' ', "T", 1).parse::<Timestamp>() {
        return Ok(at);
    }
    if let Some(date) = text.parse::<Date>().ok().filter(|_| !text.contains(':')) {
        let date = match day {
            Day::Start => Ok(date),
            Day::End => date.tomorrow(),
        };
        let at = date.and_then(|date| date.to_zoned(zone.clone()));
        return at.map(|at| at.timestamp()).map_err(|_| MomentError::Day { text: text.to_owned() });
    }
    if let Ok(at) = text.parse::<DateTime>() {
        let at = at.to_zoned(zone.clone()).map(|at| at.timestamp());
        return at.map_err(|_| MomentError::Time { text: text.to_owned() });
    }
    moment_before(text, now, zone)
}

/// The moment that is an age such as `30d`, `12h` or `1h30m` before now.
pub fn moment_before(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, MomentError> {
    let text = text.trim();
    if text.parse::<f64>().is_ok() {
        return Err(MomentError::UnitMissing { text: text.to_owned() });
    }
    let age: Span = text.parse().map_err(|_| MomentError::Unreadable)?;
    if age.is_negative() {
        return Err(MomentError::Negative);
    }
    let here: Zoned = now.to_zoned(zone.clone());
    here.checked_sub(age).map(|at| at.timestamp()).map_err(|_| MomentError::TooEarly { text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, day: Day) -> String {
        let now = "2026-11-20T09:15:00Z".parse().unwrap();
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        read_moment(text, day, now, &zone).map_or_else(|why| why.to_string(), |at| at.to_string())
    }

    #[test]
    fn moments_in_every_form() {
        let given = [
            "2026-11-20T03:00:00Z",
            "2026-11-20 03:00:00Z",
            "2026-11-20 04:00:00+01:00",
            "2026-11-20 03:00",
            "2026-11-20",
            "2h",
            "7d",
            "1h30m",
            "1mo",
        ];
        assert_eq!(
            given.map(|text| told(text, Day::Start)),
            [
                "2026-11-20T03:00:00Z",
                "2026-11-20T03:00:00Z",
                "2026-11-20T03:00:00Z",
                "2026-11-20T02:00:00Z",
                "2026-11-19T23:00:00Z",
                "2026-11-20T07:15:00Z",
                "2026-11-13T09:15:00Z",
                "2026-11-20T07:45:00Z",
                "2026-10-20T09:15:00Z",
            ]
        );
        assert_eq!(told("2026-11-20", Day::End), "2026-11-20T23:00:00Z");
    }

    #[test]
    fn nonsense_is_refused() {
        let how = "write an age such as `2h`, `7d` or `1h30m`, a date such as `2026-11-20`, or an RFC 3339 time";
        assert_eq!(
            ["30", "-2h", "soon", "", "30000y", "2026-13-01"].map(|text| told(text, Day::Start)),
            [
                "a number needs its unit: `30d` for days, `30h` for hours",
                "an age cannot be negative",
                how,
                how,
                how,
                how,
            ]
        );
    }
}
