//! What becomes of an attempt whose process ended: the action decides, and the user where the call may have run (spec
//! aws-actions 18).
//!
//! | the call of the action | Retry            | Fail             | ByAction                      |
//! |------------------------|------------------|------------------|-------------------------------|
//! | can be repeated        | it is sent again | it is sent again | it is sent again              |
//! | may have run           | it is sent again | its step fails   | as the row of the action says |
//!
//! Abandon sends nothing: the execution is about to be cancelled.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::decision::{Decision, StepResult};
use super::error::EngineError;
use super::hidden_inputs::HiddenInputs;
use crate::event::{
    AttemptEnded, AttemptInterrupted, CallReach, Cause, ErrorClass, Event, ExecutionResumed, Failure, FailureStage,
    FailureType, Outcome, Status,
};
use crate::execution::{Attempt, AttemptState, Execution, Phase, StepExecution};
use crate::runbook::Runbook;
use crate::runbook::inputs::ActionSpec;

/// What the operator does after a step failed because its attempt may have run.
const REMEDY: &str = "Check whether it ran, then redrive: from this step if it did not, from a later one if it did.";

/// What to do about an attempt whose process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupted {
    /// Send it again, under its number.
    Retry,
    /// Fail its step, whatever attempts are left, if it may have run; else send it again.
    Fail,
    /// What its action does when the user has chosen nothing.
    ByAction,
    /// Abandon it: the execution is about to be cancelled.
    Abandon,
}

/// An interrupted attempt that may have run, and can do its work twice when it is sent again: a user decides.
#[derive(Debug, Clone, PartialEq)]
pub struct UncertainAttempt<'a> {
    /// Its step.
    pub step: &'a StepExecution,
    /// The attempt.
    pub attempt: &'a Attempt,
    /// What it called, when its action names an operation of an AWS API: `ec2 RunInstances`.
    pub operation: Option<String>,
}

/// The attempt of an execution without a process about which a user decides. `None` when no attempt was in flight, and
/// when its action can be repeated.
pub fn uncertain_attempt<'a>(runbook: &Runbook, execution: &'a Execution) -> Option<UncertainAttempt<'a>> {
    if !matches!(execution.phase(), Phase::InStep) {
        return None;
    }
    let step = execution.current()?;
    let attempt = step.last_attempt().filter(|attempt| match attempt.state {
        AttemptState::InFlight { .. } | AttemptState::Interrupted { .. } => true,
        AttemptState::Throttled { .. } | AttemptState::Ended { .. } => false,
    })?;
    let spec = spec_of(runbook, step);
    let is_repeatable = spec.is_some_and(|spec| spec.repeatability.resolve(&step.inputs).is_repeatable());
    let operation = spec.and_then(|spec| operation(spec, &step.inputs));
    // What it has created is known: it is waited for, and not created again.
    let continues = attempt.created.as_ref().is_some_and(|created| created.is_known());
    (!is_repeatable && !continues).then_some(UncertainAttempt { step, attempt, operation })
}

fn spec_of(runbook: &Runbook, step: &StepExecution) -> Option<&'static ActionSpec> {
    runbook.step(step.step.as_str()).map(|step| step.inputs.action().spec())
}

/// The operation that a step calls, when its action calls the one that it names.
fn operation(spec: &ActionSpec, inputs: &IndexMap<String, Value>) -> Option<String> {
    let text = |name| inputs.get(name).and_then(Value::as_str).filter(|_| spec.further_inputs);
    Some(format!("{} {}", text("Service")?, text("Api")?))
}

impl Decision<'_> {
    /// Resumes the execution of a process that ended. A call in flight then may have run.
    pub(super) fn resumed(&mut self, resumed: ExecutionResumed, policy: Interrupted) -> Result<(), EngineError> {
        if matches!(self.execution.phase(), Phase::Ended { .. }) {
            return Ok(());
        }
        self.record(Event::ExecutionResumed(Arc::new(resumed)))?;
        let attempt = match self.attempt() {
            Some((attempt, AttemptState::InFlight { .. } | AttemptState::Interrupted { .. }))
                if self.fails_interrupted(policy) =>
            {
                return self.fail_interrupted(attempt);
            }
            Some((attempt, AttemptState::InFlight { .. })) => attempt,
            Some((
                _,
                AttemptState::Throttled { .. } | AttemptState::Interrupted { .. } | AttemptState::Ended { .. },
            ))
            | None => {
                // Fail now rather than after the wait if a secret is missing. Abandoned calls need none.
                if policy != Interrupted::Abandon
                    && !self.is_stop_overdue()
                    && let HiddenInputs::Lost(why) = self.reveal_inputs()?
                {
                    return self.fail_without_inputs(&why);
                }
                return Ok(());
            }
        };
        self.record(Event::AttemptInterrupted(AttemptInterrupted { attempt }))?;
        if self.is_stop_overdue() {
            return self.cut_off();
        }
        match policy {
            Interrupted::Retry | Interrupted::Fail | Interrupted::ByAction => self.timer_fired(),
            Interrupted::Abandon => Ok(()),
        }
    }

    /// Whether the step of the attempt that was in flight fails, because the attempt may have run.
    fn fails_interrupted(&self, policy: Interrupted) -> bool {
        match policy {
            Interrupted::Retry | Interrupted::Abandon => false,
            Interrupted::Fail => uncertain_attempt(self.runbook, self.execution).is_some(),
            Interrupted::ByAction => uncertain_attempt(self.runbook, self.execution).is_some_and(|uncertain| {
                !spec_of(self.runbook, uncertain.step).is_some_and(|spec| spec.retries_interrupted)
            }),
        }
    }

    fn fail_interrupted(&mut self, attempt: u32) -> Result<(), EngineError> {
        // The enclosing loop may continue with the next item.
        self.reveal_loop()?;
        let step = self.step()?;
        let mut failure = self.interrupted_failure();
        if let Some(cause) = &mut failure.cause {
            cause.remedy = Some(REMEDY.to_owned());
        }
        self.leave_interrupted(attempt, failure.clone())?;
        self.end_step(step, Status::Failed, StepResult { failure: Some(failure), ..StepResult::default() })
    }

    /// Ends an interrupted attempt that is not sent again.
    pub(super) fn leave_interrupted(&mut self, attempt: u32, failure: Failure) -> Result<(), EngineError> {
        let ended = AttemptEnded { attempt, outcome: Outcome::Interrupted { failure }, retry_at: None };
        self.record(Event::AttemptEnded(Arc::new(ended)))
    }

    /// The failure of an interrupted attempt of the current step.
    pub(super) fn interrupted_failure(&self) -> Failure {
        let step = self.execution.current();
        let operation = step.and_then(|step| operation(spec_of(self.runbook, step)?, &step.inputs));
        let what = operation.map_or_else(|| "The action".to_owned(), |operation| format!("The call {operation}"));
        let message =
            format!("The process that waited for the answer ended. {what} may have run, or may still be running.");
        let mut failure = Failure::new(FailureStage::Invocation, FailureType::Internal, message);
        failure.cause = Some(Box::new(Cause::new(ErrorClass::Interrupted, CallReach::MayHaveRun)));
        failure
    }
}
