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
async fn a_wait_is_no_longer_when_the_clock_is_set_back() {
    let (begun, clock) = (Instant::now(), jumping(70, -600));
    let steady = Mutex::new(SteadyTime { latest: None });
    let now = || steady.lock().unwrap().at(clock(), begun.elapsed());
    until(Timestamp::new(3600, 0).unwrap(), now).await;
    assert_eq!(begun.elapsed().as_secs(), 3600);
}

#[test]
fn time_follows_a_clock_that_is_set_forward_and_goes_on_when_it_is_set_back() {
    let at = |second| Timestamp::new(second, 0).unwrap();
    let mut steady = SteadyTime { latest: None };
    // What the clock says, and how long the machine has been up.
    let readings = [(1000, 5), (1010, 15), (9000, 20), (1020, 25), (1030, 35), (9030, 45), (9030, 45), (800, 3)];
    let given = readings.map(|(clock, up)| steady.at(at(clock), Duration::from_secs(up)));
    assert_eq!(given, [1000, 1010, 9000, 9005, 9015, 9030, 9030, 9030].map(at));
}

#[test]
fn the_time_of_the_process_is_that_of_the_day_and_goes_on() {
    let before = SystemClock.time_of_day();
    let given: Vec<Timestamp> = (0..1000).map(|_| SystemClock.now()).collect();
    assert!(given.is_sorted() && before <= given[0], "{before} {given:?}");
}

#[tokio::test]
async fn a_history_that_is_ahead_of_the_clock_is_continued_from_its_end() {
    let at = |second| Timestamp::new(second, 0).unwrap();
    let manual = ManualClock::at(at(100));
    let clock = ContinuousClock::new(Arc::new(manual.clone()));
    clock.continue_from(at(40));
    assert_eq!(clock.now(), at(100), "a history that is behind changes nothing");
    clock.continue_from(at(160));
    manual.advance(Duration::from_secs(10));
    // What is due in 20 s is due when so much has passed.
    let mut sleep = clock.sleep_until(at(190));
    let early = tokio::time::timeout(Duration::ZERO, &mut sleep).await.is_err();
    manual.advance(Duration::from_secs(20));
    sleep.await;
    assert_eq!((early, clock.now(), manual.now(), clock.time_of_day()), (true, at(190), at(130), at(130)));
}
