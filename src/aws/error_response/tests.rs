//! Refused signatures of a machine whose clock is wrong.

use super::*;

#[test]
fn clock_skew_is_reported() {
    let headers = |date: &str| {
        let mut headers = Headers::new();
        headers.insert("date", date.to_owned());
        headers
    };
    let now: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
    let rows = [
        ("InvalidSignatureException", "Thu, 01 Jan 2026 09:57:00 GMT", Some("2 h 3 min ahead of")),
        ("RequestExpired", "Thu, 01 Jan 2026 12:07:00 GMT", Some("7 min behind")),
        ("InvalidSignatureException", "Thu, 01 Jan 2026 12:04:00 GMT", None),
        ("InvalidSignatureException", "yesterday", None),
        ("AccessDeniedException", "Thu, 01 Jan 2026 09:57:00 GMT", None),
    ];
    for (code, date, by) in rows {
        let said = clock_skew(Some(code), &headers(date), now);
        let expected =
            by.map(|by| format!("This machine's clock is {by} the server's: set it right (as by NTP) and try again."));
        assert_eq!(said, expected, "{code} {date}");
    }
}
