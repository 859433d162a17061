//! Time, handed in. The only file that may ask the system for it.
//!
//! Owns: [`Clock`], the system's and a manual one whose time moves only when a test or a virtual run says so.
//! Imports `limits` alone; only the host uses it (the core gets time as a value).
//!
//! # A clock that is set
//!
//! Events, deadlines and waits are moments of the time of day, so that they survive a process and mean the same on every
//! machine. The time of day may be set, and a clock that is set back must make nothing last longer:
//!
//! - Within a process, time never goes back and never runs slower than the machine's monotonic clock: [`SystemClock`]
//!   gives the later of the time of day and of the last time it gave plus what has passed since then, the time that the
//!   machine was suspended included. So a wait of ten seconds ends after ten seconds, whatever the clock says, and no
//!   event is earlier than the one before it. A clock that is set forward is followed: what is due by it is due.
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

/// A future that ends when a moment has come.
pub type SleepFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where the host gets time from.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The time now: never earlier than it was before in this process.
    fn now(&self) -> Timestamp;

    /// The time of day as everybody else on this machine has it: it may go back. Only for what is compared with times of
    /// others, and never to measure how long something takes.
    fn time_of_day(&self) -> Timestamp {
        self.now()
    }

    /// Ends when `at` has come; at once when it is past.
    fn sleep_until(&self, at: Timestamp) -> SleepFuture;
}

/// `at` plus a duration; the end of time when that is out of range.
pub fn after(at: Timestamp, wait: Duration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// The system's clock. Its values are one clock: the time never goes back in the whole process.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// The time that this process was given last.
static LATEST: Mutex<SteadyTime> = Mutex::new(SteadyTime { latest: None });

/// Time that never goes back, and never runs slower than a monotonic clock.
#[derive(Debug)]
struct SteadyTime {
    /// The time that was given last, and how long the machine had been up then.
    latest: Option<(Timestamp, Duration)>,
}

impl SteadyTime {
    /// The time, from what the clock says and how long the machine has been up.
    fn at(&mut self, time_of_day: Timestamp, up: Duration) -> Timestamp {
        let now = match self.latest {
            Some((latest, then)) => time_of_day.max(after(latest, up.saturating_sub(then))),
            None => time_of_day,
        };
        self.latest = Some((now, up));
        now
    }
}

/// How long this machine has been up, the time that it was suspended included.
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

/// Another clock, ahead by as much as it takes to continue from a moment: the time of an execution whose history is ahead
/// of the clock. Clones are the same clock.
#[derive(Debug, Clone)]
pub struct ContinuousClock {
    clock: Arc<dyn Clock>,
    ahead: Arc<Mutex<SignedDuration>>,
}

impl ContinuousClock {
    /// The same time as that of `clock`, until [`continue_from`](Self::continue_from) says otherwise.
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
            // The sender goes away only with the clock; then time has ended too.
            let _ = woken.await;
        })
    }
}

#[cfg(test)]
mod tests;
