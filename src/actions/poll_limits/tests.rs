//! The pace of polls: a burst, then the rate; slower after throttles, and faster again with answers.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::clock::ManualClock;

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

/// Lets every other task run.
async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn polls_in_flight_are_bounded_and_another_one_begins_when_one_ends() {
    let limits = PollLimits::default();
    let (begun, let_go) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let mut polls = tokio::task::JoinSet::new();
    for service in 0..POLLS_IN_FLIGHT + 2 {
        let (limits, begun, let_go) = (limits.clone(), Arc::clone(&begun), Arc::clone(&let_go));
        polls.spawn(async move {
            let call = async {
                begun.fetch_add(1, Ordering::Relaxed);
                let_go.acquire().await.unwrap().forget();
                Ok(ApiReply { result: serde_json::Map::new(), request_id: None, secrets: Vec::new() })
            };
            // Of services of their own: only the number in flight bounds them.
            limits.poll(&service.to_string(), &ManualClock::at(at(0)), call).await.is_ok()
        });
    }
    settle().await;
    let at_first = begun.load(Ordering::Relaxed);
    let_go.add_permits(1);
    settle().await;
    let after_one = begun.load(Ordering::Relaxed);
    let_go.add_permits(POLLS_IN_FLIGHT + 1);
    let ended = polls.join_all().await.into_iter().filter(|is_ok| *is_ok).count();
    assert_eq!((at_first, after_one, ended), (POLLS_IN_FLIGHT, POLLS_IN_FLIGHT + 1, POLLS_IN_FLIGHT + 2));
}
