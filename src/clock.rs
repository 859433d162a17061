//! The clock: the only file that may ask the system for the time.
//!
//! Owns: [`Clock`], the system's and a manual one whose time moves only when a test or a virtual run advances it.
//! Imports `limits` alone. The core gets the time as a value and never a clock.
//!
//! # A clock that is set
//!
//! Events, deadlines and waits are moments of the time of day, so that they survive a process and mean the same on
//! every machine. The time of day may be set, and a clock that is set back must not make anything last longer:
//!
//! - Within a process, time never goes back and never runs slower than the machine's monotonic clock: [`SystemClock`]
//!   gives the later of the time of day and of the last time it gave plus what has passed since then, the time that the
//!   machine was suspended included. So a wait of ten seconds ends after ten seconds, whatever the clock says, and no
//!   event is earlier than the one before it. A clock that is set forward is followed: everything due by then is due.
//! - After a restart the monotonic time of the process before is unknown. A resumed execution continues from the latest
//!   event of its history ([`ContinuousClock`]) when the clock is behind that: a wait began no later than that event, so
//!   what is left of it is at most the whole wait. This holds for one execution alone; another one in the same process,
//!   whose history is not ahead of the clock, is not hurried.

use std::collections::BinaryHeap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rustix::time::ClockId;
use tokio::sync::oneshot;

use crate::limits::CLOCK_LOOK;

/// A future that ends at a moment.
pub type SleepFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The source of time of everything outside the core.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The current time: never earlier than before in this process.
    fn now(&self) -> Timestamp;

    /// The time of day, the same for all processes on this machine: it may go back. Only for comparisons with times of
    /// other processes, never to measure a duration.
    fn time_of_day(&self) -> Timestamp {
        self.now()
    }

    /// Ends at `at`; immediately when that has passed.
    fn sleep_until(&self, at: Timestamp) -> SleepFuture;
}

/// `at` plus a duration; the end of time when that is out of range.
pub fn after(at: Timestamp, wait: Duration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// The system's clock. All its values are one clock: the time never goes back in the whole process.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// The last time that this process was given.
static LATEST: Mutex<SteadyTime> = Mutex::new(SteadyTime { latest: None });

/// Time that never goes back, and never runs slower than a monotonic clock.
#[derive(Debug)]
struct SteadyTime {
    /// The last time given, and the machine's uptime then.
    latest: Option<(Timestamp, Duration)>,
}

impl SteadyTime {
    /// The time, from the system clock and the uptime.
    fn at(&mut self, time_of_day: Timestamp, up: Duration) -> Timestamp {
        let now = match self.latest {
            Some((latest, then)) => time_of_day.max(after(latest, up.saturating_sub(then))),
            None => time_of_day,
        };
        self.latest = Some((now, up));
        now
    }
}

/// The uptime of this machine, including suspensions.
#[expect(clippy::disallowed_methods, reason = "the one place that asks the system for the time")]
fn uptime() -> Duration {
    // Without the suspension, a wait would be longer by it after the clock was set back.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let clock = ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let clock = ClockId::Monotonic;
    Duration::try_from(rustix::time::clock_gettime(clock)).unwrap_or_default()
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let mut latest = LATEST.lock().unwrap_or_else(PoisonError::into_inner);
        latest.at(self.time_of_day(), uptime())
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system for the time")]
    fn time_of_day(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep_until(&self, at: Timestamp) -> SleepFuture {
        let clock = *self;
        Box::pin(until(at, move || clock.now()))
    }
}

/// Ends when `now` reaches a moment. The runtime's own time stops while the machine sleeps and does not follow a clock
/// that is set, so the clock is polled.
async fn until(at: Timestamp, now: impl Fn() -> Timestamp) {
    loop {
        let left = Duration::try_from(at.duration_since(now())).unwrap_or_default();
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(CLOCK_LOOK)).await;
    }
}

/// A clock ahead of another one, so that it continues from a moment: for an execution whose history is ahead of the
/// clock. Clones share it.
#[derive(Debug, Clone)]
pub struct ContinuousClock {
    clock: Arc<dyn Clock>,
    ahead: Arc<Mutex<SignedDuration>>,
}

impl ContinuousClock {
    /// Returns the time of `clock`, until [`continue_from`](Self::continue_from) moves it ahead.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, ahead: Arc::default() }
    }

    /// From now on the time is `at` or later.
    pub fn continue_from(&self, at: Timestamp) {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        *ahead = at.duration_since(self.clock.now()).max(*ahead);
    }

    fn ahead(&self) -> SignedDuration {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ContinuousClock {
    fn now(&self) -> Timestamp {
        self.clock.now().checked_add(self.ahead()).unwrap_or(Timestamp::MAX)
    }

    fn time_of_day(&self) -> Timestamp {
        self.clock.time_of_day()
    }

    fn sleep_until(&self, at: Timestamp) -> SleepFuture {
        self.clock.sleep_until(at.checked_sub(self.ahead()).unwrap_or(Timestamp::MIN))
    }
}

/// An origin for libraries that count time from an [`std::time::Instant`]. It is unrelated to the time of day.
#[expect(clippy::disallowed_methods, reason = "an Instant cannot be made in another way")]
pub fn origin() -> std::time::Instant {
    std::time::Instant::now()
}

/// A new lower-case UUID: the id of an execution.
#[expect(clippy::disallowed_methods, reason = "the one place that asks the system for randomness")]
pub fn random_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// An unpredictable seed: the source of all randomness in one execution.
#[expect(clippy::disallowed_methods, reason = "the one place that asks the system for randomness")]
pub fn random_seed() -> u64 {
    // Six of the 128 bits are fixed, at different positions in each half.
    let (high, low) = uuid::Uuid::new_v4().as_u64_pair();
    high ^ low
}

/// A clock that moves only when it is advanced.
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

// The heap returns the greatest first; the earliest sleeper has to be the greatest.
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
    /// A clock at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self { state: Arc::new(Mutex::new(ManualState { now, sleepers: BinaryHeap::new(), next: 0 })) }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, ManualState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Advances to the earliest moment that a sleeper waits for and wakes it; false without a sleeper.
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

    /// The earliest moment that a sleeper waits for.
    pub fn next_moment(&self) -> Option<Timestamp> {
        let mut state = self.state();
        while let Some(sleeper) = state.sleepers.peek() {
            // A sleeper that was dropped waits for nothing.
            if !sleeper.wake.is_closed() {
                return Some(sleeper.at);
            }
            state.sleepers.pop();
        }
        None
    }

    /// Advances by `step`, waking every sleeper whose moment has come.
    pub fn advance(&self, step: Duration) {
        let mut state = self.state();
        state.now = after(state.now, step);
        while state.sleepers.peek().is_some_and(|sleeper| sleeper.at <= state.now) {
            if let Some(sleeper) = state.sleepers.pop() {
                // A closed channel means that the sleeper was dropped.
                let _ = sleeper.wake.send(());
            }
        }
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.state().now
    }

    fn sleep_until(&self, at: Timestamp) -> SleepFuture {
        let mut state = self.state();
        if at <= state.now {
            return Box::pin(std::future::ready(()));
        }
        let (wake, woken) = oneshot::channel();
        let order = state.next;
        state.next += 1;
        state.sleepers.push(Sleeper { at, order, wake });
        Box::pin(async move {
            // The sender is dropped only with the clock; then time has ended too.
            let _ = woken.await;
        })
    }
}

#[cfg(test)]
mod tests;
