//! Time, handed in. The only file that may ask the system for it.
//!
//! Owns: [`Clock`], the system's and a manual one whose time moves only when a test or a virtual run says so.
//! Imports `limits` alone; only the host uses it (the core gets time as a value).

use std::collections::BinaryHeap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::limits::CLOCK_LOOK;

/// A future that ends when a moment has come.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where the host gets time from.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Ends when `at` has come; at once when it is past.
    fn sleep_until(&self, at: Timestamp) -> Sleep;
}

/// `at` plus a duration; the end of time when that is out of range.
pub fn after(at: Timestamp, wait: Duration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system for the time")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep_until(&self, at: Timestamp) -> Sleep {
        let clock = *self;
        Box::pin(until(at, move || clock.now()))
    }
}

/// Ends when `now` says that a moment has come. The runtime's own time stands still while the machine sleeps and knows nothing
/// of a clock that is set, so the clock is looked at now and then.
async fn until(at: Timestamp, now: impl Fn() -> Timestamp) {
    loop {
        let left = Duration::try_from(at.duration_since(now())).unwrap_or_default();
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(CLOCK_LOOK)).await;
    }
}

/// An origin for libraries that count time from an [`std::time::Instant`]. It says nothing about the time of day.
#[expect(clippy::disallowed_methods, reason = "an Instant cannot be made in another way")]
pub fn origin() -> std::time::Instant {
    std::time::Instant::now()
}

/// A new lower-case UUID: the id of an execution.
#[expect(clippy::disallowed_methods, reason = "the one place that asks the system for randomness")]
pub fn random_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// A seed that nobody can foresee: the source of all chance in one execution.
#[expect(clippy::disallowed_methods, reason = "the one place that asks the system for randomness")]
pub fn random_seed() -> u64 {
    // Six of the 128 bits are fixed, at other places in each half.
    let (high, low) = uuid::Uuid::new_v4().as_u64_pair();
    high ^ low
}

/// A clock that stands still until it is moved.
#[derive(Debug, Clone)]
pub struct ManualClock {
    state: Arc<Mutex<ManualState>>,
}

#[derive(Debug)]
struct ManualState {
    now: Timestamp,
    sleepers: BinaryHeap<Sleeper>,
    next: u64,
}

#[derive(Debug)]
struct Sleeper {
    at: Timestamp,
    order: u64,
    wake: oneshot::Sender<()>,
}

// The heap gives the greatest first; the earliest sleeper is to be the greatest.
impl Ord for Sleeper {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.at.cmp(&self.at).then(other.order.cmp(&self.order))
    }
}

impl PartialOrd for Sleeper {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Sleeper {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Sleeper {}

impl ManualClock {
    /// A clock that stands at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self { state: Arc::new(Mutex::new(ManualState { now, sleepers: BinaryHeap::new(), next: 0 })) }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, ManualState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves to the earliest moment that somebody still waits for and wakes them; false when nobody waits.
    pub fn advance_to_next(&self) -> bool {
        let mut state = self.state();
        while let Some(sleeper) = state.sleepers.pop() {
            // A sleeper that was dropped waits for nothing.
            if sleeper.wake.is_closed() {
                continue;
            }
            state.now = state.now.max(sleeper.at);
            if sleeper.wake.send(()).is_ok() {
                return true;
            }
        }
        false
    }

    /// Moves by `step`, waking everyone whose moment has come.
    pub fn advance(&self, step: Duration) {
        let mut state = self.state();
        state.now = after(state.now, step);
        while state.sleepers.peek().is_some_and(|sleeper| sleeper.at <= state.now) {
            if let Some(sleeper) = state.sleepers.pop() {
                // A closed channel means that nobody waits any more.
                let _ = sleeper.wake.send(());
            }
        }
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.state().now
    }

    fn sleep_until(&self, at: Timestamp) -> Sleep {
        let mut state = self.state();
        if at <= state.now {
            return Box::pin(std::future::ready(()));
        }
        let (wake, woken) = oneshot::channel();
        let order = state.next;
        state.next += 1;
        state.sleepers.push(Sleeper { at, order, wake });
        Box::pin(async move {
            // The sender goes away only with the clock; then time has ended too.
            let _ = woken.await;
        })
    }
}

#[cfg(test)]
mod tests;
