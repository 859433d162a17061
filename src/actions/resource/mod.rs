//! The actions that create or change resources of AWS and wait until these have a state (spec aws-actions 5 to 12).
//!
//! Owns: one file per action, and what they share: the calls of an attempt, its polls, what it records of what it has
//! created, and how a state ends it. A real reply and a scripted one are evaluated by the same function of the action.
//! Does not own: when an attempt runs, its deadline, and what follows from its outcome (`engine`).

mod attempt;
mod change_instance_state;
mod copy_image;
mod create_image;
mod create_stack;
mod create_tags;
mod delete_image;
mod delete_stack;
mod execute_state_machine;
mod images;
mod instances;
mod new_resource;
mod run_command;
mod run_instances;

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::api_call::{Answer, scripted_answer};
use super::api_outcome::failed_call_in;
use super::handler::{ActionHandler, Judgement, StopCall};
use super::poll_limits::PollLimits;
use super::polling::failed_poll;
use super::prepared_call::PreparedCall;
use super::scripted_reply::{ScriptedReply, judge_document};
use super::task::{ActionOutcome, Task};
use crate::aws::{ApiClient, ApiReply, ApiRequest, CallError};
use crate::clock::Clock;
use crate::event::{ActionError, Failure, FailureStage, FailureType};
use crate::name::OutputName;
use crate::runbook::Action;
use crate::runbook::inputs::{Example, TypedRequest};

use attempt::ResourceAttempt;

/// What the handlers of these actions share.
#[derive(Debug, Clone)]
pub(super) struct ResourceConnection {
    pub(super) client: ApiClient,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) limits: PollLimits,
}

/// One of these actions.
pub(super) trait ResourceAction: Send + Sync + Debug + 'static {
    /// The request that its row builds.
    type Request: TypedRequest;

    /// The operation that it calls first: what a scripted error of the service is an error of.
    const OPERATION: &'static str;

    /// The phase of its calls, as the messages of the service name it (spec aws-actions 1.3).
    const PHASE: &'static str;

    /// The operation that it calls first with this request, where that depends on the request.
    fn operation(_: &Self::Request) -> &'static str {
        Self::OPERATION
    }

    /// The failure of that operation.
    fn failed_call(error: CallError) -> ActionError {
        failed_call_in(Self::PHASE, error)
    }

    /// How what it has created is asked to stop; `None` when an abandoned attempt leaves it as it is.
    const STOP: Option<StopOperation> = None;

    /// Makes one attempt, or goes on waiting for what an earlier process has created.
    fn run<'a>(
        &'a self,
        request: Self::Request,
        attempt: ResourceAttempt<'a>,
    ) -> impl Future<Output = ActionOutcome> + Send + 'a;

    /// Evaluates a state, which is `$` of the step if it is the last.
    fn evaluate(&self, request: &Self::Request, document: &Map<String, Value>) -> Evaluation;
}

/// The operation that stops what an action has created.
#[derive(Debug, Clone, Copy)]
pub(super) struct StopOperation {
    /// The output that identifies it.
    pub(super) output: &'static str,
    pub(super) service: &'static str,
    pub(super) operation: &'static str,
    /// The parameter that gets the identifier.
    pub(super) parameter: &'static str,
}

/// A state of what an attempt waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Evaluation {
    /// The state, as people see it.
    pub(super) state: String,
    /// What follows from it.
    pub(super) verdict: Verdict,
}

/// What follows from a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The attempt succeeds.
    Reached,
    /// The attempt polls again.
    Pending,
    /// The attempt fails, for this cause: a sentence without its full stop.
    Failed(String),
}

/// The handler of one of these actions.
#[derive(Debug)]
pub(super) struct ResourceHandler<A> {
    action: A,
    connection: ResourceConnection,
}

