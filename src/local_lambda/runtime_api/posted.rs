//! What a process posts to its Runtime API, read within bounds of size and time.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;

use super::refused;
use crate::limits;

/// A whole body: what it says, whether it was above the limit (then it is not kept), and its trailers.
pub(super) struct Posted {
    pub(super) body: Bytes,
    pub(super) too_large: bool,
    pub(super) trailers: Option<HeaderMap>,
}

/// Why there is no whole body.
#[derive(Debug, Clone, Copy)]
pub(super) enum Incomplete {
    /// The other side went away half-way.
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

/// Reads a body. What is too much is read to its end all the same: a client that is still writing would not see the
/// refusal otherwise.
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
