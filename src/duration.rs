//! Durations and moments as people write and read them.

mod moment;
mod parse;

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

pub use moment::{Day, MomentError, moment_before, read_moment};
pub use parse::{DurationError, read_duration};

/// A duration in at most two units: `350ms`, `4.2s`, `48s`, `4m 48s`, `2h 05m`, `3d 04h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HumanDuration(pub Duration);

impl HumanDuration {
    /// From one moment to another; nothing when the second is the earlier one.
    pub fn between(from: Timestamp, to: Timestamp) -> Self {
        Self(Duration::try_from(to.duration_since(from)).unwrap_or_default())
    }
}

impl fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        let seconds = self.0.as_secs();
        let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
        let text = match () {
            () if self.0.is_zero() => "0s".to_owned(),
            () if millis < 1_000 => format!("{millis}ms"),
            () if seconds < 10 && !millis.is_multiple_of(1_000) => format!("{seconds}.{}s", millis % 1_000 / 100),
            () if seconds < 60 => format!("{seconds}s"),
            () if minutes < 60 && seconds.is_multiple_of(60) => format!("{minutes}m"),
            () if minutes < 60 => format!("{minutes}m {:02}s", seconds % 60),
            () if hours < 24 && minutes.is_multiple_of(60) => format!("{hours}h"),
            () if hours < 24 => format!("{hours}h {:02}m", minutes % 60),
            () => format!("{days}d {:02}h", hours % 24),
        };
        f.pad(&text)
    }
}

impl HumanDuration {
    /// Like [`HumanDuration::between`] in whole seconds, for counters that are updated live.
    pub fn whole(from: Timestamp, to: Timestamp) -> Self {
        Self(Duration::from_secs(Self::between(from, to).0.as_secs()))
    }
}