/// The handlers of all these actions.
pub(super) fn handlers(connection: &ResourceConnection) -> Vec<(Action, Arc<dyn ActionHandler>)> {
    vec![
        (Action::CHANGE_INSTANCE_STATE, handler(change_instance_state::ChangeInstanceState, connection)),
        (Action::COPY_IMAGE, handler(copy_image::CopyImage, connection)),
        (Action::CREATE_IMAGE, handler(create_image::CreateImage, connection)),
        (Action::CREATE_STACK, handler(create_stack::CreateStack, connection)),
        (Action::CREATE_TAGS, handler(create_tags::CreateTags, connection)),
        (Action::DELETE_IMAGE, handler(delete_image::DeleteImage, connection)),
        (Action::DELETE_STACK, handler(delete_stack::DeleteStack, connection)),
        (Action::EXECUTE_STATE_MACHINE, handler(execute_state_machine::ExecuteStateMachine, connection)),
        (Action::RUN_COMMAND, handler(run_command::RunCommand, connection)),
        (Action::RUN_INSTANCES, handler(run_instances::RunInstances, connection)),
    ]
}

fn handler<A: ResourceAction>(action: A, connection: &ResourceConnection) -> Arc<dyn ActionHandler> {
    Arc::new(ResourceHandler { action, connection: connection.clone() })
}

impl<A: ResourceAction> ActionHandler for ResourceHandler<A> {
    fn prepare(&self, mut task: Task) -> PreparedCall<'_> {
        match task.take_request::<A::Request>() {
            Ok(request) => {
                PreparedCall::new(self.action.run(request, ResourceAttempt::new(&self.connection, task, A::PHASE)))
            }
            Err(problem) => PreparedCall::refused(invalid(&problem).into()),
        }
    }

    fn stop(&self, created: &IndexMap<OutputName, Value>) -> Option<StopCall<'_>> {
        let StopOperation { output, service, operation, parameter } = A::STOP?;
        let identifier = created.get(output)?.clone();
        let request = ApiRequest {
            service: service.to_owned(),
            operation: operation.to_owned(),
            parameters: Map::from_iter([(parameter.to_owned(), identifier)]),
            token: String::new(),
        };
        let client = &self.connection.client;
        let request = async move { client.call(request).await.map(|_| ()).map_err(|error| error.message) };
        Some(StopCall { output: OutputName::new(output), request: Box::pin(request) })
    }

    fn judge(&self, task: &Task, reply: ScriptedReply) -> Judgement {
        let request = match task.request::<A::Request>() {
            Ok(request) => request,
            Err(problem) => return Judgement::Ended(Err(invalid(&problem).into())),
        };
        if let ScriptedReply::Document { document: Value::Object(document), outputs } = reply {
            let document = with_final_state(task.action, document, &outputs);
            let mut state = document.clone();
            state.extend(outputs.clone());
            let evaluation = self.action.evaluate(&request, &state);
            let reply = ApiReply { result: document, request_id: None, secrets: Vec::new() };
            return Judgement::Polled(attempt::settled(task.action, A::PHASE, evaluation, reply, &outputs));
        }
        match scripted_answer(A::operation(&request), reply) {
            Ok(Answer::Reply(reply)) => {
                let evaluation = self.action.evaluate(&request, &reply.result);
                Judgement::Polled(attempt::settled(task.action, A::PHASE, evaluation, reply, &Map::new()))
            }
            Ok(Answer::Other(reply)) => Judgement::Ended(judge_document(task, reply)),
            Err(error) => Judgement::Polled(failed_poll(error, A::failed_call)),
        }
    }
}

/// A scripted state; where it does not say how what is waited for ends, it ends well.
fn with_final_state(
    action: Action,
    mut document: Map<String, Value>,
    outputs: &Map<String, Value>,
) -> Map<String, Value> {
    let polled = action.spec().polling.as_ref().and_then(|polling| polling.property.name());
    let output = action.spec().outputs.iter().find(|output| Some(output.name) == polled);
    if let Some(output) = output.filter(|output| !outputs.contains_key(output.name))
        && let Some(Example::Text(end)) = output.example
    {
        document.entry(output.name).or_insert_with(|| Value::from(end));
    }
    document
}

fn invalid(problem: &impl std::error::Error) -> Failure {
    Failure::new(FailureStage::InputValidation, FailureType::Verification, problem.to_string())
}
