//! Spreads and bounds the polls of many executions (spec aws-actions 1.5): a few at once in all, and for each service no
//! faster than it takes them.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::aws::{ApiReply, CallError};
use crate::clock::{Clock, after};
use crate::event::ErrorClass;
use crate::limits::{POLL_INTERVAL_AT_LEAST, POLL_INTERVAL_AT_MOST, POLLS_AT_ONCE, POLLS_IN_FLIGHT};

/// The limits of polls. Clones share them: all executions of a process have the same.
#[derive(Debug, Clone)]
pub struct PollLimits(Arc<State>);

#[derive(Debug)]
struct State {
    in_flight: Semaphore,
    services: Mutex<HashMap<String, Pace>>,
}

/// The pace of the polls of one service: a token bucket, kept as the moment at which it would be full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pace {
    /// The time that one poll takes up: longer after a throttle, and shorter again with each answer.
    interval: Duration,
    /// When the polls that were let through have taken up their time.
    free_at: Timestamp,
}

impl Default for PollLimits {
    fn default() -> Self {
        Self(Arc::new(State { in_flight: Semaphore::new(POLLS_IN_FLIGHT), services: Mutex::default() }))
    }
}

impl PollLimits {
    /// Polls a service once it may be polled.
    pub(super) async fn poll(
        &self,
        service: &str,
        clock: &dyn Clock,
        call: impl Future<Output = Result<ApiReply, CallError>>,
    ) -> Result<ApiReply, CallError> {
        let permit = self.acquire(service, clock).await;
        let answer = call.await;
        drop(permit);
        let was_throttled = answer.as_ref().is_err_and(|error| error.cause.class == ErrorClass::Throttled);
        self.answered(service, was_throttled);
        answer
    }

    /// Waits until a service may be polled.
    async fn acquire(&self, service: &str, clock: &dyn Clock) -> Option<SemaphorePermit<'_>> {
        let due = self.services().entry(service.to_owned()).or_insert_with(|| Pace::new(clock.now())).book(clock.now());
        if due > clock.now() {
            clock.sleep_until(due).await;
        }
        // The semaphore is never closed.
        self.0.in_flight.acquire().await.ok()
    }

    /// Takes the answer to a poll of a service: whether it was throttled.
    fn answered(&self, service: &str, was_throttled: bool) {
        if let Some(pace) = self.services().get_mut(service) {
            pace.answered(was_throttled);
        }
    }

    fn services(&self) -> MutexGuard<'_, HashMap<String, Pace>> {
        self.0.services.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pace {
    const fn new(now: Timestamp) -> Self {
        Self { interval: POLL_INTERVAL_AT_LEAST, free_at: now }
    }

    /// Books the next poll, and returns when it is due: at once as long as the bucket is not empty.
    fn book(&mut self, now: Timestamp) -> Timestamp {
        self.free_at = after(self.free_at.max(now), self.interval);
        let burst = self.interval.saturating_mul(POLLS_AT_ONCE);
        self.free_at.checked_sub(burst).unwrap_or(now).max(now)
    }

    fn answered(&mut self, was_throttled: bool) {
        self.interval = if was_throttled {
            self.interval.saturating_mul(2).min(POLL_INTERVAL_AT_MOST)
        } else {
            self.interval.mul_f64(0.95).max(POLL_INTERVAL_AT_LEAST)
        };
    }
}

#[cfg(test)]
mod tests;
