//! Connects the action of an attempt with the loop of its execution: passes decisions about children to the action, and
//! their ends to the loop.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use crate::event::ChildEnded;

/// The durable decisions about the children of an attempt.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DecidedChildren {
    /// The number of children that were started, in the order of the targets.
    pub started: usize,
    /// Those that have ended.
    pub ended: Vec<Arc<ChildEnded>>,
    /// Whether none is running, and no more are started.
    pub are_complete: bool,
}

/// The side of the loop: passes decisions, and receives the ends of children.
#[derive(Debug)]
pub struct ChildControl {
    decided: watch::Sender<DecidedChildren>,
    ended: mpsc::UnboundedReceiver<ChildEnded>,
}

/// The side of the action: starts children as decided, and reports their ends.
#[derive(Debug, Clone)]
pub struct ChildLink {
    decided: watch::Receiver<DecidedChildren>,
    /// At most two messages for each target.
    ended: mpsc::UnboundedSender<ChildEnded>,
}

/// The two sides of a connection.
pub fn connect_children() -> (ChildControl, ChildLink) {
    let (decided_sender, decided) = watch::channel(DecidedChildren::default());
    let (ended_sender, ended) = mpsc::unbounded_channel();
    (ChildControl { decided: decided_sender, ended }, ChildLink { decided, ended: ended_sender })
}

impl ChildControl {
    /// Passes decisions, which must be durable.
    pub fn direct(&self, decided: DecidedChildren) {
        self.decided.send_if_modified(|before| {
            let is_new = *before != decided;
            *before = decided;
            is_new
        });
    }

    /// The next end of a child; never completes without one.
    pub async fn ended(&mut self) -> ChildEnded {
        match self.ended.recv().await {
            Some(ended) => ended,
            None => std::future::pending().await,
        }
    }
}

impl ChildLink {
    /// The current decisions.
    pub fn decided(&mut self) -> DecidedChildren {
        self.decided.borrow_and_update().clone()
    }

    /// Waits for another decision; forever when the loop is over.
    pub async fn changed(&mut self) {
        if self.decided.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Reports the end of a child.
    pub fn report(&self, ended: ChildEnded) {
        // The loop may be over; then it has abandoned the attempt.
        let _ = self.ended.send(ended);
    }
}
