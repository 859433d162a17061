//! One invocation of one function, from the event to the response.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::{oneshot, watch};

use super::function::{Function, Version};
use super::log::ProcessLog;
use super::pool::{Pool, Slot, Unready};
use super::runtime_api::{Answer, Event, Phase};
use super::sandbox::Sandbox;
use super::service_error::ServiceError;
use crate::limits;

/// The function to invoke, and its event.
#[derive(Debug, Clone)]
pub(super) struct Invocation {
    pub(super) function: Arc<Function>,
    pub(super) version: Version,
    /// The ARN as the caller qualified it.
    pub(super) function_arn: String,
    pub(super) request_id: String,
    pub(super) client_context: Option<String>,
    pub(super) payload: Bytes,
}

/// How an invocation ended: the function ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) payload: Bytes,
    pub(super) error: Option<FunctionError>,
    pub(super) log_tail: Vec<u8>,
    pub(super) trace_id: String,
}

/// The value of `X-Amz-Function-Error`.
///
/// Lambda returns `Unhandled` for every error today; older runtimes could mark one that the function had returned on
/// purpose as `Handled`. A runtime gets the latter here by posting its error with the header
/// `Lambda-Runtime-Function-Error-Type: Handled`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FunctionError {
    Handled,
    Unhandled,
}

impl FunctionError {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Handled => "Handled",
            Self::Unhandled => "Unhandled",
        }
    }
}

/// How the process ended the event.
enum Ending {
    Answered(Answer),
    InitFailed(Bytes),
    Exited(Option<String>),
    TimedOut,
}

impl Pool {
    /// Runs an invocation. It must run to its end even when the caller stops waiting (spec 9, choice 35): call it in
    /// its own task.
    pub(super) async fn invoke(self: &Arc<Self>, invocation: Invocation, slot: Slot) -> Result<Outcome, ServiceError> {
        let clock = Arc::clone(&self.options.clock);
        let trace_id = self.trace_id(clock.now());
        let function = Arc::clone(&invocation.function);
        let version = invocation.version;
        let request_id = invocation.request_id.clone();
        let created = clock.now();
        let sandbox = match self.sandbox(&function, version).await {
            Ok(sandbox) => sandbox,
            Err(Unready::Refused(error)) => return Err(error),
            Err(Unready::Failed { kind, message }) => {
                let text = format!("RequestId: {request_id} Error: {message}");
                let log_tail = format!("{text}\n{kind}\n").into_bytes();
                let payload = error_document(kind, &text);
                return Ok(Outcome { payload, error: Some(FunctionError::Unhandled), log_tail, trace_id });
            }
        };
        let first = !sandbox.used;
        let mut phase = sandbox.api.phase();
        if first {
            // The start has a timeout of its own; the time beyond it counts against the invocation.
            let started = phase.wait_for(|phase| !matches!(phase, Phase::Starting));
            let _ = tokio::time::timeout(Duration::from_secs(limits::INIT_SECONDS), started).await;
        }
        let started = clock.now();
        sandbox.log.begin(&request_id, &version.to_string(), first);
        let (answer, answered) = oneshot::channel();
        let deadline = crate::clock::after(started, function.timeout);
        let early = phase.borrow().clone();
        let ending = match early {
            Phase::InitFailed(document) => Ending::InitFailed(document),
            Phase::Exited(status) => Ending::Exited(status),
            Phase::Starting | Phase::Waiting | Phase::Running | Phase::Answered => {
                let sent = sandbox.api.send(Event {
                    request_id: request_id.clone(),
                    function_arn: invocation.function_arn,
                    // The function compares it with the time of day.
                    deadline_milliseconds: crate::clock::after(clock.time_of_day(), function.timeout).as_millisecond(),
                    trace_id: trace_id.clone(),
                    client_context: invocation.client_context,
                    payload: invocation.payload,
                    answer,
                });
                if !sent {
                    return Err(ServiceError::Service("a process received two events at once".to_owned()));
                }
                run(answered, &mut phase, function.timeout).await
            }
        };
        let ended = clock.now();
        let reusable = matches!(ending, Ending::Answered(_));
        // The response waits until the process requests the next event, so that the next invocation finds it warm; a
        // process that is busy after its response is awaited in the background.
        let settled = reusable
            && matches!(
                tokio::time::timeout(
                    Duration::from_millis(limits::SETTLE_MILLISECONDS),
                    phase.wait_for(|phase| matches!(phase, Phase::Waiting | Phase::Exited(_))),
                )
                .await,
                Ok(Ok(_))
            );
        sandbox.log.settle(reusable);
        let (payload, error) = conclude(&ending, &request_id, &function, &sandbox.log, clock.now());
        let init = first.then(|| milliseconds(created, started));
        let report = report(&request_id, &function, milliseconds(started, ended), init, &ending, sandbox.pid());
        sandbox.log.platform(&format!("END RequestId: {request_id}"));
        sandbox.log.platform(&report);
        let log_tail = sandbox.log.tail();
        if settled {
            self.keep(&function, version, sandbox);
            drop(slot);
        } else if reusable {
            let left = Duration::try_from(deadline.duration_since(clock.now())).unwrap_or_default();
            tokio::spawn(finish_later(Arc::clone(self), function, version, sandbox, slot, left));
        } else {
            sandbox.end().await;
            drop(slot);
        }
        Ok(Outcome { payload, error, log_tail, trace_id })
    }

    fn trace_id(&self, now: Timestamp) -> String {
        let id = self.identifiers.uuid().simple().to_string();
        let (root, parent) = id.split_at(id.len().min(24));
        format!("Root=1-{:08x}-{root};Parent={parent}{parent};Sampled=0", now.as_second())
    }
}

