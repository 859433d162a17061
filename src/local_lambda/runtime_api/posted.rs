//! Reads the bodies that a process posts to its Runtime API, within a size limit and a timeout.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;

use super::refused;
use crate::limits;

/// A complete body: its bytes, whether it was above the limit (then they are dropped), and its trailers.
pub(super) struct Posted {
    pub(super) body: Bytes,
    pub(super) too_large: bool,
    pub(super) trailers: Option<HeaderMap>,
}

/// Why the body is incomplete.
#[derive(Debug, Clone, Copy)]
pub(super) enum Incomplete {
    /// The client closed the connection half-way.
    Truncated,
    /// It took too long.
    Late(Duration),
}

impl Incomplete {
    pub(super) fn response(self) -> Response<Full<Bytes>> {
        match self {
            Self::Truncated => {
                let message = "the request ended before its body did";
                refused(StatusCode::BAD_REQUEST, "TruncatedHTTPRequest", message)
            }
            Self::Late(limit) => {
                let message = format!("the body did not arrive within {} seconds", limit.as_secs());
                refused(StatusCode::REQUEST_TIMEOUT, "RequestTimeout", &message)
            }
        }
    }
}

/// Reads a body. One above the limit is read to its end too: a client that is still writing would not get the refusal
/// otherwise.
pub(super) async fn collect(body: Incoming, limit: Duration) -> Result<Posted, Incomplete> {
    match tokio::time::timeout(limit, collect_all(body)).await {
        Ok(posted) => posted.ok_or(Incomplete::Truncated),
        Err(_) => Err(Incomplete::Late(limit)),
    }
}

async fn collect_all(mut body: Incoming) -> Option<Posted> {
    let mut kept = BytesMut::new();
    let mut too_large = false;
    let mut trailers = None;
    while let Some(frame) = body.frame().await {
        match frame.ok()?.into_data() {
            Ok(data) if kept.len() + data.len() > limits::FUNCTION_RESPONSE_BYTES => {
                too_large = true;
                kept = BytesMut::new();
            }
            Ok(data) if !too_large => kept.extend_from_slice(&data),
            Ok(_) => {}
            Err(frame) => trailers = frame.into_trailers().ok(),
        }
    }
    Some(Posted { body: kept.freeze(), too_large, trailers })
}
