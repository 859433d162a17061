//! Retry delays: the only place that uses `backoff`.
//!
//! The crate computes the intervals and, through its injectable clock, the end of the retry window; here the clock
//! advances only by the intervals. Jitter is left out (the engine takes it from the execution's seed), and so are the
//! crate's own retry helpers.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use backoff::Clock;
use backoff::backoff::Backoff;
use backoff::exponential::ExponentialBackoff;

use crate::clock;
use crate::limits;

/// A retry policy: the initial delay, the multiplier and the longest delay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DelayPolicy {
    /// The delay before the second attempt.
    pub initial: Duration,
    /// The multiplier from one delay to the next; at least 1.
    pub multiplier: f64,
    /// The longest delay.
    pub longest: Duration,
}

/// Why a policy is invalid.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DelayPolicyError {
    /// The multiplier is less than 1 or no number.
    #[error("the retry multiplier {0} is not a number of at least 1")]
    Multiplier(f64),
    /// The initial delay is longer than the longest one.
    #[error("the first wait ({initial:?}) is longer than the longest wait ({longest:?})")]
    Order {
        /// The first wait.
        initial: Duration,
        /// The longest wait.
        longest: Duration,
    },
}

/// A clock that advances only by the delays that the policy returns.
#[derive(Debug)]
struct StillClock {
    now: Cell<Instant>,
}

impl StillClock {
    fn pass(&self, wait: Duration) {
        if let Some(later) = self.now.get().checked_add(wait) {
            self.now.set(later);
        }
    }
}

impl Clock for StillClock {
    fn now(&self) -> Instant {
        self.now.get()
    }
}

impl DelayPolicy {
    /// The delays in milliseconds until they no longer grow, or until their sum exceeds `window`.
    pub fn delays(&self, window: Option<Duration>) -> Result<Arc<[u64]>, DelayPolicyError> {
        if !self.multiplier.is_finite() || self.multiplier < 1.0 {
            return Err(DelayPolicyError::Multiplier(self.multiplier));
        }
        if self.initial > self.longest {
            return Err(DelayPolicyError::Order { initial: self.initial, longest: self.longest });
        }
        let start = clock::origin();
        let mut policy = ExponentialBackoff {
            current_interval: self.initial,
            initial_interval: self.initial,
            randomization_factor: 0.0,
            multiplier: self.multiplier,
            max_interval: self.longest,
            start_time: start,
            max_elapsed_time: window,
            clock: StillClock { now: Cell::new(start) },
        };
        let mut waits = Vec::new();
        while waits.len() < limits::DELAYS {
            let Some(wait) = policy.next_backoff() else { break };
            policy.clock.pass(wait);
            let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            // A delay as long as the one before it repeats for ever.
            if window.is_none() && waits.last() == Some(&millis) {
                break;
            }
            waits.push(millis);
        }
        Ok(waits.into())
    }
}

#[cfg(test)]
mod tests;