/// Waits for the response, the end of the process, or the timeout.
async fn run(mut answered: oneshot::Receiver<Answer>, phase: &mut watch::Receiver<Phase>, timeout: Duration) -> Ending {
    let over = phase.wait_for(|phase| matches!(phase, Phase::Exited(_) | Phase::InitFailed(_)));
    let over = async {
        match over.await.as_deref() {
            Ok(Phase::InitFailed(document)) => Ending::InitFailed(document.clone()),
            Ok(Phase::Exited(status)) => Ending::Exited(status.clone()),
            // The sender exists as long as the process.
            Ok(Phase::Starting | Phase::Waiting | Phase::Running | Phase::Answered) | Err(_) => Ending::Exited(None),
        }
    };
    let ending = tokio::select! {
        biased;
        Ok(answer) = &mut answered => return Ending::Answered(answer),
        ending = over => ending,
        () = tokio::time::sleep(timeout) => return Ending::TimedOut,
    };
    // Data that the process posted right before its end may still be in transit on the loopback.
    match tokio::time::timeout(Duration::from_millis(limits::LAST_WORDS_MILLISECONDS), answered).await {
        Ok(Ok(answer)) => Ending::Answered(answer),
        _ => ending,
    }
}

/// A process that continues after its response has until the deadline to request the next event.
async fn finish_later(
    pool: Arc<Pool>,
    function: Arc<Function>,
    version: Version,
    sandbox: Sandbox,
    slot: Slot,
    left: Duration,
) {
    let mut phase = sandbox.api.phase();
    let asked = phase.wait_for(|phase| matches!(phase, Phase::Waiting | Phase::Exited(_)));
    let asked =
        matches!(tokio::time::timeout(left, asked).await.as_ref().map(Result::as_deref), Ok(Ok(Phase::Waiting)));
    if asked {
        pool.keep(&function, version, sandbox);
    } else {
        sandbox.end().await;
    }
    drop(slot);
}

/// The payload and the kind of error of an ending, with what Lambda writes into the log about it.
fn conclude(
    ending: &Ending,
    request_id: &str,
    function: &Function,
    log: &ProcessLog,
    now: Timestamp,
) -> (Bytes, Option<FunctionError>) {
    let unhandled = Some(FunctionError::Unhandled);
    match ending {
        Ending::Answered(Answer::Response(payload)) => (payload.clone(), None),
        Ending::Answered(Answer::Error { document, kind }) => {
            let handled = kind.as_deref() == Some("Handled");
            (document.clone(), if handled { Some(FunctionError::Handled) } else { unhandled })
        }
        Ending::Answered(Answer::TooLarge) => {
            let message = format!(
                "Response payload size exceeded maximum allowed payload size ({} bytes).",
                limits::FUNCTION_RESPONSE_BYTES
            );
            log.platform(&format!("RequestId: {request_id} Error: {message}\nFunction.ResponseSizeTooLarge"));
            (error_document("Function.ResponseSizeTooLarge", &message), unhandled)
        }
        Ending::InitFailed(document) => (document.clone(), unhandled),
        Ending::Exited(status) => {
            let reason = match status {
                Some(status) => format!("Runtime exited with error: {status}"),
                None => "Runtime exited without providing a reason".to_owned(),
            };
            let message = format!("RequestId: {request_id} Error: {reason}");
            log.platform(&format!("{message}\nRuntime.ExitError"));
            (error_document("Runtime.ExitError", &message), unhandled)
        }
        Ending::TimedOut => {
            let task = format!("Task timed out after {:.2} seconds", function.timeout.as_secs_f64());
            log.platform(&format!("{} {request_id} {task}\n", now.strftime("%Y-%m-%dT%H:%M:%S.%3fZ")));
            (error_document("Sandbox.Timedout", &format!("RequestId: {request_id} Error: {task}")), unhandled)
        }
    }
}

fn error_document(kind: &str, message: &str) -> Bytes {
    serde_json::json!({ "errorType": kind, "errorMessage": message }).to_string().into()
}

fn milliseconds(from: Timestamp, to: Timestamp) -> f64 {
    Duration::try_from(to.duration_since(from)).unwrap_or_default().as_secs_f64() * 1000.0
}

/// The line that Lambda writes at the end. It has the memory where the system reports it.
fn report(id: &str, function: &Function, duration: f64, init: Option<f64>, ending: &Ending, pid: i32) -> String {
    use std::fmt::Write as _;
    let memory = function.memory_megabytes;
    let mut line = format!(
        "REPORT RequestId: {id}\tDuration: {duration:.2} ms\tBilled Duration: {:.0} ms\tMemory Size: {memory} MB\t",
        duration.ceil()
    );
    // Writing to a text cannot fail.
    if let Some(used) = most_memory_megabytes(pid) {
        let _ = write!(line, "Max Memory Used: {used} MB\t");
    }
    if let Some(init) = init {
        let _ = write!(line, "Init Duration: {init:.2} ms\t");
    }
    match ending {
        Ending::TimedOut => line.push_str("Status: timeout"),
        Ending::Exited(_) => line.push_str("Status: error\tError Type: Runtime.ExitError"),
        Ending::Answered(Answer::TooLarge) => line.push_str("Status: error\tError Type: Function.ResponseSizeTooLarge"),
        Ending::Answered(Answer::Response(_) | Answer::Error { .. }) | Ending::InitFailed(_) => {}
    }
    line
}

/// The peak of a process's resident memory, from Linux's `/proc`.
fn most_memory_megabytes(pid: i32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kilobytes.div_ceil(1024))
}
