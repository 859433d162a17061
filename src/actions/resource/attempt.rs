//! One attempt of an action that creates or changes resources: its calls, its polls, and what it records.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Evaluation, ResourceAction, ResourceConnection, Verdict};
use crate::actions::api_call::token;
use crate::actions::api_outcome::{failed_call_in, failure_message_in};
use crate::actions::polling::{AfterPoll, Poll, PollDelays, PollReporter, failed_poll};
use crate::actions::scripted_reply::document_result;
use crate::actions::task::{ActionOutcome, Task};
use crate::aws::{ApiReply, ApiRequest, CallError};
use crate::clock::after;
use crate::event::{ActionError, ActionResult, Failure, FailureStage, FailureType, Observation};
use crate::name::OutputName;
use crate::runbook::Action;

/// A call of an operation.
#[derive(Debug, Clone)]
pub(in crate::actions) struct Operation {
    pub(in crate::actions) service: &'static str,
    pub(in crate::actions) name: &'static str,
    pub(in crate::actions) parameters: Map<String, Value>,
}

impl Operation {
    /// A call with these parameters, which are an object.
    pub(super) fn new(service: &'static str, name: &'static str, parameters: Value) -> Self {
        let parameters = match parameters {
            Value::Object(parameters) => parameters,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
        };
        Self { service, name, parameters }
    }
}

/// One attempt.
#[derive(Debug)]
pub(in crate::actions) struct ResourceAttempt<'a> {
    connection: &'a ResourceConnection,
    task: Task,
    phase: &'static str,
    delays: PollDelays,
    polls: PollReporter,
}

impl<'a> ResourceAttempt<'a> {
    pub(super) fn new(connection: &'a ResourceConnection, mut task: Task, phase: &'static str) -> Self {
        let delays = PollDelays::new(task.poll_interval);
        let polls = PollReporter::new(task.observations.take());
        Self { connection, task, phase, delays, polls }
    }

    /// A token that is the same for each sending of the attempt, and for no other attempt.
    pub(super) fn token(&self) -> String {
        token(&self.task)
    }

    /// What an earlier sending of the attempt has created.
    pub(super) fn created(&self, output: &str) -> Option<Value> {
        self.task.created.get(output).cloned()
    }

    /// Records something that the attempt has created, and waits until that is durable.
    pub(super) async fn record_created(&self, output: &str, value: Value) {
        if let Some(progress) = &self.task.progress {
            progress.created(OutputName::new(output), value).await;
        }
    }

    /// Records what the attempt is about to delete, from which it is found no more afterwards, and waits until that is
    /// durable.
    pub(super) async fn record_deleting(&self, output: &str, value: Value) {
        if let Some(progress) = &self.task.progress {
            progress.deleting(OutputName::new(output), value).await;
        }
    }

    /// Calls an operation; an error is that of the attempt.
    pub(super) async fn call(&self, operation: Operation) -> Result<ApiReply, ActionError> {
        self.send(operation).await.map_err(|error| self.failed_call(error))
    }

    /// Calls an operation.
    pub(super) async fn send(&self, operation: Operation) -> Result<ApiReply, CallError> {
        let Operation { service, name, parameters } = operation;
        let (service, operation) = (service.to_owned(), name.to_owned());
        let request = ApiRequest { service, operation, parameters, token: self.token() };
        // Boxed: between two polls an execution holds no call.
        Box::pin(self.connection.client.call(request)).await
    }

    /// Calls an operation to see a state, as the limits of polls allow it.
    pub(super) async fn poll(&self, operation: Operation) -> Result<ApiReply, CallError> {
        let service = operation.service;
        let call = Box::pin(self.send(operation));
        self.connection.limits.poll(service, &*self.connection.clock, call).await
    }

    /// Likewise, all pages of an operation that lists something. The response has the list of all pages.
    pub(super) async fn poll_pages(&self, operation: Operation, list: &str) -> Result<ApiReply, CallError> {
        let mut page = self.poll(operation.clone()).await?;
        let mut items = take_items(&mut page, list);
        let mut secrets = std::mem::take(&mut page.secrets);
        while let Some(next) =
            page.result.remove("NextToken").filter(|next| next.as_str().is_some_and(|it| !it.is_empty()))
        {
            let mut operation = operation.clone();
            operation.parameters.insert("NextToken".to_owned(), next);
            page = self.poll(operation).await?;
            items.append(&mut take_items(&mut page, list));
            secrets.append(&mut page.secrets);
        }
        let result = Map::from_iter([(list.to_owned(), Value::Array(items))]);
        Ok(ApiReply { result, secrets, ..page })
    }

