//! Validation of endpoint URLs.

use super::*;

#[test]
fn invalid_endpoint_urls_are_rejected() {
    let rows = [
        ("http://localhost", true),
        ("http://127.0.0.1:3001", true),
        ("http://[::1]:3001/", true),
        ("http://[::1]", true),
        ("https://lambda.eu-central-1.amazonaws.com/base", true),
        ("HTTP://localhost", true),
        ("http://", false),
        ("http:///path", false),
        ("http://:3001", false),
        ("http://exa mple", false),
        ("http://[::1", false),
        ("http://localhost:99999", false),
        ("http://localhost:", false),
        ("localhost:3001", false),
        ("ftp://localhost", false),
        ("", false),
    ];
    let found = rows.map(|(text, _)| (text, is_address(text)));
    assert_eq!(found, rows);
}
