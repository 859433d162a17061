//! The Lambda Runtime API of one process, on a loopback port of its own: some official runtime clients accept only
//! `host:port`, so the port identifies the process. Access control: `connections` refuses processes of other users,
//! `gate` the user's other processes, `hosts` and `browser` refuse web pages.
//!
//! | the process calls | it gets | the state |
//! |---|---|---|
//! | `GET /runtime/invocation/next` | the next event, when there is one | Starting or Answered → Waiting → Running |
//! | `POST /runtime/invocation/{id}/response` | 202; 413 when too large; 400 for another id | Running → Answered |
//! | `POST /runtime/invocation/{id}/error` | 202; 400 for another id | Running → Answered |
//! | `POST /runtime/init/error` | 202 | Starting → InitFailed |

mod connections;
mod posted;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};

use self::posted::{Posted, collect};
use super::environment::RuntimeApiAddress;
use super::gate::{Gate, PathRule};
use super::hosts;
use crate::limits;

const ROOT: &str = "/2018-06-01/runtime/";

/// The state of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    /// It has not requested an event yet.
    Starting,
    /// It waits for an event.
    Waiting,
    /// It has an event.
    Running,
    /// It has answered and not requested another event yet.
    Answered,
    /// It reported with this error document that it cannot start.
    InitFailed(Bytes),
    /// It has ended; the text is Lambda's wording, `None` for exit status 0.
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

/// The document that the process posted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The result, as written.
    Response(Bytes),
    /// An error document, and the kind the runtime gave it in `Lambda-Runtime-Function-Error-Type`.
    Error { document: Bytes, kind: Option<String> },
    /// A result above the limit.
    TooLarge,
}

/// The server, and its view of the state of the process. Ends when dropped.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    address: SocketAddr,
    path_rule: PathRule,
    shared: Arc<Shared>,
    server: tokio::task::AbortHandle,
}

#[derive(Debug)]
struct Shared {
    gate: Gate,
    phase: watch::Sender<Phase>,
    current: Mutex<Option<(String, oneshot::Sender<Answer>)>>,
    events: mpsc::Sender<Event>,
    waiting: tokio::sync::Mutex<mpsc::Receiver<Event>>,
}

impl RuntimeApi {
    /// Listens on a free port of 127.0.0.1.
    pub(super) async fn start(path_rule: PathRule) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (events, waiting) = mpsc::channel(1);
        let shared = Arc::new(Shared {
            gate: Gate::new(path_rule),
            phase: watch::Sender::new(Phase::Starting),
            current: Mutex::default(),
            events,
            waiting: tokio::sync::Mutex::new(waiting),
        });
        let server = tokio::spawn(connections::accept(listener, Arc::clone(&shared))).abort_handle();
        Ok(Self { address, path_rule, shared, server })
    }

    /// For the environment of the process.
    pub(super) fn address(&self) -> RuntimeApiAddress {
        let with_path = format!("{}/{}", self.address, self.shared.gate.secret());
        match self.path_rule {
            PathRule::Required => RuntimeApiAddress { general: with_path, bootstrap_client: None },
            PathRule::RequiredOnceUsed => {
                RuntimeApiAddress { general: self.address.to_string(), bootstrap_client: Some(with_path) }
            }
        }
    }

    pub(super) fn phase(&self) -> watch::Receiver<Phase> {
        self.shared.phase.subscribe()
    }

    pub(super) fn phase_sender(&self) -> watch::Sender<Phase> {
        self.shared.phase.clone()
    }

    /// Makes an event available to the process. One at a time.
    pub(super) fn send(&self, event: Event) -> bool {
        self.shared.events.try_send(event).is_ok()
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Shared {
    fn current(&self) -> MutexGuard<'_, Option<(String, oneshot::Sender<Answer>)>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The path of a request below that of this API, or the refusal.
    fn admit<B>(&self, request: &Request<B>) -> Result<String, Response<Full<Bytes>>> {
        let forbidden = |message: &str| refused(StatusCode::FORBIDDEN, "Forbidden", message);
        // A page in a browser can reach any loopback port; no runtime client sends these headers.
        if super::browser::is_from_a_page(request.headers()) {
            return Err(forbidden("requests from web pages are refused"));
        }
        if hosts::is_foreign(request.uri(), request.headers()) {
            return Err(forbidden("the `Host` header must be the address in AWS_LAMBDA_RUNTIME_API"));
        }
        let path = self.gate.admit(request.uri().path()).map(ToOwned::to_owned);
        path.ok_or_else(|| forbidden("the path must begin with the path in AWS_LAMBDA_RUNTIME_API"))
    }

    async fn answer(&self, path: &str, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let route: Vec<&str> = path.strip_prefix(ROOT).unwrap_or_default().split('/').collect();
        match (request.method().clone(), route.as_slice()) {
            (Method::GET, ["invocation", "next"]) => self.next().await,
            (Method::POST, ["invocation", id, "response"]) => self.response(id, request).await,
            (Method::POST, ["invocation", id, "error"]) => self.error(id, request).await,
            (Method::POST, ["init", "error"]) => {
                let posted = match collect(request.into_body(), limits::REQUEST_BODY).await {
                    Ok(posted) => posted,
                    Err(incomplete) => return incomplete.response(),
                };
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
                "the runtime requested the next invocation before it answered the current one",
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
            return error(
                StatusCode::GONE,
                "Runtime.Shutdown",
                "the runtime is shutting down: no further invocation follows",
            );
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
        let Posted { body, too_large, trailers } = match collect(request.into_body(), self.time_for_body(id)).await {
            Ok(posted) => posted,
            Err(incomplete) => return incomplete.response(),
        };
        // A streamed response that fails half-way has its error in trailers.
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
        let posted = match collect(request.into_body(), limits::REQUEST_BODY).await {
            Ok(posted) => posted,
            Err(incomplete) => return incomplete.response(),
        };
        let answer = if posted.too_large { Answer::TooLarge } else { Answer::Error { document: posted.body, kind } };
        if self.finish(id, answer) {
            accepted()
        } else {
            error(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID")
        }
    }

    /// The timeout of a posted body.
    fn time_for_body(&self, id: &str) -> Duration {
        let is_current = self.current().as_ref().is_some_and(|(current, _)| current == id);
        // A function can stream its answer for as long as it runs.
        if is_current { Duration::from_secs(limits::FUNCTION_TIMEOUT_SECONDS.into()) } else { limits::REQUEST_BODY }
    }

    /// Delivers a response to its waiting caller; returns false if there is no such invocation.
    fn finish(&self, id: &str, answer: Answer) -> bool {
        let Some((_, waiting)) = self.current().take_if(|(current, _)| current == id) else { return false };
        self.phase.send_if_modified(|phase| {
            let running = matches!(phase, Phase::Running);
            if running {
                *phase = Phase::Answered;
            }
            running
        });
        // After a timeout the receiver is gone.
        let _ = waiting.send(answer);
        true
    }
}

fn accepted() -> Response<Full<Bytes>> {
    json(StatusCode::ACCEPTED, Bytes::from_static(br#"{"status":"OK"}"#))
}

fn error(status: StatusCode, kind: &str, message: &str) -> Response<Full<Bytes>> {
    let document = serde_json::json!({ "errorMessage": message, "errorType": kind });
    json(status, document.to_string().into())
}

/// An error after which the connection ends: what is left of the request is not read.
fn refused(status: StatusCode, kind: &str, message: &str) -> Response<Full<Bytes>> {
    let mut response = error(status, kind, message);
    response.headers_mut().insert(http::header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn json(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests;
