//! The connections to one Runtime API: checks their owner, limits their number, and closes idle ones.

use std::convert::Infallible;
use std::sync::Arc;

use http::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};

use super::{Shared, refused};
use crate::limits;
use crate::local_lambda::peer::{self, Peer};

/// Serves authorized connections. They end with the returned future.
pub(super) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = tokio::task::JoinSet::new();
    let places = Arc::new(Semaphore::new(limits::RUNTIME_API_CONNECTIONS));
    let refusals = Arc::new(Semaphore::new(limits::RUNTIME_API_REFUSALS));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, most likely: let others end before the next attempt.
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            continue;
        };
        // Without it an answer in two packets waits for the other side's delayed acknowledgement.
        let _ = stream.set_nodelay(true);
        let (shared, refusals) = (Arc::clone(&shared), Arc::clone(&refusals));
        connections.spawn(async move {
            match peer::identify(&stream).await {
                Peer::Trusted | Peer::Unknown => {
                    serve(stream, shared).await;
                    drop(place);
                }
                Peer::Stranger { user } => {
                    // Connections of other users do not count against the limit of the function's process.
                    drop(place);
                    let Ok(_refusal) = refusals.try_acquire() else { return };
                    refuse(stream, user).await;
                }
            }
        });
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let greeted = Arc::new(Notify::new());
    let service = hyper::service::service_fn(|request: http::Request<hyper::body::Incoming>| {
        let (shared, greeted) = (Arc::clone(&shared), Arc::clone(&greeted));
        async move {
            Ok::<_, Infallible>(match shared.admit(&request) {
                Ok(path) => {
                    greeted.notify_one();
                    shared.answer(&path, request).await
                }
                Err(refusal) => refusal,
            })
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .title_case_headers(true)
        .max_buf_size(limits::RUNTIME_API_HEAD_BYTES)
        .max_headers(limits::REQUEST_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    let silence = async {
        if tokio::time::timeout(limits::RUNTIME_API_GREETING, greeted.notified()).await.is_ok() {
            // From now on it may be idle for as long as the function runs.
            std::future::pending::<()>().await;
        }
    };
    // The error of a connection does not matter: the process reconnects, or it has exited.
    tokio::select! {
        _ = connection => {}
        () = silence => {}
    }
}

/// Sends a refusal to a process of another user.
async fn refuse(stream: TcpStream, user: Option<u32>) {
    let who = user.map_or_else(|| "a process that has ended".to_owned(), |user| format!("user {user}"));
    tracing::warn!("refused a connection of {who} to the Runtime API of a function");
    let service = hyper::service::service_fn(|_| {
        let message = format!("this Runtime API belongs to another user's function; the connection belongs to {who}");
        std::future::ready(Ok::<Response<_>, Infallible>(refused(StatusCode::FORBIDDEN, "Forbidden", &message)))
    });
    let connection =
        hyper::server::conn::http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service);
    // Whether the client receives it does not matter.
    let _ = tokio::time::timeout(limits::RUNTIME_API_REFUSAL, connection).await;
}
