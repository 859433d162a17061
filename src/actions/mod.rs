//! What a step does to the world.
//!
//! Owns: one file per action that can be executed. Does not own: when it is done, or done again (`engine`), or its
//! deadline (`driver` drops the future). Imports `name`, `runbook`, `event`, `lambda`.

mod invoke_lambda;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use crate::event::{ActionError, ActionResult, Failure, FailureStage, FailureType};
use crate::lambda::LambdaClient;
use crate::name::{ExecutionId, StepName};
use crate::runbook::Action;

/// One sending of one attempt.
#[derive(Debug, Clone)]
pub struct Task {
    /// The execution.
    pub execution: ExecutionId,
    /// The step.
    pub step: StepName,
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
}

/// A future of an action.
pub type Performed<'a> = Pin<Box<dyn Future<Output = Result<ActionResult, ActionError>> + Send + 'a>>;

/// Somebody who can do what steps ask for.
pub trait Perform: Send + Sync + std::fmt::Debug {
    /// Does it once. Dropping the future stops waiting for it; what was started in the world may go on.
    fn perform(&self, task: Task) -> Performed<'_>;
}

/// The real actions.
#[derive(Debug, Clone)]
pub struct Actions {
    /// Invokes functions.
    pub lambda: LambdaClient,
}

impl Perform for Actions {
    fn perform(&self, task: Task) -> Performed<'_> {
        match task.action {
            Action::InvokeLambdaFunction => Box::pin(invoke_lambda::perform(&self.lambda, task)),
            action => {
                let message = format!("{action} is not supported yet.");
                let failure = Failure::new(FailureStage::PreVerification, FailureType::Internal, message);
                Box::pin(std::future::ready(Err(failure.into())))
            }
        }
    }
}
