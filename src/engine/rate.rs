//! Rate control: how many targets run at once, and when no more are started (spec 5.4).
//!
//! All of it follows from the number of targets that have ended and how, so a resumed run continues at the same
//! concurrency.

use crate::event::Status;
use crate::runbook::inputs::execute_automation::Amount;

/// The rate control of one run over targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    total: usize,
    concurrency: usize,
    errors: usize,
}

/// The progress of the targets. A target that is in no count has not started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Ended with `Success`.
    pub succeeded: usize,
    /// Ended otherwise.
    pub failed: usize,
    /// Running.
    pub running: usize,
}

impl Rate {
    /// A percentage of the targets is rounded down, with a minimum of one (spec 9.21, 9.22).
    pub fn new(total: usize, concurrency: Amount, errors: Amount) -> Self {
        Self { total, concurrency: concurrency.of_total(total).max(1), errors: errors.of_total(total) }
    }

    /// How many targets may be started now.
    ///
    /// One is started first. After it has ended two run, after two more four, and so on up to the concurrency limit.
    pub fn may_start(self, tally: Tally) -> usize {
        if self.is_stopped(tally) {
            return 0;
        }
        let ended = tally.succeeded + tally.failed;
        // The largest power of two that does not exceed it: 1, 2, 2, 4, 4, 4, 4, 8 …
        let ramp = 1_usize << (ended + 1).ilog2();
        let pending = self.total.saturating_sub(ended + tally.running);
        ramp.min(self.concurrency).saturating_sub(tally.running).min(pending)
    }

    /// Whether no more targets are started: there was one error more than `MaxErrors` tolerates.
    pub const fn is_stopped(self, tally: Tally) -> bool {
        tally.failed > self.errors
    }

    /// The status of the whole once nothing runs and nothing may start. Tolerated errors do not fail it, unless every
    /// target failed.
    pub const fn status(self, tally: Tally) -> Status {
        if self.is_stopped(tally) || (tally.succeeded == 0 && tally.failed > 0) {
            Status::Failed
        } else {
            Status::Success
        }
    }
}
