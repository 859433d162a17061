//! Connects the polls of an attempt with the loop of its execution, which records what they see.

use tokio::sync::watch;

use crate::event::{AttemptObserved, Observation};

/// The side of the action: reports what its polls see, and is never held up.
#[derive(Debug, Clone)]
pub struct ObservationSender {
    attempt: u32,
    /// The property that is polled, where the inputs of the step do not name it.
    property: Option<&'static str>,
    latest: watch::Sender<Option<AttemptObserved>>,
}

/// The side of the loop: gets the latest observation; earlier ones that it did not get in time are replaced.
#[derive(Debug)]
pub struct ObservationReceiver {
    latest: watch::Receiver<Option<AttemptObserved>>,
    /// Whether the latest one is to be given once more, at the deadline of the attempt.
    is_open: bool,
}

/// The two sides of a connection, for an attempt, and for a property that the inputs of the step do not name.
pub fn connect_observations(attempt: u32, property: Option<&'static str>) -> (ObservationReceiver, ObservationSender) {
    let (sender, latest) = watch::channel(None);
    (ObservationReceiver { latest, is_open: false }, ObservationSender { attempt, property, latest: sender })
}

impl ObservationSender {
    /// Reports what a poll saw, and the number of polls so far.
    pub fn report(&self, polls: u32, observed: Observation) {
        self.report_of(self.property, polls, observed);
    }

    /// Likewise, of a property of another phase.
    pub fn report_of(&self, property: Option<&'static str>, polls: u32, observed: Observation) {
        // An error is none of the property.
        let property = property.filter(|_| matches!(observed, Observation::Value(_))).map(str::to_owned);
        self.latest.send_replace(Some(AttemptObserved { attempt: self.attempt, polls, observed, property }));
    }
}

impl ObservationReceiver {
    /// The next observation; never completes without one.
    pub async fn next(&mut self) -> AttemptObserved {
        loop {
            if self.latest.changed().await.is_err() {
                return std::future::pending().await;
            }
            if let Some(seen) = &*self.latest.borrow_and_update() {
                self.is_open = true;
                return seen.clone();
            }
        }
    }

    /// The latest observation, unless [`next`](Self::next) has given it.
    pub fn unseen(&mut self) -> Option<AttemptObserved> {
        let latest = self.latest.borrow_and_update();
        if !latest.has_changed() {
            return None;
        }
        self.is_open = latest.is_some();
        latest.clone()
    }

    /// The latest observation once more, unless this was called since it came: at the deadline of an attempt the number
    /// of polls is recorded although the same was seen.
    pub fn take_latest(&mut self) -> Option<AttemptObserved> {
        if !std::mem::take(&mut self.is_open) {
            return None;
        }
        self.latest.borrow().clone()
    }
}
