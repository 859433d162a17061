//! Waiting for a moment, in the runtime's own time made to pass at once.

use tokio::time::Instant;

use super::*;

/// A clock that goes with the runtime, but jumps by `jump` seconds once `after` seconds have passed.
fn jumping(after: u64, jump: i64) -> impl Fn() -> Timestamp {
    let begun = Instant::now();
    move || {
        let passed = begun.elapsed();
        let jumped = if passed >= Duration::from_secs(after) { jump } else { 0 };
        let seconds = i64::try_from(passed.as_secs()).unwrap() + jumped;
        Timestamp::new(seconds, i32::try_from(passed.subsec_nanos()).unwrap()).unwrap()
    }
}

/// How many seconds of the runtime a wait of an hour takes.
async fn hour(after: u64, jump: i64) -> u64 {
    let begun = Instant::now();
    until(Timestamp::new(3600, 0).unwrap(), jumping(after, jump)).await;
    begun.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_when_the_clock_says_so() {
    assert_eq!(hour(0, 0).await, 3600);
    assert_eq!(hour(0, 3600).await, 0, "it was due before");
}

#[tokio::test(start_paused = true)]
async fn after_a_machine_slept_what_is_due_happens_soon() {
    let took = hour(70, 7200).await;
    assert!((70..=70 + CLOCK_LOOK.as_secs()).contains(&took), "{took} s");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_makes_a_wait_longer() {
    assert_eq!(hour(70, -600).await, 4200);
}
