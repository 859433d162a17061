//! The policy of delays: the one place that uses `backoff`.
//!
//! The crate gives the sequence of intervals and, through its injectable clock, the moment at which trying ends;
//! here the clock stands still but for the intervals themselves. Chance is left out (the engine takes it from the
//! execution's seed), and so are the crate's own retry helpers.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use backoff::Clock;
use backoff::backoff::Backoff;
use backoff::exponential::ExponentialBackoff;

use crate::clock;
use crate::limits;

/// How long to wait between tries: the first wait, the factor from one wait to the next, the longest wait.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DelayPolicy {
    /// Before the second try.
    pub initial: Duration,
    /// From one wait to the next; at least 1.
    pub multiplier: f64,
    /// No wait is longer.
    pub longest: Duration,
}

/// Why a policy cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DelayPolicyError {
    /// Waits never shrink.
    #[error("the retry multiplier {0} is not a number of at least 1")]
    Multiplier(f64),
    /// The first wait is the shortest.
    #[error("the first wait ({initial:?}) is longer than the longest wait ({longest:?})")]
    Order {
        /// The first wait.
        initial: Duration,
        /// The longest wait.
        longest: Duration,
    },
}

/// A clock that moves only by the waits that the policy hands out.
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
    /// The waits in milliseconds until they no longer grow, or until their sum passes `window`.
    pub fn waits(&self, window: Option<Duration>) -> Result<Arc<[u64]>, DelayPolicyError> {
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
            // A wait that is as long as the one before it repeats for ever.
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
