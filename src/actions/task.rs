//! One sending of one attempt.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use serde_json::Value;

use super::child_control::ChildLink;
use super::observations::ObservationSender;
use super::progress::ProgressSender;
use crate::event::{ActionError, ActionResult, TargetsResolved};
use crate::name::{ExecutionId, OutputName, StepExecutionId, StepName};
use crate::runbook::Action;
use crate::runbook::inputs::{ActionRequest, TypedRequest};

/// One sending of one attempt.
#[derive(Debug, Clone)]
pub struct Task {
    /// The execution.
    pub execution: ExecutionId,
    /// The step.
    pub step: StepName,
    /// The run of the step.
    pub step_execution: StepExecutionId,
    /// The action of the step.
    pub action: Action,
    /// The inputs with all references replaced.
    pub inputs: Arc<IndexMap<String, Value>>,
    /// The request, when it was built with the decision to start the attempt.
    pub request: Option<ActionRequest>,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// Which sending of it, from 1.
    pub sending: u32,
    /// The largest result in bytes.
    pub result_limit: Option<u64>,
    /// The delay between polls, where the user sets one.
    pub poll_interval: Option<Duration>,
    /// Whether the call carries the execution, step and attempt, where its API has room for them.
    pub idempotency_token: bool,
    /// The targets of the attempt, where they were looked up and recorded before.
    pub targets: Option<Arc<TargetsResolved>>,
    /// Connects its children, where it may run one for each of several targets, with the loop of the execution.
    pub children: Option<ChildLink>,
    /// Takes what its polls see, where the loop of the execution records it.
    pub observations: Option<ObservationSender>,
    /// Takes what it creates, where the loop of the execution records it.
    pub progress: Option<ProgressSender>,
    /// What an earlier sending of the attempt has created, by output: it is waited for, and not created again.
    pub created: IndexMap<OutputName, Value>,
}

impl Task {
    /// The request: the one that was built with the decision to start the attempt. A retry, another sending and a resumed
    /// execution have none yet: then it is built from the inputs.
    pub fn request<R: TypedRequest>(&self) -> Result<Cow<'_, R>, R::Problem> {
        match self.request.as_ref().and_then(ActionRequest::get) {
            Some(request) => Ok(Cow::Borrowed(request)),
            None => R::from_inputs(&self.inputs).map(Cow::Owned),
        }
    }

    /// Like [`request`](Self::request), for sending it.
    pub fn take_request<R: TypedRequest>(&mut self) -> Result<R, R::Problem> {
        match self.request.take().and_then(ActionRequest::into_typed) {
            Some(request) => Ok(request),
            None => R::from_inputs(&self.inputs),
        }
    }
}

/// The result of an attempt.
pub type ActionOutcome = Result<ActionResult, ActionError>;

/// A call under way. Dropping it abandons it; the action may still be running.
pub type ActionFuture<'a> = Pin<Box<dyn Future<Output = ActionOutcome> + Send + 'a>>;
