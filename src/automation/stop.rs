//! Stops an execution of any process.

use std::sync::Arc;

use super::Automation;
use super::control::RunControl;
use super::documents::{read_executed_runbook, read_execution};
use super::error::AutomationError;
use super::interrupted_calls::decide_interrupted;
use super::observer::Observer;
use super::resume::{ResumePlan, ResumeRequest, claim_after_functions, ensure_claimed, plan_takeover};
use super::run::RunningExecution;
use crate::clock::{Clock, SystemClock};
use crate::engine::Interrupted;
use crate::execution::Execution;
use crate::name::ExecutionId;
use crate::runbook::OnCancel;
use crate::store::{Claim, Request, RequestKind};

/// `StopAutomationExecution.Type`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopType {
    /// Cancel: abandon the current step and run its `onCancel` steps.
    Cancel,
    /// Complete: finish the current step.
    Complete,
}

/// Where an execution can be stopped.
#[derive(Debug)]
pub enum StopPlan {
    /// A process runs it, which is to be asked ([`Automation::request_stop`]).
    Elsewhere,
    /// It has no process: this one claims it and cleans up ([`Automation::stop_here`]).
    Here(Box<ResumePlan>),
}

/// Whether an execution that has ended never received such a request to stop.
pub(super) fn is_late_stop(ended: &Execution, kind: &RequestKind) -> bool {
    match kind {
        RequestKind::Cancel => ended.cancel().is_none(),
        RequestKind::Complete => ended.complete().is_none() && ended.cancel().is_none(),
        RequestKind::Signal { .. } => false,
    }
}

impl StopType {
    const fn request(self) -> RequestKind {
        match self {
            Self::Cancel => RequestKind::Cancel,
            Self::Complete => RequestKind::Complete,
        }
    }

    /// Whether a request to stop came too late for an execution: it ended before its process received the request.
    pub fn came_too_late(self, ended: &Execution) -> bool {
        is_late_stop(ended, &self.request())
    }
}

impl Automation {
    /// Finds out where an execution can be stopped. `request` says how it is resumed for its cleanup.
    pub async fn plan_stop(
        &self,
        stop_type: StopType,
        request: &ResumeRequest,
        observer: &dyn Observer,
    ) -> Result<StopPlan, AutomationError> {
        let journal = self.journal("stop")?;
        let id = &request.execution;
        let entry = journal.entry(id).await?.ok_or_else(|| AutomationError::Gone { execution: id.clone() })?;
        if let Some(status) = entry.status.ended() {
            return Err(AutomationError::HasEnded { execution: id.clone(), status });
        }
        if entry.owner.is_some() {
            return Ok(StopPlan::Elsewhere);
        }
        let execution = read_execution(journal, id).await?;
        // Only a cleanup is prevented by a missing sensitive value.
        let runbook = read_executed_runbook(journal, &execution).await?;
        let current = execution.current().and_then(|run| runbook.step(run.step.as_str()));
        let cleans_up = current.is_some_and(|step| matches!(step.on_cancel, OnCancel::Step(_)));
        let mut plan = plan_takeover(journal, execution, request, cleans_up, observer).await?;
        plan.set_interrupted(match stop_type {
            StopType::Cancel => Interrupted::Abandon,
            StopType::Complete => {
                decide_interrupted(&plan.context.runbook, &plan.execution, &request.interrupted_calls)?
            }
        });
        Ok(StopPlan::Here(Box::new(plan)))
    }

    /// Claims an execution to stop it here; false when another process claimed it first, and is to be asked.
    pub async fn claim_to_stop(&self, plan: &ResumePlan, observer: &dyn Observer) -> Result<bool, AutomationError> {
        let id = plan.execution.id();
        match claim_after_functions(self.journal("stop")?, id, observer).await? {
            Claim::Running { .. } => Ok(false),
            claim => ensure_claimed(claim, id).map(|()| true),
        }
    }

    /// Stops an execution that this process has claimed. `by` is recorded as the requester.
    pub async fn stop_here(
        &self,
        plan: ResumePlan,
        stop_type: StopType,
        by: &str,
        control: RunControl,
        observer: Arc<dyn Observer>,
    ) -> Result<RunningExecution, AutomationError> {
        match stop_type {
            StopType::Cancel => control.cancel(by),
            StopType::Complete => control.complete(by),
        }
        self.run_claimed(plan, control, observer).await
    }

    /// Asks the process of an execution to stop it. `by` is recorded as the requester.
    pub async fn request_stop(
        &self,
        execution: &ExecutionId,
        stop_type: StopType,
        by: &str,
    ) -> Result<(), AutomationError> {
        let request = Request { kind: stop_type.request(), by: by.to_owned(), at: SystemClock.now() };
        Ok(self.journal("stop")?.request(execution, request).await?)
    }
}
