//! Rate control: how many targets run at once, and when no more are started (spec 5.4).
//!
//! All of it follows from the number of targets that have ended and how, so a resumed run continues at the same
//! concurrency.

use std::ops::Range;

use crate::event::Status;
use crate::runbook::inputs::execute_automation::{Amount, ChildRequest, RequestedTargets};

/// The rate control of one run over targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    total: usize,
    concurrency: usize,
    errors: usize,
}

/// Targets under a rate control of their own: all targets of a step, or the account–Region pairs of one of its locations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateGroup {
    /// The indices of its targets.
    pub targets: Range<usize>,
    /// Their rate control.
    pub rate: Rate,
}

/// The rate control of the children of a request, with the accounts of its locations as they were looked up. `None` when
/// it has one child, when its targets or the accounts are to be looked up, and when the locations have no pair or too many.
pub fn rate_groups(request: &ChildRequest, accounts: Option<&[Vec<String>]>) -> Option<Vec<RateGroup>> {
    let group = |first: usize, total: usize, concurrency, errors| RateGroup {
        targets: first..first.saturating_add(total),
        rate: Rate::new(total, concurrency, errors),
    };
    match &request.targets {
        Some(RequestedTargets::Listed(targets)) => {
            return Some(vec![group(0, targets.list.len(), targets.concurrency, targets.errors)]);
        }
        Some(RequestedTargets::LookedUp(_)) => return None,
        None => {}
    }
    let locations = request.locations.as_ref()?;
    let listed = locations.accounts();
    let pairs = locations.pairs(accounts.or(listed.as_deref())?).ok()?;
    let mut first = 0;
    let mut groups = Vec::with_capacity(pairs.len());
    for (location, pairs) in locations.list.iter().zip(&pairs) {
        groups.push(group(first, pairs.len(), location.concurrency, location.errors));
        first += pairs.len();
    }
    Some(groups)
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
