//! Connects the action of an attempt with the loop of its execution: passes decisions about children to the action, and
//! what it learns of them to the loop.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use crate::event::{ChildEnded, LocationsResolved, TargetsResolved};

/// The durable decisions about the children of an attempt.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DecidedChildren {
    /// The targets whose children were started, in the order in which they started.
    pub started: Vec<u32>,
    /// Those that have ended.
    pub ended: Vec<Arc<ChildEnded>>,
    /// The accounts of the locations of the step, where they were looked up.
    pub locations: Option<Arc<LocationsResolved>>,
    /// Whether none is running, and no more are started.
    pub are_complete: bool,
}

/// What the action reports to the loop.
#[derive(Debug, Clone, PartialEq)]
pub enum ChildReport {
    /// The targets were looked up.
    TargetsResolved(TargetsResolved),
    /// The accounts of the locations were looked up.
    LocationsResolved(LocationsResolved),
    /// A child ended.
    Ended(ChildEnded),
}

/// The side of the loop: passes decisions, and receives reports.
#[derive(Debug)]
pub struct ChildControl {
    decided: watch::Sender<DecidedChildren>,
    reports: mpsc::UnboundedReceiver<ChildReport>,
}

/// The side of the action: starts children as decided, and reports what it learns of them.
#[derive(Debug, Clone)]
pub struct ChildLink {
    decided: watch::Receiver<DecidedChildren>,
    /// At most two messages for each target, and one before them.
    reports: mpsc::UnboundedSender<ChildReport>,
}

/// The two sides of a connection.
pub fn connect_children() -> (ChildControl, ChildLink) {
    let (decided_sender, decided) = watch::channel(DecidedChildren::default());
    let (sender, reports) = mpsc::unbounded_channel();
    (ChildControl { decided: decided_sender, reports }, ChildLink { decided, reports: sender })
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

    /// The next report; never completes without one.
    pub async fn next(&mut self) -> ChildReport {
        match self.reports.recv().await {
            Some(report) => report,
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

    /// Reports to the loop.
    pub fn report(&self, report: ChildReport) {
        // The loop may be over; then it has abandoned the attempt.
        let _ = self.reports.send(report);
    }
}
