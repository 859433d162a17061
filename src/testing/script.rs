//! Answers the calls of a case with its mocked replies.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::case::{Answer, Case, Replies, Reply, Turn};
use crate::actions::{ActionExecutor, ActionFuture, Task, lambda_answered};
use crate::clock::{Clock, ManualClock, after};
use crate::diagnostic::Span;
use crate::event::{ActionError, ActionResult, Failure, FailureStage, FailureType};
use crate::expression::{convert, embedded};
use crate::lambda::{CallError, InvokeReply};
use crate::name::{OutputName, StepExecutionId, StepName};
use crate::runbook::Action;

/// A call of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The step.
    pub step: StepName,
    /// Its action.
    pub action: Action,
    /// The run of the step, from 1.
    pub iteration: usize,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The inputs.
    pub inputs: Arc<IndexMap<String, Value>>,
}

/// Answers calls as a case says.
#[derive(Debug)]
pub(super) struct Script {
    replies: IndexMap<String, Replies>,
    clock: ManualClock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The number of the run of its step, from 1.
    runs: HashMap<StepExecutionId, usize>,
    /// How many calls of each run were answered.
    answered: HashMap<StepExecutionId, u32>,
    /// How often the reply at each position was used.
    used: HashMap<Span, u32>,
    calls: Vec<Call>,
    unanswered: Option<Call>,
}

