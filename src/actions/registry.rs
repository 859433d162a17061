//! The handlers of actions, by action.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

#[cfg(feature = "aws")]
use super::api_call::ExecuteAwsApi;
#[cfg(feature = "aws")]
use super::execute_automation::{ChildExecutor, ExecuteAutomation};
#[cfg(feature = "aws")]
use super::execute_script::ExecuteScript;
#[cfg(feature = "aws")]
use super::handler::Judgement;
use super::handler::{ActionHandler, StopCall};
#[cfg(feature = "aws")]
use super::invoke_lambda::InvokeLambda;
#[cfg(feature = "aws")]
use super::invoke_webhook::InvokeWebhook;
#[cfg(feature = "aws")]
use super::poll_limits::PollLimits;
use super::prepared_call::PreparedCall;
#[cfg(feature = "aws")]
use super::reply_capture::ReplyCapture;
#[cfg(feature = "aws")]
use super::resource::{self, ResourceConnection};
#[cfg(feature = "aws")]
use super::resource_property::{AssertProperty, WaitForProperty};
#[cfg(feature = "aws")]
use super::scripted_reply::{ScriptedReply, judge_document};
use super::task::Task;
#[cfg(feature = "aws")]
use crate::aws::ApiClient;
#[cfg(feature = "aws")]
use crate::clock::{Clock, SystemClock};
use crate::event::{Failure, FailureStage, FailureType};
#[cfg(feature = "aws")]
use crate::lambda::LambdaClient;
use crate::name::OutputName;
use crate::runbook::Action;
#[cfg(feature = "aws")]
use crate::scripts::ScriptRunner;

/// Runs the scripts of an execution, and says whether their payloads are limited as the service limits them.
#[cfg(feature = "aws")]
#[derive(Debug, Clone)]
pub struct ScriptConnection {
    /// Runs the scripts.
    pub runner: ScriptRunner,
    /// Whether payloads are limited.
    pub limits_payload: bool,
}

/// The connections that handlers use.
#[cfg(feature = "aws")]
#[derive(Debug, Clone)]
pub struct Connections {
    /// The Lambda client.
    pub lambda: LambdaClient,
    /// The client of all AWS APIs.
    pub api: ApiClient,
    /// The clock of actions that poll.
    pub clock: Arc<dyn Clock>,
    /// The limits of polls, which all executions of the process share.
    pub polls: PollLimits,
    /// Runs scripts; without it, steps that run one fail.
    pub scripts: Option<ScriptConnection>,
    /// Captures the reply of the last invocation as received, for callers that need more than the step's outputs.
    pub last_reply: Option<ReplyCapture>,
    /// Runs child executions; without it, steps that start one fail.
    pub children: Option<Arc<dyn ChildExecutor>>,
}

/// The handlers of actions: what a runner can execute.
#[derive(Debug, Clone, Default)]
pub struct ActionRegistry {
    handlers: Vec<(Action, Arc<dyn ActionHandler>)>,
    /// The handler of every other action.
    fallback: Option<Arc<dyn ActionHandler>>,
}

impl ActionRegistry {
    /// The handlers of this program, with these connections.
    #[cfg(feature = "aws")]
    pub fn connected(connections: Connections) -> Self {
        let Connections { lambda, api, clock, polls, scripts, last_reply, children } = connections;
        let limits_payload = scripts.as_ref().is_none_or(|scripts| scripts.limits_payload);
        let runner = scripts.map(|scripts| scripts.runner);
        let registry = Self::default()
            .with(Action::INVOKE_LAMBDA_FUNCTION, Arc::new(InvokeLambda { lambda, last_reply }))
            .with(Action::INVOKE_WEBHOOK, Arc::new(InvokeWebhook { client: api.clone() }))
            .with(Action::EXECUTE_SCRIPT, Arc::new(ExecuteScript { runner, limits_payload }))
            .with(Action::EXECUTE_AWS_API, Arc::new(ExecuteAwsApi { client: api.clone() }))
            .with(Action::ASSERT_AWS_RESOURCE_PROPERTY, Arc::new(AssertProperty { client: api.clone() }))
            .with(
                Action::WAIT_FOR_AWS_RESOURCE_PROPERTY,
                Arc::new(WaitForProperty { client: api.clone(), clock: Arc::clone(&clock), limits: polls.clone() }),
            );
        let resources = resource::handlers(&ResourceConnection { client: api.clone(), clock, limits: polls });
        let registry =
            resources.into_iter().fold(registry, |registry, (action, handler)| registry.with(action, handler));
        match children {
            Some(children) => registry.with(Action::EXECUTE_AUTOMATION, Arc::new(ExecuteAutomation { children, api })),
            None => registry,
        }
    }

    /// The handlers of this program without a connection: they evaluate scripted replies, and all their calls fail.
    #[cfg(feature = "aws")]
    pub fn offline() -> Self {
        Self::offline_with(None)
    }

    /// Likewise, but scripts are run.
    #[cfg(feature = "aws")]
    pub fn offline_but_scripts(scripts: ScriptConnection) -> Self {
        Self::offline_with(Some(scripts))
    }

    #[cfg(feature = "aws")]
    fn offline_with(scripts: Option<ScriptConnection>) -> Self {
        Self::connected(Connections {
            lambda: LambdaClient::nowhere(),
            api: ApiClient::nowhere(None),
            clock: Arc::new(SystemClock),
            polls: PollLimits::default(),
            scripts,
            last_reply: None,
            children: None,
        })
    }

    /// One handler for every action.
    pub fn for_every_action(handler: Arc<dyn ActionHandler>) -> Self {
        Self { handlers: Vec::new(), fallback: Some(handler) }
    }

    /// Adds the handler of an action. It replaces an earlier one.
    #[must_use]
    pub fn with(mut self, action: Action, handler: Arc<dyn ActionHandler>) -> Self {
        self.handlers.retain(|(known, _)| *known != action);
        self.handlers.push((action, handler));
        self
    }

    fn find(&self, action: Action) -> Option<&dyn ActionHandler> {
        let own = self.handlers.iter().find(|(known, _)| *known == action).map(|(_, handler)| handler);
        own.or(self.fallback.as_ref()).map(|handler| &**handler)
    }

    /// Prepares one sending of the action of a task, without I/O.
    pub fn prepare(&self, task: Task) -> PreparedCall<'_> {
        if let Some(handler) = self.find(task.action) {
            return handler.prepare(task);
        }
        let message = format!("{} is not supported yet.", task.action);
        PreparedCall::refused(Failure::new(FailureStage::PreVerification, FailureType::Internal, message).into())
    }

    /// Asks what an abandoned attempt of an action has created to stop; `None` when it cannot be stopped.
    pub fn stop(&self, action: Action, created: &IndexMap<OutputName, Value>) -> Option<StopCall<'_>> {
        self.find(action)?.stop(created)
    }

    /// Evaluates a scripted reply as the handler of the action evaluates a real one.
    #[cfg(feature = "aws")]
    pub fn judge(&self, task: &Task, reply: ScriptedReply) -> Judgement {
        match self.find(task.action) {
            Some(handler) => handler.judge(task, reply),
            None => Judgement::Ended(judge_document(task, reply)),
        }
    }
}
