//! Computes retry delays, with jitter.
//!
//! The backoff sequence comes with the execution's settings (the runner computes it with `backoff`); the jitter comes
//! from the execution's seed, so that a replayed decision is the same decision.

use std::time::Duration;

use jiff::Timestamp;

use crate::event::{Failure, Settings};
use crate::limits;

/// The delay before attempt `attempt + 1`.
pub(super) fn attempt_delay(settings: &Settings, seed: u64, run: usize, attempt: u32) -> Duration {
    jittered(nth(&settings.attempt_delays, attempt), settings.jitter, mix(seed, run, attempt, 0))
}

/// The delay after throttle number `throttle` of an attempt, before it is sent again.
pub(super) fn throttle_delay(settings: &Settings, seed: u64, run: usize, attempt: u32, throttle: u32) -> Duration {
    jittered(nth(&settings.throttle_delays, throttle), settings.jitter, mix(seed, run, attempt, throttle))
}

/// The `Retry-After` delay of the service, capped by [`limits::RETRY_AFTER`].
pub(super) fn retry_after_delay(failure: &Failure) -> Duration {
    let asked = failure.cause.as_ref().and_then(|cause| cause.retry_after);
    Duration::from_millis(asked.unwrap_or_default()).min(limits::RETRY_AFTER)
}

/// `at` plus `wait`; the end of time when that is out of range.
pub(super) fn after(at: Timestamp, wait: Duration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}

fn nth(delays: &[u64], count: u32) -> u64 {
    let index = usize::try_from(count.saturating_sub(1)).unwrap_or(usize::MAX);
    delays.get(index).or(delays.last()).copied().unwrap_or_default()
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "milliseconds of a wait; the product lies between 0 and the wait"
)]
fn jittered(wait: u64, jitter: f64, random: u64) -> Duration {
    let share = (random >> 11) as f64 / (1_u64 << 53) as f64;
    let kept = 1.0 - jitter.clamp(0.0, 1.0) * share;
    Duration::from_millis((wait as f64 * kept).round() as u64)
}

/// A pseudo-random number from the seed and the position where it is used (SplitMix64's finaliser).
pub(super) fn mix(seed: u64, run: usize, attempt: u32, sending: u32) -> u64 {
    let place = (u64::try_from(run).unwrap_or(u64::MAX) << 32) ^ (u64::from(attempt) << 16) ^ u64::from(sending);
    let mut z = seed.wrapping_add(place.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
