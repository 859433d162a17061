//! The Lambda Runtime API of one process, on a loopback port of its own: official runtime clients take no more than
//! `host:port`, so the port is what tells the processes apart.
//!
//! | the process calls | it gets | the state |
//! |---|---|---|
//! | `GET /runtime/invocation/next` | the next event, when there is one | Starting or Answered → Waiting → Running |
//! | `POST /runtime/invocation/{id}/response` | 202; 413 when too large; 400 for another id | Running → Answered |
//! | `POST /runtime/invocation/{id}/error` | 202; 400 for another id | Running → Answered |
//! | `POST /runtime/init/error` | 202 | Starting → InitFailed |

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use crate::limits;

const ROOT: &str = "/2018-06-01/runtime/";

/// Where a process stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    /// It has not asked for an event yet.
    Starting,
    /// It waits for an event.
    Waiting,
    /// It has an event.
    Running,
    /// It has answered and not asked for another event yet.
    Answered,
    /// It said that it cannot start, with this error document.
    InitFailed(Bytes),
    /// It is gone; the text is how Lambda says it, none for exit status 0.
    Exited(Option<String>),
}

/// One event for the process.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) request_id: String,
    pub(super) function_arn: String,
    pub(super) deadline_milliseconds: i64,
    pub(super) trace_id: String,
    /// JSON on one line.
    pub(super) client_context: Option<String>,
    pub(super) payload: Bytes,
    pub(super) answer: oneshot::Sender<Answer>,
}

/// What the process posted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The result, as written.
    Response(Bytes),
    /// An error document, and the kind the runtime gave it in `Lambda-Runtime-Function-Error-Type`.
    Error { document: Bytes, kind: Option<String> },
    /// A result above the limit.
    TooLarge,
}

/// The server, and the state of the process as seen from it. Ends with its owner.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: tokio::task::AbortHandle,
}

#[derive(Debug)]
struct Shared {
    phase: watch::Sender<Phase>,
    current: Mutex<Option<(String, oneshot::Sender<Answer>)>>,
    events: mpsc::Sender<Event>,
    waiting: tokio::sync::Mutex<mpsc::Receiver<Event>>,
}

impl RuntimeApi {
    /// Listens on a free port of 127.0.0.1.
    pub(super) async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (events, waiting) = mpsc::channel(1);
        let shared = Arc::new(Shared {
            phase: watch::Sender::new(Phase::Starting),
            current: Mutex::default(),
            events,
            waiting: tokio::sync::Mutex::new(waiting),
        });
        let server = tokio::spawn(accept(listener, Arc::clone(&shared))).abort_handle();
        Ok(Self { address, shared, server })
    }

    /// `host:port`, for `AWS_LAMBDA_RUNTIME_API`.
    pub(super) fn address(&self) -> String {
        self.address.to_string()
    }

    pub(super) fn phase(&self) -> watch::Receiver<Phase> {
        self.shared.phase.subscribe()
    }

    pub(super) fn phase_sender(&self) -> watch::Sender<Phase> {
        self.shared.phase.clone()
    }

    /// Puts an event where the process will find it. One at a time.
    pub(super) fn send(&self, event: Event) -> bool {
        self.shared.events.try_send(event).is_ok()
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Connections end with this task.
    let mut connections = tokio::task::JoinSet::new();
    let places = Arc::new(Semaphore::new(limits::RUNTIME_API_CONNECTIONS));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, most likely: let others end before the next try.
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            continue;
        };
        // Without it an answer in two packets waits for the other side's delayed acknowledgement.
        let _ = stream.set_nodelay(true);
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = hyper::service::service_fn(|request| {
                let shared = Arc::clone(&shared);
                async move { Ok::<_, Infallible>(shared.answer(request).await) }
            });
            // How a connection ended is of no interest: the process asks again, or it has exited.
            let _ = hyper::server::conn::http1::Builder::new()
                .title_case_headers(true)
                .serve_connection(TokioIo::new(stream), service)
                .await;
            drop(place);
        });
    }
}

