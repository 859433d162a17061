//! The interface between child executions and the process that runs them.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::parent_context::ParentContext;
use crate::actions::{ActionRegistry, ChildExecutor};
use crate::automation::{AutomationError, ParameterStore};
use crate::aws::RoleArn;
use crate::event::{Environment, ExecutionResumed, Launch, Place};
use crate::execution::Execution;
use crate::name::{ExecutionId, ParameterName};
use crate::redaction::Secrets;
use crate::runbook::Runbook;
use crate::runbook::inputs::execute_automation::Locations;
use crate::runner::{EventPublisher, MailboxSender};

/// A future of the runtime.
pub type RuntimeFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A child that is about to run.
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
    /// The secrets to redact.
    pub secrets: &'a Secrets,
}

/// Provides what children need to run.
pub trait Host: Send + Sync + std::fmt::Debug {
    /// The action handlers for the steps of a child, with the role of its runbook; its own children are run by
    /// `automation::children`. The error says why they are unavailable.
    fn actions<'a>(
        &'a self,
        child: ChildContext<'a>,
        children: Arc<dyn ChildExecutor>,
    ) -> RuntimeFuture<'a, Result<Arc<ActionRegistry>, AutomationError>>;

    /// Restores the sensitive outputs that the steps ahead of a resumed child need, as far as they can be read again.
    fn restore_outputs<'a>(
        &'a self,
        child: &'a mut Execution,
        runbook: &'a Runbook,
        secrets: &'a Secrets,
    ) -> RuntimeFuture<'a, Result<(), AutomationError>>;

    /// Parameter Store as a child that starts reads it: in its place, with this role, or as the caller.
    fn parameter_store<'a>(
        &'a self,
        child: &'a ExecutionId,
        place: Option<&'a Place>,
        role: Option<RoleArn>,
    ) -> RuntimeFuture<'a, Result<Box<dyn ParameterStore>, AutomationError>>;

    /// The accounts of the locations of a step, in their order, as Organizations lists them to the execution of the step.
    fn list_accounts<'a>(
        &'a self,
        parent: &'a ParentContext,
        locations: &'a Locations,
    ) -> RuntimeFuture<'a, Result<Vec<Vec<String>>, AutomationError>>;

    /// Finds the attachments of a child that starts, and returns their SHA-256 sums by name.
    fn find_attachments<'a>(
        &'a self,
        runbook: &'a Runbook,
        launch: &'a Launch,
    ) -> RuntimeFuture<'a, Result<IndexMap<String, String>, AutomationError>>;

    /// Forwards requests to the child until the returned value is dropped.
    fn watch<'a>(
        &'a self,
        execution: &'a ExecutionId,
        cancel: &'a MailboxSender,
    ) -> RuntimeFuture<'a, Box<dyn Any + Send>>;

    /// Waits until something was committed to the store of the children, or for a while.
    fn committed(&self) -> RuntimeFuture<'_, ()>;

    /// Publishes the events of a child.
    fn publisher(&self, child: &ExecutionId) -> EventPublisher;

    /// The process and user that resume children of another process.
    fn resumed(&self) -> ExecutionResumed;
}
