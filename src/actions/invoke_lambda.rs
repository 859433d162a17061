//! `aws:invokeLambdaFunction` (spec 4.1).

use std::sync::LazyLock;

use base64::Engine as _;
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::handler::{ActionHandler, Judgement};
use super::prepared_call::PreparedCall;
use super::reply_capture::ReplyCapture;
use super::scripted_reply::{ScriptedReply, judge_document, service_error, throttle};
use super::task::{ActionOutcome, Task};
use crate::aws::CallError;
use crate::event::{
    ActionError, ActionResult, CallReach, Cause, ErrorClass, Failure, FailureStage, FailureType, ReportedError,
};
use crate::expression::embedded;
use crate::lambda::{InvokeReply, LambdaClient};
use crate::limits;
use crate::name::OutputName;
use crate::runbook::inputs::invoke_lambda::{Custom, InputProblem, Invocation, InvokeRequest};

// The names of the action's own outputs, created once because every step has them.
static STATUS_CODE: LazyLock<OutputName> = LazyLock::new(|| OutputName::new("StatusCode"));
static FUNCTION_ERROR: LazyLock<OutputName> = LazyLock::new(|| OutputName::new("FunctionError"));
static EXECUTED_VERSION: LazyLock<OutputName> = LazyLock::new(|| OutputName::new("ExecutedVersion"));
static LOG_RESULT: LazyLock<OutputName> = LazyLock::new(|| OutputName::new("LogResult"));
static PAYLOAD: LazyLock<OutputName> = LazyLock::new(|| OutputName::new("Payload"));

/// Invokes functions.
#[derive(Debug)]
pub(super) struct InvokeLambda {
    pub(super) lambda: LambdaClient,
    pub(super) last_reply: Option<ReplyCapture>,
}

impl ActionHandler for InvokeLambda {
    fn prepare(&self, mut task: Task) -> PreparedCall<'_> {
        let mut request = match task.take_request::<InvokeRequest>() {
            Ok(request) => request,
            Err(problem) => return PreparedCall::refused(invalid(&problem)),
        };
        let awaited = Awaited::of(&request);
        include_log(&mut request, &task);
        let left_out = if task.idempotency_token { identify(&mut request, &task) } else { None };
        let (call, permit) = self.lambda.prepare(request);
        let evaluated = async move {
            if let Some(capture) = &self.last_reply {
                capture.set(None);
            }
            let answer = call.await;
            if let (Some(capture), Ok(reply)) = (&self.last_reply, &answer) {
                capture.set(Some(reply.clone()));
            }
            let mut result = awaited.result(&task, answer)?;
            result.notice = match (result.notice, left_out) {
                (Some(odd), Some(left_out)) => Some(format!("{odd} {left_out}")),
                (one, None) | (None, one) => one,
            };
            Ok(result)
        };
        PreparedCall::held(evaluated, move || permit.grant())
    }

    fn judge(&self, task: &Task, reply: ScriptedReply) -> Judgement {
        Judgement::Ended(judge_reply(task, reply))
    }
}

/// Evaluates a scripted reply as one of Lambda.
fn judge_reply(task: &Task, reply: ScriptedReply) -> ActionOutcome {
    let awaited = Awaited::of(&*task.request::<InvokeRequest>().map_err(|problem| invalid(&problem))?);
    match reply {
        ScriptedReply::Payload { payload, outputs } => {
            let reply = scripted(task, &payload, &outputs, None);
            awaited.result(task, Ok(reply)).map(|result| amended(result, &outputs))
        }
        ScriptedReply::ReportedError { error_type, message, trace } => {
            let mut payload = Map::new();
            let mut member = |name: &str, text: Option<String>| {
                payload.extend(text.map(|text| (name.to_owned(), Value::String(text))));
            };
            member("errorMessage", message);
            member("errorType", error_type);
            if !trace.is_empty() {
                payload.insert("stackTrace".to_owned(), Value::from(trace));
            }
            awaited.result(task, Ok(scripted(task, &Value::Object(payload), &Map::new(), Some("Unhandled"))))
        }
        ScriptedReply::ServiceError { code, message } => {
            awaited.result(task, Err(service_error(&code, message.as_deref())))
        }
        ScriptedReply::Throttle { after } => awaited.result(task, Err(throttle(after))),
        other @ (ScriptedReply::Document { .. } | ScriptedReply::Failure(_)) => judge_document(task, other),
    }
}

