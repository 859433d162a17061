//! The executor of the actions that call AWS or run other runbooks.

use std::sync::Arc;

use super::reply_capture::ReplyCapture;
use super::{ActionExecutor, ActionFuture, ChildExecutor, Task, invoke_lambda, once_open};
use crate::event::{ActionError, ActionResult, Failure, FailureStage, FailureType};
use crate::lambda::{CallError, InvokeReply, LambdaClient};
use crate::runbook::Action;
use crate::send_gate::SendGate;

/// Executes actions with real calls.
#[derive(Debug, Clone)]
pub struct Actions {
    /// The Lambda client.
    pub lambda: LambdaClient,
    /// Captures the reply of the last sending as received, for a caller who wants more than the step's outputs.
    pub last_reply: Option<ReplyCapture>,
    /// Runs child executions.
    pub children: Option<Arc<dyn ChildExecutor>>,
}

/// What an answer of Lambda makes of an attempt, for those who have answers from elsewhere than [`Actions`].
pub fn lambda_answered(task: &Task, answer: Result<InvokeReply, CallError>) -> Result<ActionResult, ActionError> {
    invoke_lambda::answered(task, answer)
}

impl ActionExecutor for Actions {
    fn perform(&self, task: Task) -> ActionFuture<'_> {
        match (task.action, &self.children) {
            (Action::ExecuteAutomation, Some(children)) => children.run(task),
            (Action::InvokeLambdaFunction, _) => {
                Box::pin(invoke_lambda::perform(&self.lambda, self.last_reply.as_ref(), task))
            }
            (action, _) => {
                let message = format!("{action} is not supported yet.");
                let failure = Failure::new(FailureStage::PreVerification, FailureType::Internal, message);
                Box::pin(std::future::ready(Err(failure.into())))
            }
        }
    }

    fn prepare(&self, task: Task, gate: SendGate) -> ActionFuture<'_> {
        if task.action == Action::InvokeLambdaFunction {
            Box::pin(gate.gated(self.perform(task)))
        } else {
            once_open(self, task, gate)
        }
    }
}
