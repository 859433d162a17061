//! Rate control (spec 5.4).

use proptest::prelude::*;

use crate::engine::{Rate, Tally};
use crate::event::Status;
use crate::runbook::inputs::execute_automation::Amount;

/// Starts every target that may start, and ends the oldest: `fails` selects the failing ones. Returns how many ran at
/// once each time, how many were started, and the status.
fn run_targets(rate: Rate, fails: impl Fn(usize) -> bool) -> (Vec<usize>, usize, Status) {
    let (mut tally, mut started, mut ended, mut widths) = (Tally::default(), 0, 0, Vec::new());
    loop {
        let more = rate.may_start(tally);
        started += more;
        tally.running += more;
        if tally.running == 0 {
            return (widths, started, rate.status(tally));
        }
        widths.push(tally.running);
        tally.running -= 1;
        if fails(ended) {
            tally.failed += 1;
        } else {
            tally.succeeded += 1;
        }
        ended += 1;
    }
}

#[test]
fn rate_control_doubles_up_to_the_concurrency_limit() {
    let rate = Rate::new(14, Amount::Count(5), Amount::Count(0));
    let widths = vec![1, 2, 2, 4, 4, 4, 4, 5, 5, 5, 4, 3, 2, 1];
    assert_eq!(run_targets(rate, |_| false), (widths, 14, Status::Success));
}

#[test]
fn rate_control_stops_at_one_error_over_the_limit() {
    let stopped_at = |total, errors| run_targets(Rate::new(total, Amount::Count(1), errors), |_| true).1;
    assert_eq!(
        [
            stopped_at(50, Amount::Count(0)),
            stopped_at(50, Amount::Count(3)),
            stopped_at(50, Amount::Percent(10)),
            stopped_at(59, Amount::Percent(10)),
            stopped_at(9, Amount::Percent(10)),
            stopped_at(5, Amount::Percent(100)),
        ],
        [1, 4, 6, 6, 1, 5]
    );
}

#[test]
fn percentage_is_rounded_down_with_minimum_one() {
    let widest = |total, concurrency| {
        let rate = Rate::new(total, concurrency, Amount::Count(0));
        run_targets(rate, |_| false).0.into_iter().max()
    };
    assert_eq!(
        [widest(50, Amount::Percent(10)), widest(59, Amount::Percent(10)), widest(3, Amount::Percent(10))],
        [Some(5), Some(5), Some(1)]
    );
}

#[test]
fn tolerated_errors_fail_the_run_only_without_any_success() {
    let all = |total, fails: fn(usize) -> bool| {
        run_targets(Rate::new(total, Amount::Count(10), Amount::Percent(100)), fails).2
    };
    assert_eq!(
        [all(1, |_| true), all(4, |at| at > 0), all(4, |_| false)],
        [Status::Failed, Status::Success, Status::Success]
    );
}

proptest! {
    #[test]
    fn rate_control_ends_within_its_limits(
        total in 1_usize..120,
        concurrency in 1_u32..40,
        errors in 0_u32..40,
        fails in proptest::collection::vec(any::<bool>(), 120),
    ) {
        let rate = Rate::new(total, Amount::Count(concurrency), Amount::Count(errors));
        let (widths, started, status) = run_targets(rate, |at| fails[at]);
        let failed = fails.iter().take(started).filter(|fails| **fails).count();
        prop_assert!(widths.iter().all(|width| *width <= concurrency as usize));
        prop_assert!(widths.windows(2).all(|pair| pair[1] <= 2 * pair[0].max(1)));
        prop_assert!(started == total || failed > errors as usize);
        // Running targets finish after the error limit is exceeded: that can be no more errors than targets at once.
        prop_assert!(failed <= errors as usize + concurrency as usize);
        prop_assert_eq!(status == Status::Failed, failed > errors as usize || failed == started);
    }
}
