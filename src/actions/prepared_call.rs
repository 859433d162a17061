//! A call that is ready to be sent.

use std::future::Future;
use std::task::Poll;

use super::task::{ActionFuture, ActionOutcome};
use crate::event::ActionError;

/// A call that is ready to be sent. Nothing has acted yet: [`send`](Self::send), which consumes it, is the only thing
/// that does. Dropping it has no effect.
pub struct PreparedCall<'a>(Preparation<'a>);

enum Preparation<'a> {
    /// Does nothing before it is sent.
    Inert(ActionFuture<'a>),
    /// Continues to prepare while it is polled, and waits for its permit before it acts.
    Held { call: ActionFuture<'a>, permit: Box<dyn FnOnce() + Send + 'a> },
    /// Ended before it could be sent.
    Ended(ActionFuture<'a>),
}

impl std::fmt::Debug for PreparedCall<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PreparedCall").finish_non_exhaustive()
    }
}

impl<'a> PreparedCall<'a> {
    /// A call that needs no further preparation: the future is not polled before it is sent.
    pub fn new(call: impl Future<Output = ActionOutcome> + Send + 'a) -> Self {
        Self(Preparation::Inert(Box::pin(call)))
    }

    /// A call that must not be made: sending it gives this error.
    pub fn refused(error: ActionError) -> Self {
        Self::new(std::future::ready(Err(error)))
    }

    /// A call that prepares itself while it is polled: it looks up credentials and signs its request, and waits. Only
    /// `permit` lets it continue.
    pub fn held(call: impl Future<Output = ActionOutcome> + Send + 'a, permit: impl FnOnce() + Send + 'a) -> Self {
        Self(Preparation::Held { call: Box::pin(call), permit: Box::new(permit) })
    }

    /// Prepares the call further while another future runs, such as the append of the event that records it.
    pub async fn prepare_while<T>(&mut self, other: impl Future<Output = T>) -> T {
        let mut other = std::pin::pin!(other);
        std::future::poll_fn(|context| {
            if let Poll::Ready(result) = other.as_mut().poll(context) {
                return Poll::Ready(result);
            }
            // It must not be polled after its end.
            if let Preparation::Held { call, .. } = &mut self.0
                && let Poll::Ready(outcome) = call.as_mut().poll(context)
            {
                self.0 = Preparation::Ended(Box::pin(std::future::ready(outcome)));
            }
            Poll::Pending
        })
        .await
    }

    /// Sends the call.
    pub fn send(self) -> ActionFuture<'a> {
        match self.0 {
            Preparation::Inert(call) | Preparation::Ended(call) => call,
            Preparation::Held { call, permit } => {
                permit();
                call
            }
        }
    }
}