impl Shared {
    fn current(&self) -> MutexGuard<'_, Option<(String, oneshot::Sender<Answer>)>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        // A page in a browser can reach any loopback port; no runtime client sends these headers.
        if super::browser::is_from_a_page(request.headers()) {
            return error(StatusCode::FORBIDDEN, "Forbidden", "requests of web pages are refused");
        }
        let path = request.uri().path().to_owned();
        let route: Vec<&str> = path.strip_prefix(ROOT).unwrap_or_default().split('/').collect();
        match (request.method().clone(), route.as_slice()) {
            (Method::GET, ["invocation", "next"]) => self.next().await,
            (Method::POST, ["invocation", id, "response"]) => self.response(id, request).await,
            (Method::POST, ["invocation", id, "error"]) => self.error(id, request).await,
            (Method::POST, ["init", "error"]) => {
                let Some(posted) = collect(request.into_body()).await else { return truncated() };
                if matches!(*self.phase.borrow(), Phase::Starting) {
                    self.phase.send_replace(Phase::InitFailed(posted.body));
                    accepted()
                } else {
                    error(StatusCode::FORBIDDEN, "InvalidStateTransition", "the runtime has started already")
                }
            }
            _ => error(StatusCode::NOT_FOUND, "NotFound", &format!("there is no {} {path}", request.method())),
        }
    }

    async fn next(&self) -> Response<Full<Bytes>> {
        if self.current().is_some() {
            return error(
                StatusCode::FORBIDDEN,
                "InvalidStateTransition",
                "the runtime asked for the next invocation before it answered the current one",
            );
        }
        self.phase.send_if_modified(|phase| {
            let may_wait = matches!(phase, Phase::Starting | Phase::Answered);
            if may_wait {
                *phase = Phase::Waiting;
            }
            may_wait
        });
        let Some(event) = self.waiting.lock().await.recv().await else {
            return error(StatusCode::GONE, "Runtime.Shutdown", "there will be no further invocation");
        };
        let mut response = Response::new(Full::new(event.payload));
        let headers = response.headers_mut();
        let mut set = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
                headers.insert(name, value);
            }
        };
        set("content-type", "application/json");
        set("lambda-runtime-aws-request-id", &event.request_id);
        set("lambda-runtime-deadline-ms", &event.deadline_milliseconds.to_string());
        set("lambda-runtime-invoked-function-arn", &event.function_arn);
        set("lambda-runtime-trace-id", &event.trace_id);
        if let Some(context) = &event.client_context {
            set("lambda-runtime-client-context", context);
        }
        *self.current() = Some((event.request_id, event.answer));
        self.phase.send_if_modified(|phase| {
            let waiting = matches!(phase, Phase::Waiting);
            if waiting {
                *phase = Phase::Running;
            }
            waiting
        });
        response
    }

    async fn response(&self, id: &str, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let Some(Posted { body, too_large, trailers }) = collect(request.into_body()).await else {
            return truncated();
        };
        // A streamed response that fails half-way says so behind its body.
        let failed = trailers.as_ref().and_then(|trailers| {
            use base64::Engine as _;
            let kind = trailers.get("lambda-runtime-function-error-type")?.to_str().ok()?.to_owned();
            let document = trailers.get("lambda-runtime-function-error-body")?;
            let document = base64::engine::general_purpose::STANDARD.decode(document).ok()?;
            Some(Answer::Error { document: document.into(), kind: Some(kind) })
        });
        let answer = match failed {
            Some(answer) => answer,
            None if too_large => Answer::TooLarge,
            None => Answer::Response(body),
        };
        let refused = matches!(answer, Answer::TooLarge);
        if !self.finish(id, answer) {
            return error(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID");
        }
        if refused {
            let message = format!("Exceeded maximum allowed payload size ({} bytes).", limits::FUNCTION_RESPONSE_BYTES);
            return error(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message);
        }
        accepted()
    }

    async fn error(&self, id: &str, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let kind = request.headers().get("lambda-runtime-function-error-type");
        let kind = kind.and_then(|kind| kind.to_str().ok()).map(ToOwned::to_owned);
        let Some(posted) = collect(request.into_body()).await else { return truncated() };
        let answer = if posted.too_large { Answer::TooLarge } else { Answer::Error { document: posted.body, kind } };
        if self.finish(id, answer) {
            accepted()
        } else {
            error(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID")
        }
    }

    /// Hands an answer to whoever waits for it; false when there is no such invocation.
    fn finish(&self, id: &str, answer: Answer) -> bool {
        let Some((_, waiting)) = self.current().take_if(|(current, _)| current == id) else { return false };
        self.phase.send_if_modified(|phase| {
            let running = matches!(phase, Phase::Running);
            if running {
                *phase = Phase::Answered;
            }
            running
        });
        // Nobody waits any more when the time was up a moment ago.
        let _ = waiting.send(answer);
        true
    }
}

/// A whole body: what it says, whether it was above the limit (then it is not kept), and its trailers.
struct Posted {
    body: Bytes,
    too_large: bool,
    trailers: Option<HeaderMap>,
}

/// Reads a body; none if the other side went away half-way. What is too much is read to its end all the same: a client
/// that is still writing would not see the refusal otherwise.
async fn collect(mut body: Incoming) -> Option<Posted> {
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

fn truncated() -> Response<Full<Bytes>> {
    error(StatusCode::BAD_REQUEST, "TruncatedHTTPRequest", "the request ended before its body did")
}

fn accepted() -> Response<Full<Bytes>> {
    json(StatusCode::ACCEPTED, Bytes::from_static(br#"{"status":"OK"}"#))
}

fn error(status: StatusCode, kind: &str, message: &str) -> Response<Full<Bytes>> {
    let document = serde_json::json!({ "errorMessage": message, "errorType": kind });
    json(status, document.to_string().into())
}

fn json(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