/// The reply of Lambda to this request.
fn scripted(task: &Task, payload: &Value, outputs: &Map<String, Value>, error: Option<&str>) -> InvokeReply {
    let kind = task.inputs.get("InvocationType").map(embedded).unwrap_or_default();
    let (status_code, runs) = match &*kind {
        "Event" => (202, false),
        "DryRun" => (204, false),
        _ => (200, true),
    };
    let text = |name: &str| outputs.get(name).and_then(Value::as_str).map(str::to_owned);
    InvokeReply {
        status_code,
        function_error: error.map(str::to_owned),
        log_result: runs
            .then(|| text("LogResult").unwrap_or_else(|| base64::engine::general_purpose::STANDARD.encode(""))),
        executed_version: runs.then(|| text("ExecutedVersion").unwrap_or_else(|| "$LATEST".to_owned())),
        payload: if runs { payload.to_string().into_bytes() } else { Vec::new() },
        request_id: None,
    }
}

/// Adds outputs that the reply itself does not carry.
fn amended(mut result: ActionResult, outputs: &Map<String, Value>) -> ActionResult {
    let known = |name: &String| !matches!(name.as_str(), "LogResult" | "ExecutedVersion");
    let others = outputs.iter().filter(|(name, _)| known(name));
    result.outputs.extend(others.map(|(name, value)| (OutputName::new(name.as_str()), value.clone())));
    result
}

/// The failure of inputs that are not a valid request.
fn invalid(problem: &InputProblem) -> ActionError {
    Failure::new(FailureStage::InputValidation, FailureType::Verification, problem.to_string()).into()
}

/// Asks for the log tail, which is free, and helps with failures. Only an explicit `None` of the author turns it off.
fn include_log(request: &mut InvokeRequest, task: &Task) {
    if let Invocation::RequestResponse { log_tail, .. } = &mut request.invocation {
        *log_tail |= !task.inputs.contains_key("LogType");
    }
}

/// What is expected of a reply.
#[derive(Debug, Clone, Copy)]
struct Awaited {
    expected: Expected,
    asked_for_log: bool,
}

impl Awaited {
    /// Of a request as its author wrote it.
    const fn of(request: &InvokeRequest) -> Self {
        match &request.invocation {
            Invocation::RequestResponse { log_tail, .. } => {
                Self { expected: Expected::Result, asked_for_log: *log_tail }
            }
            Invocation::Event => Self { expected: Expected::Queued, asked_for_log: false },
            Invocation::DryRun => Self { expected: Expected::Checked, asked_for_log: false },
        }
    }

    fn result(self, task: &Task, answer: Result<InvokeReply, CallError>) -> Result<ActionResult, ActionError> {
        let Self { expected, asked_for_log } = self;
        match answer {
            Ok(reply) => read(reply, &Read { inputs: &task.inputs, expected, asked_for_log, limit: task.result_limit }),
            Err(error) => Err(refused(error, &function(&task.inputs)).into()),
        }
    }
}

/// Adds the execution, step and attempt to the client context. The token identifies the attempt: a repeated sending has
/// the same, so that a function can distinguish a repetition from another attempt. Returns a warning when there is no
/// room for it.
fn identify(request: &mut InvokeRequest, task: &Task) -> Option<String> {
    let Task { execution, step, step_execution, attempt, .. } = task;
    let token = format!("{execution}/{step_execution}/{attempt}");
    let members = [
        ("runwrightExecutionId", execution.to_string()),
        ("runwrightStepName", step.to_string()),
        ("runwrightStepExecutionId", step_execution.to_string()),
        ("runwrightAttempt", attempt.to_string()),
        ("runwrightIdempotencyToken", token),
    ];
    let custom = members.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect();
    match request.add_custom(custom) {
        Custom::Added | Custom::IsTheAuthors | Custom::NeverSeen => None,
        Custom::TooLong(bytes) => Some(format!(
            "Function {} was not given an idempotency token: with it `ClientContext` has {bytes} bytes in base64, and \
             Lambda takes {}. Shorten the step's `ClientContext`.",
            function(&task.inputs),
            limits::CLIENT_CONTEXT_BYTES
        )),
    }
}

