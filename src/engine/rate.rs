//! How many targets run at once, and when no more are started (spec 5.4).
//!
//! All of it follows from how many have ended and how: a run that is carried on after a crash goes on at the width that it
//! had.

use crate::event::Status;
use crate::runbook::inputs::execute_automation::Amount;

/// The rate of one run over targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    total: usize,
    concurrency: usize,
    errors: usize,
}

/// How the targets stand. What is neither has not started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Ended in `Success`.
    pub succeeded: usize,
    /// Ended in any other way.
    pub failed: usize,
    /// Under way.
    pub running: usize,
}

impl Rate {
    /// A share of the targets is rounded down; at least one runs (spec 9.21, 9.22).
    pub fn new(total: usize, concurrency: Amount, errors: Amount) -> Self {
        Self { total, concurrency: concurrency.of_total(total).max(1), errors: errors.of_total(total) }
    }

    /// How many may be started now.
    ///
    /// One is started first. When it has ended two run, when two more have ended four, and so on up to the concurrency.
    pub fn may_start(self, tally: Tally) -> usize {
        if self.is_stopped(tally) {
            return 0;
        }
        let ended = tally.succeeded + tally.failed;
        // The largest power of two that is not above: 1, 2, 2, 4, 4, 4, 4, 8 …
        let ramp = 1_usize << (ended + 1).ilog2();
        let pending = self.total.saturating_sub(ended + tally.running);
        ramp.min(self.concurrency).saturating_sub(tally.running).min(pending)
    }

    /// Whether nothing is started any more: at one error more than are put up with.
    pub const fn is_stopped(self, tally: Tally) -> bool {
        tally.failed > self.errors
    }

    /// How it all ended, once nothing runs and nothing may start. Errors that are put up with do not fail it, unless there
    /// is nothing else.
    pub const fn status(self, tally: Tally) -> Status {
        if self.is_stopped(tally) || (tally.succeeded == 0 && tally.failed > 0) {
            Status::Failed
        } else {
            Status::Success
        }
    }
}