    /// Polls until a state ends the attempt. `read` makes `$` of the step of a response.
    pub(super) async fn wait<A: ResourceAction>(
        mut self,
        action: &A,
        request: &A::Request,
        operation: Operation,
        read: impl Fn(&ApiReply) -> Map<String, Value> + Send + Sync,
    ) -> ActionOutcome {
        loop {
            let poll = match self.poll(operation.clone()).await {
                Ok(reply) => {
                    let document = read(&reply);
                    self.settle(action.evaluate(request, &document), ApiReply { result: document, ..reply })
                }
                Err(error) => self.failed_poll(error),
            };
            if let Some(outcome) = self.next(poll).await {
                return outcome;
            }
        }
    }

    /// What follows from a poll that failed.
    pub(super) fn failed_poll(&self, error: CallError) -> Poll {
        failed_poll(error, |error| self.failed_call(error))
    }

    /// What follows from a state.
    pub(super) fn settle(&self, evaluation: Evaluation, reply: ApiReply) -> Poll {
        settled(self.task.action, self.phase, evaluation, reply, &Map::new())
    }

    /// Whether the attempt was sent before, by this process or another one.
    pub(super) const fn is_sent_again(&self) -> bool {
        self.task.sending > 1
    }

    /// Reports a poll of another phase, and waits for the next one. Returns the outcome of the attempt if the poll ended it.
    pub(super) async fn next_of(&mut self, property: &'static str, poll: Poll) -> Option<ActionOutcome> {
        let next = self.polls.report_of(property, poll);
        self.follow(next).await
    }

    /// Reports a poll. Returns the outcome of the attempt, or waits for the next poll.
    pub(super) async fn next(&mut self, poll: Poll) -> Option<ActionOutcome> {
        let next = self.polls.report(poll);
        self.follow(next).await
    }

    async fn follow(&mut self, next: AfterPoll) -> Option<ActionOutcome> {
        match next {
            AfterPoll::Ended(outcome) => Some(outcome),
            AfterPoll::Again { at_least } => {
                let delay = self.delays.next_delay().max(at_least.unwrap_or_default());
                let clock = Arc::clone(&self.connection.clock);
                clock.sleep_until(after(clock.now(), delay)).await;
                None
            }
        }
    }

    /// The failure of the attempt because of a call.
    pub(super) fn failed_call(&self, error: CallError) -> ActionError {
        failed_call_in(self.phase, error)
    }

    /// The success of an attempt that has no result.
    pub(super) fn succeeded(&self) -> ActionResult {
        document_result(self.task.action, Value::Object(Map::new()), &Map::new())
    }
}

/// What follows from a state, whose document is the result of `reply`; `given` are outputs that it does not have.
pub(super) fn settled(
    action: Action,
    phase: &'static str,
    evaluation: Evaluation,
    reply: ApiReply,
    given: &Map<String, Value>,
) -> Poll {
    let Evaluation { state, verdict } = evaluation;
    let ApiReply { result, request_id, secrets } = reply;
    let result = || {
        let result = document_result(action, Value::Object(result), given);
        ActionResult { request_id, secrets, ..result }
    };
    let next = match verdict {
        Verdict::Pending => AfterPoll::Again { at_least: None },
        Verdict::Reached => AfterPoll::Ended(Ok(result())),
        Verdict::Failed(cause) => {
            let outputs = result().outputs;
            AfterPoll::Ended(Err(ActionError { outputs, ..failed_verification(phase, &cause) }))
        }
    };
    Poll { observed: Observation::Value(state), next }
}

fn failed_verification(phase: &str, cause: &str) -> ActionError {
    let message = failure_message_in(phase, cause);
    Failure::new(FailureStage::PostVerification, FailureType::Action, message).into()
}

/// Takes the items of a list out of a response.
fn take_items(reply: &mut ApiReply, list: &str) -> Vec<Value> {
    match reply.result.remove(list) {
        Some(Value::Array(items)) => items,
        Some(_) | None => Vec::new(),
    }
}

/// A text of a document; empty when it is absent.
pub(super) fn text<'d>(document: &'d Map<String, Value>, name: &str) -> &'d str {
    document.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The first item of a list of a document, as a map.
pub(super) fn first<'d>(document: &'d Map<String, Value>, list: &str) -> Option<&'d Map<String, Value>> {
    document.get(list)?.as_array()?.first()?.as_object()
}

/// The members of a document with these names, in their order.
pub(super) fn members(document: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    let member = |name: &&str| Some(((*name).to_owned(), document.get(*name)?.clone()));
    names.iter().filter_map(member).collect()
}
