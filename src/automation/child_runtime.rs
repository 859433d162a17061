//! The runtime of child executions: what they use of the process that runs their parent.

use std::any::Any;
use std::sync::Arc;

use indexmap::IndexMap;

use super::assume_role::resolve_role;
use super::attachments::{find_attachments, script_attachments};
use super::connection::LambdaBackend;
use super::error::AutomationError;
use super::observer::Observer;
use super::organization::list_accounts;
use super::parameter_store::ParameterStore;
use super::parameters::StartContext;
use super::requests::RequestReader;
use super::sensitive_outputs::restore_outputs_ahead;
use super::watch::Commits;
use crate::actions::{ActionRegistry, ChildExecutor};
use crate::automation::children::{ChildContext, Host, ParentContext, RuntimeFuture};
use crate::aws::RoleArn;
use crate::clock::{Clock, SystemClock};
use crate::event::{ExecutionResumed, Launch, Place};
use crate::execution::{Execution, StepExecution};
use crate::name::ExecutionId;
use crate::redaction::Secrets;
use crate::runbook::Runbook;
use crate::runbook::inputs::execute_automation::Locations;
use crate::runner::{EventPublisher, EventStream, MailboxSender};

/// The Lambda backend, requests and event stream of the children of one execution.
pub(super) struct ChildRuntime {
    pub(super) backend: Arc<LambdaBackend>,
    /// The event stream of the process.
    pub(super) events: EventStream,
    /// The execution that started these children, directly or through other children.
    pub(super) root: ExecutionId,
    /// The commits to the store of the children.
    pub(super) commits: Commits,
    pub(super) requests: Option<Arc<RequestReader>>,
    /// Gets the notices.
    pub(super) observer: Arc<dyn Observer>,
    /// The process and user that resume children that another process left.
    pub(super) resumed: ExecutionResumed,
}

impl std::fmt::Debug for ChildRuntime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChildRuntime").finish_non_exhaustive()
    }
}

impl Host for ChildRuntime {
    fn actions<'a>(
        &'a self,
        child: ChildContext<'a>,
        children: Arc<dyn ChildExecutor>,
    ) -> RuntimeFuture<'a, Result<Arc<ActionRegistry>, AutomationError>> {
        Box::pin(async move {
            let ChildContext { execution, runbook, parameters, environment, launch, secrets: _ } = child;
            let context = StartContext { environment, execution: execution.as_str(), now: SystemClock.now() };
            let chosen = launch.connection.assume_role.as_deref();
            let role = resolve_role(chosen, runbook, &context.scope(parameters))?;
            let attachments = script_attachments(runbook, launch, self.backend.callers_api())?;
            let clients = self.backend.clients(launch.place.as_deref(), role, execution).await?;
            Ok(Arc::new(clients.actions(None, Some(children), Some(attachments))))
        })
    }

    fn restore_outputs<'a>(
        &'a self,
        child: &'a mut Execution,
        runbook: &'a Runbook,
        secrets: &'a Secrets,
    ) -> RuntimeFuture<'a, Result<(), AutomationError>> {
        Box::pin(async move {
            let started = child.started();
            // Most children have none: no role is assumed for nothing.
            let hides_outputs = |run: &StepExecution| run.ending.as_ref().is_some_and(|end| !end.hidden.is_empty());
            if !child.runs().iter().any(hides_outputs) {
                return Ok(());
            }
            let now = SystemClock.now();
            let context = StartContext { environment: &started.environment, execution: child.id().as_str(), now };
            let chosen = started.launch.connection.assume_role.as_deref();
            let role = resolve_role(chosen, runbook, &context.scope(child.parameters()))?;
            let api = self.backend.clients(started.launch.place.as_deref(), role, child.id()).await?.api;
            restore_outputs_ahead(child, runbook, &api, secrets, &*self.observer).await;
            Ok(())
        })
    }

    fn parameter_store<'a>(
        &'a self,
        child: &'a ExecutionId,
        place: Option<&'a Place>,
        role: Option<RoleArn>,
    ) -> RuntimeFuture<'a, Result<Box<dyn ParameterStore>, AutomationError>> {
        Box::pin(
            async move { Ok(Box::new(self.backend.clients(place, role, child).await?.api) as Box<dyn ParameterStore>) },
        )
    }

    fn list_accounts<'a>(
        &'a self,
        parent: &'a ParentContext,
        locations: &'a Locations,
    ) -> RuntimeFuture<'a, Result<Vec<Vec<String>>, AutomationError>> {
        Box::pin(async move {
            let place = parent.launch.place.as_deref();
            let api = self.backend.clients(place, parent.role.clone(), &parent.execution).await?.api;
            Ok(list_accounts(&api, locations).await?)
        })
    }

    fn find_attachments<'a>(
        &'a self,
        runbook: &'a Runbook,
        launch: &'a Launch,
    ) -> RuntimeFuture<'a, Result<IndexMap<String, String>, AutomationError>> {
        Box::pin(find_attachments(runbook, launch, self.backend.callers_api()))
    }

    fn watch<'a>(
        &'a self,
        execution: &'a ExecutionId,
        cancel: &'a MailboxSender,
    ) -> RuntimeFuture<'a, Box<dyn Any + Send>> {
        Box::pin(async move {
            let Some(requests) = &self.requests else { return Box::new(()) as Box<dyn Any + Send> };
            Box::new(requests.subscribe(execution.clone(), cancel.clone()).await) as Box<dyn Any + Send>
        })
    }

    fn committed(&self) -> RuntimeFuture<'_, ()> {
        let mut commits = self.commits.restarted();
        Box::pin(async move { commits.committed_or_late().await })
    }

    fn publisher(&self, child: &ExecutionId) -> EventPublisher {
        self.events.child_publisher(child.clone(), self.root.clone())
    }

    fn resumed(&self) -> ExecutionResumed {
        self.resumed.clone()
    }
}
