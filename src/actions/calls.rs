//! The actions that call AWS, and those that run other runbooks.

use std::sync::Arc;

use super::reply_capture::ReplyCapture;
use super::{ActionExecutor, ActionFuture, ChildExecutor, Task, invoke_lambda, once_open};
use crate::event::{ActionError, ActionResult, Failure, FailureStage, FailureType};
use crate::lambda::{CallError, InvokeReply, LambdaClient};
use crate::runbook::Action;
use crate::send_gate::SendGate;

/// The real actions.
#[derive(Debug, Clone)]
pub struct Actions {
    /// Invokes functions.
    pub lambda: LambdaClient,
    /// Where the reply of the last sending is kept as it came, for a caller who wants more than the step's outputs.
    pub last_reply: Option<ReplyCapture>,
    /// Runs other runbooks.
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
