//! A resource that the service has just made: for a short time it can say that there is no such resource.

use super::attempt::ResourceAttempt;
use crate::actions::polling::{AfterPoll, Poll};
use crate::aws::CallError;
use crate::event::Observation;
use crate::limits::UNSEEN_POLLS;

/// A resource that may not be seen yet.
#[derive(Debug)]
pub(super) struct NewResource {
    code: &'static str,
    polls_left: u32,
}

impl NewResource {
    /// A new resource, whose absence has this code.
    pub(super) const fn with_absence(code: &'static str) -> Self {
        Self { code, polls_left: UNSEEN_POLLS }
    }

    /// It is seen: from now on an absent resource is gone.
    pub(super) const fn seen(&mut self) {
        self.polls_left = 0;
    }

    /// What follows from a poll that failed.
    pub(super) fn failed_poll(&mut self, attempt: &ResourceAttempt<'_>, error: CallError) -> Poll {
        if error.cause.code.as_deref() == Some(self.code) && self.polls_left > 0 {
            self.polls_left -= 1;
            return Poll {
                observed: Observation::Error(self.code.to_owned()),
                next: AfterPoll::Again { at_least: None },
            };
        }
        attempt.failed_poll(error)
    }
}