/// The function as messages name it. Built only for them.
fn function(inputs: &IndexMap<String, Value>) -> String {
    let text = |name: &str| inputs.get(name).map(embedded).filter(|text| !text.is_empty());
    let name = text("FunctionName").unwrap_or_default();
    match text("Qualifier").filter(|qualifier| !name.ends_with(&format!(":{qualifier}"))) {
        Some(qualifier) => format!("{name}:{qualifier}"),
        None => name,
    }
}

/// The meaning of a successful reply.
#[derive(Debug, Clone, Copy)]
enum Expected {
    /// 200: the function ran, and this is its result.
    Result,
    /// 202: it will run.
    Queued,
    /// 204: it could be run.
    Checked,
}

/// A warning about an accepted `Event` or `DryRun`: not every server that implements the API does all that it requires.
fn odd_acceptance(expected: Expected, status: i32, inputs: &IndexMap<String, Value>) -> Option<String> {
    match expected {
        Expected::Queued if status != 202 => Some(format!(
            "Function {} was to be queued, and the answer is HTTP {status} instead of 202: the endpoint may have run it \
             at once, and its result is not known.",
            function(inputs)
        )),
        Expected::Checked if status != 204 => Some(format!(
            "Function {} was not to be run, and the answer is HTTP {status} instead of 204: the endpoint may have run it.",
            function(inputs)
        )),
        Expected::Queued | Expected::Checked | Expected::Result => None,
    }
}

/// A result that has the shape of an error, from a server that does not name the version that ran. Lambda names it, and
/// reports reliably whether the function failed: a function may return something that only looks like an error.
fn odd_result(document: &Value, inputs: &IndexMap<String, Value>) -> Option<String> {
    let error_type = document.get("errorType")?.as_str()?;
    let message = document.get("errorMessage")?.as_str()?;
    Some(format!(
        "Function {} is recorded as successful because the reply reports no failure, but its result has the shape of \
         an error ({}). Some servers, such as the Runtime Interface Emulator, never report that a function failed.",
        function(inputs),
        shortened(&format!("{error_type}: {message}"))
    ))
}

/// Parses a reply.
struct Read<'a> {
    inputs: &'a IndexMap<String, Value>,
    expected: Expected,
    asked_for_log: bool,
    limit: Option<u64>,
}

