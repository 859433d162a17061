//! What children need of whoever runs executions.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use crate::actions::{ActionExecutor, ChildExecutor};
use crate::automation::AutomationError;
use crate::event::{Environment, ExecutionResumed, Launch, Recorded};
use crate::execution::Execution;
use crate::name::{ExecutionId, ParameterName};
use crate::redaction::Secrets;
use crate::runbook::Runbook;
use crate::runner::MailboxSender;

/// A future of a host.
pub type RuntimeFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A child that is about to be carried on.
#[derive(Debug, Clone, Copy)]
pub struct ChildContext<'a> {
    /// Its id.
    pub execution: &'a ExecutionId,
    /// Its runbook.
    pub runbook: &'a Runbook,
    /// All its parameters.
    pub parameters: &'a IndexMap<ParameterName, Value>,
    /// Its region, account and partition.
    pub environment: &'a Environment,
    /// How it was started.
    pub launch: &'a Launch,
    /// Its secrets.
    pub secrets: &'a Secrets,
}

/// Who runs executions.
pub trait Host: Send + Sync + std::fmt::Debug {
    /// Somebody who does what the steps of a child ask for, with the rights that its runbook asks for; its own children
    /// are run by `automation::children`. What comes back instead says why there is nobody.
    fn actions<'a>(
        &'a self,
        child: ChildContext<'a>,
        children: Arc<dyn ChildExecutor>,
    ) -> RuntimeFuture<'a, Result<Arc<dyn ActionExecutor>, AutomationError>>;

    /// Hands requests to the child on for as long as what comes back lives.
    fn watch(&self, execution: &ExecutionId, cancel: &MailboxSender) -> Box<dyn Any + Send>;

    /// Sees every event of every child, after it is kept and without secrets.
    fn observe(&self, execution: &Execution, recorded: &Recorded);

    /// Who carries on what another process left.
    fn resumed(&self) -> ExecutionResumed;
}
