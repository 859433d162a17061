//! Detects requests of web pages.

use http::HeaderMap;

/// Whether a request was made by a page in a browser. Any page can send requests to loopback ports and so could run
/// functions or steal events; browsers mark what pages send with one of these headers, and no SDK sends them.
pub(super) fn is_from_a_page(headers: &HeaderMap) -> bool {
    headers.contains_key("origin") || headers.contains_key("sec-fetch-site")
}
