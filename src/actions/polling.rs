//! The polls of an action that waits: their delays, and what they see (spec aws-actions 1.5, 19).

use std::time::Duration;

use super::observations::ObservationSender;
use super::task::ActionOutcome;
use crate::aws::CallError;
use crate::event::{ActionError, ErrorClass, Observation};
use crate::limits::{FIRST_POLL_DELAY, LONGEST_POLL_DELAY};

/// Delays between polls: growing, unless the user sets one.
#[derive(Debug, Clone)]
pub struct PollDelays {
    next: Duration,
    fixed: Option<Duration>,
}

impl PollDelays {
    /// Delays from the first on; the same each time when one is set.
    pub const fn new(fixed: Option<Duration>) -> Self {
        Self { next: FIRST_POLL_DELAY, fixed }
    }

    /// The next delay.
    pub fn next_delay(&mut self) -> Duration {
        if let Some(fixed) = self.fixed {
            return fixed;
        }
        let delay = self.next;
        self.next = (self.next.mul_f64(1.5)).min(LONGEST_POLL_DELAY);
        delay
    }
}

/// What a poll saw, and what follows.
#[derive(Debug, Clone, PartialEq)]
pub struct Poll {
    /// What it saw.
    pub observed: Observation,
    /// What follows.
    pub next: AfterPoll,
}

/// What follows a poll.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "it is evaluated at once")]
pub enum AfterPoll {
    /// The attempt is over.
    Ended(ActionOutcome),
    /// The action asks again.
    Again {
        /// The least delay that the service asks for.
        at_least: Option<Duration>,
    },
}

/// What follows from a poll that failed: throttles and errors of the connection say nothing of what is waited for, and are
/// polled again; any other error ends the attempt (spec aws-actions 1.5).
pub(super) fn failed_poll(error: CallError, fail: impl FnOnce(CallError) -> ActionError) -> Poll {
    let observed = Observation::Error(short_text(&error));
    let next = if is_transient(&error) {
        AfterPoll::Again { at_least: error.cause.retry_after.map(Duration::from_millis) }
    } else {
        AfterPoll::Ended(Err(fail(error)))
    };
    Poll { observed, next }
}

/// An error in a few words: its code, where the service gives one.
fn short_text(error: &CallError) -> String {
    if let Some(code) = &error.cause.code {
        return code.clone();
    }
    let kind = match error.cause.class {
        ErrorClass::Throttled => "throttled",
        ErrorClass::Timeout => "no answer in time",
        ErrorClass::Transient => "connection error",
        ErrorClass::Response => "unreadable response",
        class @ (ErrorClass::Function
        | ErrorClass::Permission
        | ErrorClass::Configuration
        | ErrorClass::Payload
        | ErrorClass::NotFound
        | ErrorClass::Setup
        | ErrorClass::Interrupted) => class.as_str(),
    };
    kind.to_owned()
}

fn is_transient(error: &CallError) -> bool {
    match error.cause.class {
        ErrorClass::Throttled | ErrorClass::Timeout => true,
        // The service answered an error of its own: it ends the attempt.
        ErrorClass::Transient | ErrorClass::Response => error.cause.code.is_none(),
        ErrorClass::Function
        | ErrorClass::Permission
        | ErrorClass::Configuration
        | ErrorClass::Payload
        | ErrorClass::NotFound
        | ErrorClass::Setup
        | ErrorClass::Interrupted => false,
    }
}

/// Counts the polls of one sending, and reports what they see.
#[derive(Debug)]
pub struct PollReporter {
    polls: u32,
    observations: Option<ObservationSender>,
}

impl PollReporter {
    /// Reports to the loop of the execution, if it records observations.
    pub const fn new(observations: Option<ObservationSender>) -> Self {
        Self { polls: 0, observations }
    }

    /// Counts and reports a poll, and returns what follows. Where the first poll ends the attempt there was no wait: its
    /// outcome says everything.
    pub fn report(&mut self, poll: Poll) -> AfterPoll {
        let Poll { observed, next } = poll;
        self.polls = self.polls.saturating_add(1);
        let is_only = self.polls == 1 && matches!(next, AfterPoll::Ended(_));
        if let Some(observations) = self.observations.as_ref().filter(|_| !is_only) {
            observations.report(self.polls, observed);
        }
        next
    }

    /// Likewise, for a poll of a property of another phase.
    pub(super) fn report_of(&mut self, property: &'static str, poll: Poll) -> AfterPoll {
        let Poll { observed, next } = poll;
        self.polls = self.polls.saturating_add(1);
        if let Some(observations) = &self.observations {
            observations.report_of(Some(property), self.polls, observed);
        }
        next
    }
}
