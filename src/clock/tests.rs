//! Waits until a deadline, in the paused time of the runtime.

use tokio::time::Instant;

use super::*;

/// A clock that follows the runtime, but jumps by `jump` seconds once `after` seconds have passed.
fn jumping_clock(after: u64, jump: i64) -> impl Fn() -> Timestamp {
    let begun = Instant::now();
    move || {
        let passed = begun.elapsed();
        let jumped = if passed >= Duration::from_secs(after) { jump } else { 0 };
        let seconds = i64::try_from(passed.as_secs()).unwrap() + jumped;
        Timestamp::new(seconds, i32::try_from(passed.subsec_nanos()).unwrap()).unwrap()
    }
}

/// The seconds of runtime that a wait of an hour takes.
async fn wait_an_hour(after: u64, jump: i64) -> u64 {
    let begun = Instant::now();
    until(Timestamp::new(3600, 0).unwrap(), jumping_clock(after, jump)).await;
    begun.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn wait_ends_at_the_deadline_of_the_clock() {
    assert_eq!(wait_an_hour(0, 0).await, 3600);
    assert_eq!(wait_an_hour(0, 3600).await, 0, "the deadline has passed already");
}

#[tokio::test(start_paused = true)]
async fn wait_ends_soon_after_system_sleep() {
    let took = wait_an_hour(70, 7200).await;
    assert!((70..=70 + CLOCK_LOOK.as_secs()).contains(&took), "{took} s");
}

#[tokio::test(start_paused = true)]
async fn wait_is_not_extended_when_the_clock_is_set_back() {
    let (begun, clock) = (Instant::now(), jumping_clock(70, -600));
    let steady = Mutex::new(SteadyTime { latest: None });
    let now = || steady.lock().unwrap().at(clock(), begun.elapsed());
    until(Timestamp::new(3600, 0).unwrap(), now).await;
    assert_eq!(begun.elapsed().as_secs(), 3600);
}

#[test]
fn time_follows_a_forward_clock_change_and_ignores_a_backward_one() {
    let at = |second| Timestamp::new(second, 0).unwrap();
    let mut steady = SteadyTime { latest: None };
    // The clock's time, and the uptime of the machine.
    let readings = [(1000, 5), (1010, 15), (9000, 20), (1020, 25), (1030, 35), (9030, 45), (9030, 45), (800, 3)];
    let given = readings.map(|(clock, up)| steady.at(at(clock), Duration::from_secs(up)));
    assert_eq!(given, [1000, 1010, 9000, 9005, 9015, 9030, 9030, 9030].map(at));
}

#[test]
fn process_time_starts_at_wall_clock_time_and_is_monotonic() {
    let before = SystemClock.time_of_day();
    let given: Vec<Timestamp> = (0..1000).map(|_| SystemClock.now()).collect();
    assert!(given.is_sorted() && before <= given[0], "{before} {given:?}");
}

#[tokio::test]
async fn history_ahead_of_the_clock_continues_from_its_last_event() {
    let at = |second| Timestamp::new(second, 0).unwrap();
    let manual = ManualClock::at(at(100));
    let clock = ContinuousClock::new(Arc::new(manual.clone()));
    clock.continue_from(at(40));
    assert_eq!(clock.now(), at(100), "a history behind the clock changes nothing");
    clock.continue_from(at(160));
    manual.advance(Duration::from_secs(10));
    // A deadline in 20 s is reached after 20 s of runtime.
    let mut sleep = clock.sleep_until(at(190));
    let early = tokio::time::timeout(Duration::ZERO, &mut sleep).await.is_err();
    manual.advance(Duration::from_secs(20));
    sleep.await;
    assert_eq!((early, clock.now(), manual.now(), clock.time_of_day()), (true, at(190), at(130), at(130)));
}
