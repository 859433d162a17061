//! Asynchronous invocations: accepted immediately, run in order, retried twice when the function fails.
//!
//! Nothing here outlives the program. [`Events::drain`] returns how many events are lost with it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::invocation::Invocation;
use super::pool::Pool;
use super::service_error::{ServiceError, ThrottleReason};
use crate::limits;

/// The results of the accepted events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drained {
    /// Succeeded at some attempt.
    pub succeeded: u64,
    /// Failed at every attempt, or could not run at all.
    pub failed: u64,
    /// Still wait for a retry, or for their first attempt: they are lost when the program ends.
    pub lost: u64,
}

/// The accepted events.
#[derive(Debug, Default)]
pub(super) struct Events {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Accepted and not finished.
    pending: u64,
    /// Of these, the ones whose first attempt has not ended.
    first_tries: u64,
    bytes: usize,
    succeeded: u64,
    failed: u64,
}

/// How an attempt of an event ended.
enum Try {
    Succeeded,
    Failed,
    /// The function could not be run; a retry would not change that.
    Impossible,
}

impl Events {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Accepts an event, or refuses it when too many are waiting.
    pub(super) fn accept(self: &Arc<Self>, pool: &Arc<Pool>, invocation: Invocation) -> Result<(), ServiceError> {
        let size = invocation.payload.len();
        {
            let mut state = self.state();
            if state.pending >= limits::EVENTS_PENDING || state.bytes + size > limits::EVENTS_BYTES {
                return Err(ServiceError::TooManyRequests(ThrottleReason::Events));
            }
            state.pending += 1;
            state.first_tries += 1;
            state.bytes += size;
        }
        let (events, pool) = (Arc::clone(self), Arc::clone(pool));
        tokio::spawn(async move { events.deliver(&pool, invocation, size).await });
        Ok(())
    }

    async fn deliver(&self, pool: &Arc<Pool>, invocation: Invocation, size: usize) {
        let retries = invocation.function.event_retries;
        let mut attempt = 0;
        let succeeded = loop {
            let result = run_once(pool, invocation.clone()).await;
            if attempt == 0 {
                self.state().first_tries -= 1;
                self.changed.notify_waiters();
            }
            match result {
                Try::Succeeded => break true,
                Try::Failed if attempt < retries => {}
                Try::Failed | Try::Impossible => break false,
            }
            attempt += 1;
            // One minute before the first retry, two before the second.
            let wait = Duration::from_secs(60 * u64::from(attempt));
            let clock = &pool.options.clock;
            clock.sleep_until(crate::clock::after(clock.now(), wait)).await;
        };
        let mut state = self.state();
        state.pending -= 1;
        state.bytes -= size;
        if succeeded {
            state.succeeded += 1;
        } else {
            state.failed += 1;
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// Waits until every accepted event has had its first attempt, at most `limit`; then returns their states.
    pub(super) async fn drain(&self, limit: Duration) -> Drained {
        let first_tries = async {
            loop {
                let mut changed = std::pin::pin!(self.changed.notified());
                // From here on no notification is missed, whether or not it is awaited.
                changed.as_mut().enable();
                if self.state().first_tries == 0 {
                    return;
                }
                changed.await;
            }
        };
        // After a timeout only more events are lost.
        let _ = tokio::time::timeout(limit, first_tries).await;
        let state = self.state();
        Drained { succeeded: state.succeeded, failed: state.failed, lost: state.pending }
    }
}

async fn run_once(pool: &Arc<Pool>, invocation: Invocation) -> Try {
    let Some(slot) = pool.slot_later(&invocation.function).await else { return Try::Impossible };
    match pool.invoke(invocation, slot).await {
        Ok(outcome) if outcome.error.is_none() => Try::Succeeded,
        Ok(_) => Try::Failed,
        Err(_) => Try::Impossible,
    }
}
