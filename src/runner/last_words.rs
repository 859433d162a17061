//! Stores the outcome of an attempt when the process crashes on an internal error after the response arrived and before
//! the outcome was appended. Otherwise a resumed execution would repeat a call that was answered.
//!
//! A panic ends the process at once, so it cannot be caught around the decision; the panic handler calls
//! [`write_last_words`] on the thread that failed.

use std::cell::RefCell;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use crate::event::Recorded;
use crate::limits::LAST_WORDS;
use crate::name::ExecutionId;
use crate::store::{EventStore, StoreError, Stored};

struct LastWords {
    store: Arc<dyn EventStore>,
    execution: ExecutionId,
    outcome: Recorded,
}

thread_local! {
    static LAST_WORDS_OF_THREAD: RefCell<Option<LastWords>> = const { RefCell::new(None) };
}

/// Holds an outcome ready while this thread decides what follows from it. Contains no await.
pub(super) struct HeldOutcome;

impl HeldOutcome {
    pub(super) fn hold(store: &Arc<dyn EventStore>, execution: &ExecutionId, outcome: Recorded) -> Self {
        let words = LastWords { store: Arc::clone(store), execution: execution.clone(), outcome };
        LAST_WORDS_OF_THREAD.set(Some(words));
        Self
    }
}

impl Drop for HeldOutcome {
    fn drop(&mut self) {
        LAST_WORDS_OF_THREAD.set(None);
    }
}

/// Appends the outcome that this thread was deciding about, and waits until it is durable. For the panic handler: it
/// does nothing on a thread that was deciding nothing.
pub fn write_last_words() {
    let words = LAST_WORDS_OF_THREAD.try_with(|words| words.try_borrow_mut().ok()?.take()).ok().flatten();
    let Some(LastWords { store, execution, outcome }) = words else { return };
    let events = [outcome];
    // An error cannot be reported to anyone here.
    let _ = wait_without_runtime(store.append(&execution, &events));
}

/// Polls a store on a thread that no longer has a runtime, for a bounded time. `None` when that was too short.
pub fn wait_without_runtime<T>(mut stored: Stored<'_, T>) -> Option<Result<T, StoreError>> {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let begun = crate::clock::origin();
    loop {
        if let Poll::Ready(done) = stored.as_mut().poll(&mut context) {
            return Some(done);
        }
        if begun.elapsed() >= LAST_WORDS {
            return None;
        }
        std::thread::park_timeout(LAST_WORDS);
    }
}

/// Wakes a thread that waits for a future.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
