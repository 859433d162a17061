use super::*;

#[test]
fn throttle_window_is_limited_to_an_hour() {
    assert_eq!(
        (parse_throttle_window("60m"), parse_throttle_window("61m")),
        (Ok(Duration::from_hours(1)), Err(UnitError::WindowTooLong))
    );
}

#[test]
fn sizes_parse_with_units() {
    let read = ["none", "1000", "200KB", "6 MB", "1k"].map(|text| parse_size_limit(text).unwrap().0);
    assert_eq!(read, [None, Some(1000), Some(204_800), Some(6 * 1024 * 1024), Some(1024)]);
    let refused = ["", "0", "-1", "5GB", "99999999999999999999", "18446744073709551615MB"].map(parse_size_limit);
    assert!(refused.iter().all(Result::is_err));
}

#[test]
fn retry_policy_numbers_are_validated() {
    assert_eq!((parse_multiplier("1.5"), parse_share("0.25")), (Ok(1.5), Ok(0.25)));
    assert!(["0.5", "NaN", "inf", "x"].map(parse_multiplier).iter().all(Result::is_err));
    assert!(["-0.1", "1.1", "NaN", "x"].map(parse_share).iter().all(Result::is_err));
}
