//! What a step does to the world.
//!
//! Owns: one file per action that can be executed. Does not own: when it is done, or done again (`engine`), or its
//! deadline (`driver` drops the future). Imports `name`, `runbook`, `event`, `lambda`.

mod invoke_lambda;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;
use serde_json::Value;

use crate::event::{ActionError, ActionResult, Failure, FailureStage, FailureType};
use crate::lambda::{CallError, InvokeReply, LambdaClient};
use crate::name::{ExecutionId, StepExecutionId, StepName};
use crate::runbook::Action;

pub use crate::lambda::Permit;

/// One sending of one attempt.
#[derive(Debug, Clone)]
pub struct Task {
    /// The execution.
    pub execution: ExecutionId,
    /// The step.
    pub step: StepName,
    /// The run of the step.
    pub step_execution: StepExecutionId,
    /// What to do.
    pub action: Action,
    /// With what: all references are replaced.
    pub inputs: Arc<IndexMap<String, Value>>,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// Which sending of it, from 1.
    pub sending: u32,
    /// The largest result in bytes.
    pub result_limit: Option<u64>,
    /// Tells a function which execution, step and attempt it is called for.
    pub idempotency_token: bool,
}

/// A future of an action.
pub type Performed<'a> = Pin<Box<dyn Future<Output = Result<ActionResult, ActionError>> + Send + 'a>>;

/// Somebody who can do what steps ask for.
pub trait Perform: Send + Sync + std::fmt::Debug {
    /// Does it once. Dropping the future stops waiting for it; what was started in the world may go on.
    fn perform(&self, task: Task) -> Performed<'_>;

    /// The same for a task that may not be begun yet. Before `permit` is granted the future may make ready what it can, but
    /// nothing of the task itself is sent: at most the caller's own credentials are had anew. Dropped before, it was never
    /// there.
    fn prepare(&self, task: Task, permit: Permit) -> Performed<'_> {
        once_granted(self, task, permit)
    }
}

fn once_granted<P: Perform + ?Sized>(performer: &P, task: Task, permit: Permit) -> Performed<'_> {
    Box::pin(async move {
        permit.wait().await;
        performer.perform(task).await
    })
}

/// The real actions.
#[derive(Debug, Clone)]
pub struct Actions {
    /// Invokes functions.
    pub lambda: LambdaClient,
    /// Where the reply of the last sending is kept as it came, for a caller who wants more than the step's outputs.
    pub last_reply: Option<LastReply>,
    /// Runs other runbooks.
    pub children: Option<Arc<dyn RunChildren>>,
}

/// Somebody who runs other runbooks as steps ask for (spec 4.9).
pub trait RunChildren: Send + Sync + std::fmt::Debug {
    /// Runs the child that the task asks for, or its children, and waits for the end. The same sending of the same task is
    /// the same children: what was begun is carried on. Dropping the future stops them; they clean up by themselves.
    fn run(&self, task: Task) -> Performed<'_>;
}

/// The reply of the last sending, byte for byte. Clones are the same place.
#[derive(Debug, Clone, Default)]
pub struct LastReply(Arc<Mutex<Option<InvokeReply>>>);

impl LastReply {
    /// Takes the reply out: none when the last sending brought none, whatever earlier ones brought.
    pub fn take(&self) -> Option<InvokeReply> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn set(&self, reply: Option<InvokeReply>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = reply;
    }
}

/// What an answer of Lambda makes of an attempt, for those who have answers from elsewhere than [`Actions`].
pub fn lambda_answered(task: &Task, answer: Result<InvokeReply, CallError>) -> Result<ActionResult, ActionError> {
    invoke_lambda::answered(task, answer)
}

impl Perform for Actions {
    fn perform(&self, task: Task) -> Performed<'_> {
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

    fn prepare(&self, task: Task, permit: Permit) -> Performed<'_> {
        if task.action == Action::InvokeLambdaFunction {
            Box::pin(permit.hold(self.perform(task)))
        } else {
            once_granted(self, task, permit)
        }
    }
}
