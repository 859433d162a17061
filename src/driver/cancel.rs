//! Asking a running execution to stop.

use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;

/// Asks an execution to stop.
#[derive(Debug, Clone)]
pub struct CancelSender(Arc<Asked>);

/// What the driver listens to.
#[derive(Debug, Clone)]
pub struct CancelReceiver(Arc<Asked>);

/// Small, since every execution has one: a watch channel takes half a kilobyte.
#[derive(Debug, Default)]
struct Asked {
    by: OnceLock<String>,
    wake: Notify,
}

/// A sender and its receiver.
pub fn cancellation() -> (CancelSender, CancelReceiver) {
    let asked = Arc::new(Asked::default());
    (CancelSender(Arc::clone(&asked)), CancelReceiver(asked))
}

impl CancelSender {
    /// Asks to stop; `by` says who, and is shown. The first request counts.
    pub fn cancel(&self, by: impl Into<String>) {
        if self.0.by.set(by.into()).is_ok() {
            self.0.wake.notify_waiters();
        }
    }
}

impl CancelReceiver {
    /// Ends with who asked, once somebody has; never when nobody does.
    pub(super) async fn asked(&self) -> String {
        loop {
            // Made before the look, so that a request between the look and the wait is not missed.
            let woken = self.0.wake.notified();
            if let Some(by) = self.0.by.get() {
                return by.clone();
            }
            woken.await;
        }
    }
}
