//! Connects an attempt that creates something with the loop of its execution, which records it before the attempt waits for
//! it.

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use crate::event::{AttemptProgress, AttemptProgressed};
use crate::name::OutputName;

/// What an attempt has created, and the answer once that is durable.
#[derive(Debug)]
struct Report {
    progressed: AttemptProgressed,
    durable: oneshot::Sender<()>,
}

/// The side of the action: reports what it has created.
#[derive(Debug, Clone)]
pub struct ProgressSender {
    attempt: u32,
    reports: mpsc::UnboundedSender<Report>,
}

/// The side of the loop: gets what was created, and says when it is durable.
#[derive(Debug)]
pub struct ProgressReceiver {
    reports: mpsc::UnboundedReceiver<Report>,
    /// The reports that were given, and may not be durable.
    given: Vec<oneshot::Sender<()>>,
}

/// The two sides of a connection, for an attempt.
pub fn connect_progress(attempt: u32) -> (ProgressReceiver, ProgressSender) {
    let (sender, reports) = mpsc::unbounded_channel();
    (ProgressReceiver { reports, given: Vec::new() }, ProgressSender { attempt, reports: sender })
}

impl ProgressSender {
    /// Reports something that was created, by the output that identifies it, and waits until that is durable. Ends never
    /// when the loop is over: it has abandoned the attempt.
    pub async fn created(&self, output: OutputName, value: Value) {
        self.report(AttemptProgress::Created { output, value, hidden: false }).await;
    }

    /// Likewise, something that is about to be deleted.
    pub async fn deleting(&self, output: OutputName, value: Value) {
        self.report(AttemptProgress::Deleting { output, value, hidden: false }).await;
    }

    async fn report(&self, progress: AttemptProgress) {
        let (durable, is_durable) = oneshot::channel();
        let report = Report { progressed: AttemptProgressed { attempt: self.attempt, progress }, durable };
        let is_taken = self.reports.send(report).is_ok();
        if !is_taken || is_durable.await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl ProgressReceiver {
    /// The next thing that was created; never completes without one.
    pub async fn next(&mut self) -> AttemptProgressed {
        match self.reports.recv().await {
            Some(Report { progressed, durable }) => {
                self.given.push(durable);
                progressed
            }
            None => std::future::pending().await,
        }
    }

    /// Lets the action continue: everything that was given is durable.
    pub fn acknowledge(&mut self) {
        for durable in self.given.drain(..) {
            // The action may be gone.
            let _ = durable.send(());
        }
    }
}
