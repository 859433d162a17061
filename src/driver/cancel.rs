//! Asking a running execution to stop.

use tokio::sync::watch;

/// Asks an execution to stop.
#[derive(Debug, Clone)]
pub struct CancelSender(watch::Sender<Option<String>>);

/// What the driver listens to.
#[derive(Debug, Clone)]
pub struct CancelReceiver(watch::Receiver<Option<String>>);

/// A sender and its receiver.
pub fn cancellation() -> (CancelSender, CancelReceiver) {
    let (sender, receiver) = watch::channel(None);
    (CancelSender(sender), CancelReceiver(receiver))
}

impl CancelSender {
    /// Asks to stop; `by` says who, and is shown. The first request counts.
    pub fn cancel(&self, by: impl Into<String>) {
        let by = by.into();
        self.0.send_if_modified(|asked| {
            let first = asked.is_none();
            if first {
                *asked = Some(by);
            }
            first
        });
    }
}

impl CancelReceiver {
    /// Ends with who asked, once somebody has; never when nobody can any more.
    pub(super) async fn asked(&mut self) -> String {
        match self.0.wait_for(Option::is_some).await.map(|asked| (*asked).clone()) {
            Ok(Some(by)) => by,
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }
}
