use super::*;

#[test]
fn durations() {
    let read = ["0", "500ms", "30s", "5m", "1m30s", "1m 30s", "2 minutes", "PT5M"].map(|text| duration(text).unwrap());
    assert_eq!(read.map(|read| read.as_millis()), [0, 500, 30_000, 300_000, 90_000, 90_000, 120_000, 300_000]);
}

#[test]
fn durations_that_are_none_say_what_to_write() {
    let refused = ["30", "1.5", "", "soon", "-5s", "5 parsecs"].map(|text| duration(text).unwrap_err());
    assert_eq!(
        refused,
        [
            "a number needs its unit: `30s` for seconds, `30m` for minutes, `30ms`",
            "a number needs its unit: `1.5s` for seconds, `1.5m` for minutes, `1.5ms`",
            "write a duration such as `500ms`, `30s`, `5m` or `1m30s`",
            "write a duration such as `500ms`, `30s`, `5m` or `1m30s`",
            "a duration cannot be negative",
            "write a duration such as `500ms`, `30s`, `5m` or `1m30s`",
        ]
    );
    assert_eq!(throttle_window("61m"), Err("the window is at most one hour, as in the service".to_owned()));
}

#[test]
fn sizes() {
    let read = ["none", "1000", "200KB", "6 MB", "1k"].map(|text| size_limit(text).unwrap().0);
    assert_eq!(read, [None, Some(1000), Some(204_800), Some(6 * 1024 * 1024), Some(1024)]);
    let refused = ["", "0", "-1", "5GB", "99999999999999999999", "18446744073709551615MB"].map(size_limit);
    assert!(refused.iter().all(Result::is_err));
}

#[test]
fn numbers_of_the_retry_policy() {
    assert_eq!((multiplier("1.5"), share("0.25")), (Ok(1.5), Ok(0.25)));
    assert!(["0.5", "NaN", "inf", "x"].map(multiplier).iter().all(Result::is_err));
    assert!(["-0.1", "1.1", "NaN", "x"].map(share).iter().all(Result::is_err));
}