impl Script {
    pub(super) fn new(case: &Case, clock: ManualClock) -> Self {
        Self { replies: case.steps.clone(), clock, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers the number of this run of its step, from 1. Must precede its first call.
    pub(super) fn reached(&self, run: StepExecutionId, number: usize) {
        self.state().runs.insert(run, number);
    }

    /// Every call, in order.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// A call without a reply.
    pub(super) fn unanswered(&self) -> Option<Call> {
        self.state().unanswered.clone()
    }

    /// The positions of replies that were used less often than expected, with the step; without those of defaults.
    pub(super) fn unused(&self) -> Vec<(String, Span)> {
        let state = self.state();
        let mut unused = Vec::new();
        for (step, replies) in self.replies.iter().filter(|(_, replies)| !replies.is_default) {
            let lists: Vec<&Vec<Reply>> = match &replies.turn {
                Turn::Every(replies) => vec![replies],
                Turn::ByIteration(iterations) => iterations.iter().collect(),
            };
            let wanting =
                |reply: &&Reply| state.used.get(&reply.at).copied().unwrap_or_default() < reply.times.unwrap_or(1);
            if let Some(reply) = lists.into_iter().flatten().find(wanting) {
                unused.push((step.clone(), reply.at));
            }
        }
        unused
    }

    /// The reply to the next call of a run of a step.
    fn next(&self, task: &Task) -> Option<Reply> {
        let mut state = self.state();
        let iteration = state.runs.get(&task.step_execution).copied().unwrap_or(1);
        let number = {
            let answered = state.answered.entry(task.step_execution.clone()).or_default();
            *answered += 1;
            *answered
        };
        let call = Call {
            step: task.step.clone(),
            action: task.action,
            iteration,
            attempt: task.attempt,
            inputs: Arc::clone(&task.inputs),
        };
        let list = self.replies.get(task.step.as_str()).and_then(|replies| match &replies.turn {
            Turn::Every(replies) => Some(replies),
            Turn::ByIteration(iterations) => iterations.get(iteration - 1),
        });
        let reply = list.and_then(|list| nth(list, number)).cloned();
        match &reply {
            Some(reply) => {
                *state.used.entry(reply.at).or_default() += 1;
                state.calls.push(call);
            }
            None => state.unanswered = Some(call),
        }
        reply
    }
}

/// The reply to call number `number` of a run, from 1.
fn nth(list: &[Reply], number: u32) -> Option<&Reply> {
    let mut before = 0_u32;
    list.iter().find(|reply| {
        let Some(times) = reply.times else { return true };
        before = before.saturating_add(times);
        number <= before
    })
}

impl ActionExecutor for Script {
    fn perform(&self, task: Task) -> ActionFuture<'_> {
        let reply = self.next(&task);
        Box::pin(async move {
            // A call without a reply aborts the case; until then there is no answer.
            let Some(Reply { delay, answer, .. }) = reply else { return std::future::pending().await };
            // Yields, so that a loop which never ends can be aborted.
            tokio::task::yield_now().await;
            if !delay.is_zero() {
                self.clock.sleep_until(after(self.clock.now(), delay)).await;
            }
            match settled(&task, answer) {
                Some(result) => result,
                None => std::future::pending().await,
            }
        })
    }
}

/// Turns an answer into the result of an attempt; `None` for no answer.
fn settled(task: &Task, answer: Answer) -> Option<Result<ActionResult, ActionError>> {
    let is_lambda = task.action == Action::InvokeLambdaFunction;
    Some(match answer {
        Answer::Silence => return None,
        Answer::Failure(message) => Err(failed(FailureType::Action, message)),
        Answer::Payload { payload, outputs } if is_lambda => {
            lambda_answered(task, Ok(reply(task, &payload, &outputs, None))).map(|result| amended(result, &outputs))
        }
        Answer::Payload { payload, mut outputs } => {
            outputs.entry("Payload").or_insert_with(|| payload.clone());
            let document = Value::Object(Map::from_iter([("Payload".to_owned(), payload)]));
            Ok(result(task.action, document, &outputs))
        }
        Answer::Result { document, outputs } => Ok(result(task.action, document, &outputs)),
        Answer::FunctionError { error_type, message, trace } if is_lambda => {
            let mut payload = Map::new();
            let mut member = |name: &str, text: Option<String>| {
                payload.extend(text.map(|text| (name.to_owned(), Value::String(text))));
            };
            member("errorMessage", message);
            member("errorType", error_type);
            if !trace.is_empty() {
                payload.insert("stackTrace".to_owned(), Value::from(trace));
            }
            let reply = reply(task, &Value::Object(payload), &Map::new(), Some("Unhandled"));
            lambda_answered(task, Ok(reply))
        }
        Answer::FunctionError { error_type, message, .. } => {
            let words: Vec<String> = error_type.into_iter().chain(message).collect();
            Err(failed(FailureType::Action, words.join(": ")))
        }
        Answer::ServiceError { code, message } => {
            let error = CallError::named(&code, message.as_deref(), None);
            if is_lambda { lambda_answered(task, Err(error)) } else { Err(refused(error, FailureType::Action)) }
        }
        Answer::Throttle { after } => {
            let error = CallError::named("TooManyRequestsException", Some("Rate Exceeded."), after);
            if is_lambda { lambda_answered(task, Err(error)) } else { Err(refused(error, FailureType::Throttling)) }
        }
    })
}

fn failed(failure_type: FailureType, message: String) -> ActionError {
    Failure::new(FailureStage::Invocation, failure_type, message).into()
}

fn refused(error: CallError, failure_type: FailureType) -> ActionError {
    let mut failure = Failure::new(FailureStage::Invocation, failure_type, error.message);
    failure.cause = Some(Box::new(error.cause));
    failure.into()
}

/// A response of Lambda to this request.
fn reply(task: &Task, payload: &Value, outputs: &Map<String, Value>, error: Option<&str>) -> InvokeReply {
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

/// The outputs that differ from the usual ones.
fn amended(mut result: ActionResult, outputs: &Map<String, Value>) -> ActionResult {
    let known = |name: &String| !matches!(name.as_str(), "LogResult" | "ExecutedVersion");
    let others = outputs.iter().filter(|(name, _)| known(name));
    result.outputs.extend(others.map(|(name, value)| (OutputName::new(name.as_str()), value.clone())));
    result
}

/// The result of an action: its fixed outputs are taken from the value by their names, unless they are given.
fn result(action: Action, document: Value, given: &Map<String, Value>) -> ActionResult {
    let mut outputs = IndexMap::new();
    for output in action.spec().outputs {
        if let Some(value) = document.get(output.name) {
            let value = convert(value, output.data_type).unwrap_or_else(|_| value.clone());
            outputs.insert(OutputName::new(output.name), value);
        }
    }
    outputs.extend(given.iter().map(|(name, value)| (OutputName::new(name.as_str()), value.clone())));
    ActionResult { outputs, document: Some(document), request_id: None, notice: None }
}
