use super::*;

fn waits(initial: u64, multiplier: f64, longest: u64, window: Option<u64>) -> Result<Vec<u64>, DelayPolicyError> {
    let policy =
        DelayPolicy { initial: Duration::from_millis(initial), multiplier, longest: Duration::from_millis(longest) };
    policy.delays(window.map(Duration::from_millis)).map(|waits| waits.to_vec())
}

#[test]
fn backoff_doubles_up_to_the_maximum() {
    assert_eq!(waits(1_000, 2.0, 30_000, None), Ok(vec![1_000, 2_000, 4_000, 8_000, 16_000, 30_000]));
}

#[test]
fn multiplier_of_one_gives_fixed_delays() {
    assert_eq!(waits(500, 1.0, 30_000, None), Ok(vec![500]));
}

#[test]
fn zero_delay_policy_is_valid() {
    assert_eq!(waits(0, 2.0, 0, None), Ok(vec![0]));
}

#[test]
fn window_limits_the_sum_of_delays() {
    assert_eq!(waits(1_000, 2.0, 4_000, Some(10_000)), Ok(vec![1_000, 2_000, 4_000]));
}

#[test]
fn multiplier_below_one_is_rejected() {
    assert_eq!(waits(1_000, 0.5, 30_000, None), Err(DelayPolicyError::Multiplier(0.5)));
}

#[test]
fn initial_delay_above_the_maximum_is_rejected() {
    assert_eq!(
        waits(60_000, 2.0, 30_000, None),
        Err(DelayPolicyError::Order { initial: Duration::from_mins(1), longest: Duration::from_secs(30) })
    );
}
