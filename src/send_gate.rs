//! A gate that a prepared call waits at until the event that records it is durable.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::SetOnce;

tokio::task_local! {
    /// The gate of the calls of this task.
    static GATE: SendGate;
}

/// A gate that is opened once. Clones are the same gate.
#[derive(Debug, Clone, Default)]
pub struct SendGate(Arc<SetOnce<()>>);

impl SendGate {
    /// A gate that is open.
    pub fn opened() -> Self {
        Self(Arc::new(SetOnce::new_with(Some(()))))
    }

    /// Opens it; once is enough.
    pub fn open(&self) {
        // It was open already.
        let _ = self.0.set(());
    }

    /// Ends once it is open.
    pub async fn wait(&self) {
        self.0.wait().await;
    }

    /// Lets what this future sends through a client wait at the gate; nothing else of the future waits.
    pub fn gated<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        GATE.scope(self, future)
    }

    /// The gate of the current task, if it has one.
    pub fn current() -> Option<Self> {
        GATE.try_with(Self::clone).ok()
    }
}
