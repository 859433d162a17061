//! The delays between the polls of an action that waits (spec aws-actions 1.5, 19).

use std::time::Duration;

use crate::limits::{FIRST_POLL_DELAY, LONGEST_POLL_DELAY};

/// Delays between polls: growing, unless the user sets one.
#[derive(Debug, Clone)]
pub struct PollDelays {
    next: Duration,
    fixed: Option<Duration>,
}

impl PollDelays {
    /// Delays from the first on; the same each time when one is set.
    pub const fn new(fixed: Option<Duration>) -> Self {
        Self { next: FIRST_POLL_DELAY, fixed }
    }

    /// The next delay.
    pub fn next_delay(&mut self) -> Duration {
        if let Some(fixed) = self.fixed {
            return fixed;
        }
        let delay = self.next;
        self.next = (self.next.mul_f64(1.5)).min(LONGEST_POLL_DELAY);
        delay
    }
}
