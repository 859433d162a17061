//! The pace of polls: a burst, then the rate; slower after throttles, and faster again with answers.

use super::*;

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap()
}

/// When polls that are all asked for at once are due, in milliseconds.
fn due(pace: &mut Pace, now: i64, polls: usize) -> Vec<i64> {
    (0..polls).map(|_| pace.book(at(now)).as_millisecond()).collect()
}

#[test]
fn burst_is_let_through_and_the_rest_is_spread() {
    let mut pace = Pace::new(at(0));
    let first = due(&mut pace, 0, 23);
    // All tokens are back.
    let later = due(&mut pace, 10_000, 2);
    assert_eq!((first.get(19..), later), (Some(&[0, 50, 100, 150][..]), vec![10_000, 10_000]));
}

#[test]
fn throttles_slow_down_to_a_bound_and_answers_speed_up_again() {
    let mut pace = Pace::new(at(0));
    let intervals: Vec<_> = (0..8)
        .map(|_| {
            pace.answered(true);
            pace.interval.as_millis()
        })
        .collect();
    (0..200).for_each(|_| pace.answered(false));
    assert_eq!(
        (intervals, pace.interval),
        (vec![100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000], POLL_INTERVAL_AT_LEAST)
    );
}
