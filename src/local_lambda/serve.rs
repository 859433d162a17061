//! Serves the Lambda API on a port, for any AWS client. Signatures are not checked; `browser` and `hosts` (the `Host`
//! header) distinguish a web page from a program.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::LocalLambda;
use super::hosts::{self, HostName};
use super::service_error::ServiceError;
use crate::limits;

impl LocalLambda {
    /// Serves on `listener` until `shutdown` ends. Requests have to name, in their `Host` header, a loopback name, the
    /// address of `listener`, or one of `allowed_hosts`. Running requests are finished, for at most a few seconds; the
    /// processes are ended by [`LocalLambda::shutdown`].
    pub async fn serve(
        &self,
        listener: TcpListener,
        mut allowed_hosts: Vec<HostName>,
        shutdown: impl Future<Output = ()>,
    ) {
        allowed_hosts.extend(listener.local_addr().map(|address| HostName::from(address.ip())));
        let allowed_hosts: Arc<[HostName]> = allowed_hosts.into();
        let mut shutdown = std::pin::pin!(shutdown);
        let stop = tokio::sync::watch::Sender::new(false);
        let mut connections = tokio::task::JoinSet::new();
        let places = Arc::new(Semaphore::new(limits::SERVE_CONNECTIONS));
        loop {
            let accepted = tokio::select! {
                () = &mut shutdown => break,
                () = tokio::time::sleep(Duration::from_secs(limits::IDLE_LOOK_SECONDS)) => {
                    self.end_idle();
                    continue;
                }
                accepted = async {
                    // The semaphore is never closed.
                    let place = Arc::clone(&places).acquire_owned().await.ok()?;
                    Some((place, listener.accept().await))
                } => accepted,
            };
            while connections.try_join_next().is_some() {}
            let Some((place, accepted)) = accepted else { break };
            let Ok((stream, _)) = accepted else {
                // Out of descriptors, most likely: let others end before the next attempt.
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            };
            let _ = stream.set_nodelay(true);
            let lambda = self.clone();
            let allowed_hosts = Arc::clone(&allowed_hosts);
            let mut stopping = stop.subscribe();
            connections.spawn(async move {
                let service = hyper::service::service_fn(|request| {
                    let lambda = lambda.clone();
                    let allowed_hosts = Arc::clone(&allowed_hosts);
                    async move { Ok::<_, Infallible>(answer(&lambda, &allowed_hosts, request).await) }
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(Duration::from_secs(limits::SERVE_IDLE_SECONDS))
                    .max_buf_size(limits::SERVE_HEAD_BYTES)
                    .max_headers(limits::REQUEST_HEADERS)
                    .serve_connection(TokioIo::new(stream), service);
                let mut connection = std::pin::pin!(connection);
                let stopped = async {
                    // An error means that the server has ended, which is a stop too.
                    let _ = stopping.wait_for(|stop| *stop).await;
                };
                // The error of a connection matters only to the client.
                tokio::select! {
                    _ = connection.as_mut() => {}
                    () = stopped => {
                        connection.as_mut().graceful_shutdown();
                        let _ = connection.await;
                    }
                }
                drop(place);
            });
        }
        stop.send_replace(true);
        let finish = async { while connections.join_next().await.is_some() {} };
        let limit = Duration::from_secs(limits::SHUTDOWN_SECONDS);
        // Unfinished connections are dropped with the set.
        let _ = tokio::time::timeout(limit, finish).await;
    }
}

async fn answer(lambda: &LocalLambda, allowed: &[HostName], request: Request<Incoming>) -> Response<Full<Bytes>> {
    if let Err(refusal) = hosts::check(request.uri(), request.headers(), allowed) {
        return ServiceError::AccessDenied(refusal.to_string()).response().map(Full::new);
    }
    let (parts, body) = request.into_parts();
    // A little above the limit, so that the API itself reports a payload that is too large.
    let body = Limited::new(body, limits::INVOKE_REQUEST_BYTES + 1024).collect();
    let response = match tokio::time::timeout(limits::REQUEST_BODY, body).await {
        Ok(Ok(body)) => lambda.handle(Request::from_parts(parts, body.to_bytes())).await,
        Ok(Err(_)) => ServiceError::RequestTooLarge(format!(
            "Request must be smaller than {} bytes for the InvokeFunction operation",
            limits::INVOKE_REQUEST_BYTES
        ))
        .response(),
        Err(_) => {
            let seconds = limits::REQUEST_BODY.as_secs();
            let error = ServiceError::RequestTimeout(format!("the body did not arrive within {seconds} seconds"));
            let mut response = error.response();
            // The rest of the body could be taken for another request.
            response.headers_mut().insert(http::header::CONNECTION, HeaderValue::from_static("close"));
            response
        }
    };
    response.map(Full::new)
}
