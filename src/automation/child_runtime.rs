//! The runtime of child executions: the part of the process that runs their parent which they need.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::assume_role::resolve_role;
use super::connection::LambdaBackend;
use super::error::AutomationError;
use super::notifications::notify_waits;
use super::observer::Observer;
use super::parameters::StartContext;
use super::requests::RequestReader;
use super::waits::WaitTracker;
use crate::actions::{ActionRegistry, ChildExecutor, Connections};
use crate::automation::children::{ChildContext, Host, RuntimeFuture};
use crate::clock::{Clock, SystemClock};
use crate::event::{ExecutionResumed, Recorded};
use crate::execution::{Execution, Phase};
use crate::name::ExecutionId;
use crate::notify::Notifier;
use crate::runner::MailboxSender;

/// The Lambda backend, requests, events and notifications of the children of one execution.
pub(super) struct ChildRuntime {
    pub(super) backend: Arc<LambdaBackend>,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) requests: Option<Arc<RequestReader>>,
    pub(super) notifier: Notifier,
    /// The process and user that resume children that another process left.
    pub(super) resumed: ExecutionResumed,
    pub(super) waits: Mutex<HashMap<ExecutionId, WaitTracker>>,
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
            let lambda = self.backend.client(role, execution).await?;
            let connections = Connections { lambda, last_reply: None, children: Some(children) };
            Ok(Arc::new(ActionRegistry::connected(connections)))
        })
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

    fn observe(&self, execution: &Execution, recorded: &Recorded) {
        self.observer.child_event(execution, recorded);
        let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(execution.phase(), Phase::Ended { .. }) {
            waits.remove(execution.id());
            return;
        }
        let tracker = waits.entry(execution.id().clone()).or_insert_with(|| {
            let tracker = WaitTracker::default();
            let access = self.backend.access().cloned();
            tokio::spawn(notify_waits(self.notifier.clone(), access, tracker.subscribe(), Arc::clone(&self.observer)));
            tracker
        });
        tracker.observe(execution);
    }

    fn resumed(&self) -> ExecutionResumed {
        self.resumed.clone()
    }
}