fn read(reply: InvokeReply, how: &Read<'_>) -> Result<ActionResult, ActionError> {
    let InvokeReply { status_code, function_error, log_result, executed_version, payload, request_id } = reply;
    let text = String::from_utf8_lossy(&payload);
    let mut outputs = IndexMap::new();
    let mut output = |name: &LazyLock<OutputName>, value: Value| {
        outputs.insert(OutputName::clone(name), value);
    };
    output(&STATUS_CODE, Value::from(status_code));
    if let Some(kind) = &function_error {
        output(&FUNCTION_ERROR, Value::from(kind.as_str()));
    }
    let names_version = executed_version.is_some();
    if let Some(version) = executed_version {
        output(&EXECUTED_VERSION, Value::String(version));
    }
    let log_tail = log_result.as_deref().and_then(decoded);
    if let Some(log) = log_result
        && how.asked_for_log
    {
        output(&LOG_RESULT, Value::String(log));
    }
    let cause = |class, progress| {
        let mut cause = Cause::new(class, progress);
        cause.http_status = u16::try_from(status_code).ok();
        cause.request_id.clone_from(&request_id);
        cause.log_tail.clone_from(&log_tail);
        cause
    };
    if let Some(kind) = function_error {
        output(&PAYLOAD, Value::from(&*text));
        let error = function_failure(kind, &text);
        let said = match (&error.error_type, &error.message) {
            (Some(error_type), Some(message)) => format!("{error_type}: {message}"),
            (Some(one), None) | (None, Some(one)) => one.clone(),
            (None, None) if text.is_empty() => "it gave no reason".to_owned(),
            (None, None) => shortened(&text),
        };
        let message = format!("Function {} failed ({}): {said}", function(how.inputs), error.kind);
        let mut cause = cause(ErrorClass::Function, CallReach::Ran);
        cause.reported_error = Some(error);
        let mut failure = Failure::new(FailureStage::Invocation, FailureType::Action, message);
        failure.cause = Some(Box::new(cause));
        return Err(ActionError { failure, outputs });
    }
    match how.expected {
        Expected::Result => {}
        Expected::Queued | Expected::Checked => {
            let notice = odd_acceptance(how.expected, status_code, how.inputs);
            return Ok(ActionResult { outputs, document: None, request_id, notice, ..ActionResult::default() });
        }
    }
    let size = u64::try_from(payload.len()).unwrap_or(u64::MAX);
    if let Some(limit) = how.limit.filter(|limit| size > *limit) {
        let message = format!(
            "Function {} ran and returned {size} bytes; a step takes at most {limit}. Return less, or raise \
             --max-result-size.",
            function(how.inputs)
        );
        let mut failure = Failure::new(FailureStage::PostVerification, FailureType::Verification, message);
        failure.cause = Some(Box::new(cause(ErrorClass::Response, CallReach::Ran)));
        return Err(ActionError { failure, outputs });
    }
    // A function that returns nothing gives `null`, and some servers an empty body.
    let document = if payload.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&payload) };
    match document {
        Ok(document) => {
            // A text is shown without its quotes (spec 9.6).
            let shown = match &document {
                Value::String(text) => text.clone(),
                Value::Null => "null".to_owned(),
                Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => text.into_owned(),
            };
            outputs.insert(OutputName::clone(&PAYLOAD), Value::String(shown));
            let notice = if names_version { None } else { odd_result(&document, how.inputs) };
            Ok(ActionResult { outputs, document: Some(document), request_id, notice, ..ActionResult::default() })
        }
        Err(error) => {
            output(&PAYLOAD, Value::from(&*text));
            let message = format!(
                "Function {} ran, and its reply is not JSON ({error}): {}",
                function(how.inputs),
                shortened(&text)
            );
            let mut failure = Failure::new(FailureStage::PostVerification, FailureType::Action, message);
            failure.cause = Some(Box::new(cause(ErrorClass::Response, CallReach::Ran)));
            Err(ActionError { failure, outputs })
        }
    }
}

fn refused(error: CallError, function: &str) -> Failure {
    let failure_type = match error.cause.class {
        ErrorClass::Throttled => FailureType::Throttling,
        ErrorClass::Permission => FailureType::Permission,
        ErrorClass::Transient | ErrorClass::Response | ErrorClass::Timeout | ErrorClass::Interrupted => {
            FailureType::Internal
        }
        ErrorClass::Function
        | ErrorClass::Configuration
        | ErrorClass::Payload
        | ErrorClass::NotFound
        | ErrorClass::Setup => FailureType::Action,
    };
    let message = match error.cause.progress {
        CallReach::NotRun => format!("Function {function} was not invoked. {}", error.message),
        CallReach::MayHaveRun | CallReach::Ran => {
            format!("Function {function} did not answer; it may have run. {}", error.message)
        }
    };
    let mut failure = Failure::new(FailureStage::Invocation, failure_type, message);
    failure.cause = Some(error.cause);
    failure
}

/// The error that a function reported: `errorType`, `errorMessage`, and `stackTrace` or `trace`.
fn function_failure(kind: String, payload: &str) -> ReportedError {
    let reply: Value = serde_json::from_str(payload).unwrap_or_default();
    let text = |name: &str| reply.get(name).and_then(Value::as_str).map(str::to_owned);
    let trace = ["stackTrace", "trace"].iter().find_map(|name| reply.get(*name)).map_or_else(Vec::new, trace);
    ReportedError {
        kind,
        error_type: text("errorType"),
        message: text("errorMessage"),
        trace,
        payload: payload.to_owned(),
    }
}

/// One line for each frame. Some runtimes give texts, some lists of file, line, function and code.
fn trace(value: &Value) -> Vec<String> {
    match value {
        Value::Array(frames) => frames
            .iter()
            .flat_map(|frame| match frame {
                Value::String(text) => text.lines().map(str::to_owned).collect(),
                other => vec![other.to_string()],
            })
            .collect(),
        Value::String(text) => text.lines().map(str::to_owned).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

fn decoded(log: &str) -> Option<String> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(log.trim()).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The beginning of a text that may be long.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 300;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}… ({} bytes in all)", text.get(..end).unwrap_or_default(), text.len()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
