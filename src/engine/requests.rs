//! Requests of people and other processes to an execution: cancel and complete.

use std::sync::Arc;

use super::decision::{Decision, StepResult};
use super::error::EngineError;
use super::retry::after;
use crate::event::{
    AttemptEnded, CancelRequested, CompleteRequested, Event, Failure, FailureStage, FailureType, Next, Outcome, Status,
};
use crate::execution::{AttemptState, Created, Phase, StepExecution};
use crate::limits;

impl Decision<'_> {
    pub(super) fn is_stop_overdue(&self) -> bool {
        self.execution.cancel().is_some_and(|cancel| cancel.until <= self.now)
    }

    /// Ends the current step of an overdue `onCancel` chain.
    pub(super) fn cut_off(&mut self) -> Result<(), EngineError> {
        let step = self.step()?;
        let remains = self.created().map(Created::describe_remains);
        self.abandon_attempt()?;
        let result = StepResult { failure: Some(cleanup_timeout_failure(remains)), ..StepResult::default() };
        self.record_step_end(Status::Cancelled, result, step, Some(Next::End))
    }

    pub(super) fn cancel(&mut self, by: String) -> Result<(), EngineError> {
        if self.execution.cancel().is_some() || matches!(self.execution.phase(), Phase::Ended { .. }) {
            return Ok(());
        }
        let until = after(self.now, limits::CANCEL_CHAIN);
        let failure = cancelled_failure(&by, self.attempt(), &self.remains());
        self.record(Event::CancelRequested(CancelRequested { by, until }))?;
        if self.execution.current().is_none() {
            // No step has begun: there is nothing to abandon or to clean up.
            if self.execution.looping().is_some() {
                self.cancel_loop()?;
            }
            return self.end();
        }
        let step = self.step()?;
        self.abandon_attempt()?;
        self.end_step(step, Status::Cancelled, StepResult { failure: Some(failure), ..StepResult::default() })
    }

    /// Ends the attempt that is in flight or waits to be sent again.
    pub(super) fn abandon_attempt(&mut self) -> Result<(), EngineError> {
        match self.attempt() {
            Some((attempt, AttemptState::InFlight { .. } | AttemptState::Throttled { .. })) => {
                let ended = AttemptEnded { attempt, outcome: Outcome::Cancelled, retry_at: None };
                self.record(Event::AttemptEnded(Arc::new(ended)))
            }
            Some((attempt, AttemptState::Interrupted { .. })) => {
                self.leave_interrupted(attempt, self.interrupted_failure())
            }
            Some((_, AttemptState::Ended { .. })) | None => Ok(()),
        }
    }

    pub(super) fn complete(&mut self, by: String) -> Result<(), EngineError> {
        let is_asked = self.execution.cancel().is_some() || self.execution.complete().is_some();
        if is_asked || matches!(self.execution.phase(), Phase::Ended { .. }) {
            return Ok(());
        }
        let why = format!("Completed by {by} while it waited.");
        self.record(Event::CompleteRequested(CompleteRequested { by }))?;
        if !self.execution.current().is_some_and(StepExecution::waits_for_person) {
            return Ok(());
        }
        // An approval or a pause may last for days: a complete request ends it, without cleanup (spec 9.17).
        let step = self.step()?;
        let failure = Some(Failure::new(FailureStage::Invocation, FailureType::Action, why));
        self.record_step_end(Status::Cancelled, StepResult { failure, ..StepResult::default() }, step, Some(Next::End))
    }
}

/// Why a step is `Cancelled`, and what its abandoned attempt leaves behind.
pub(super) fn cancelled_failure(by: &str, attempt: Option<(u32, &AttemptState)>, remains: &str) -> Failure {
    let said = match attempt {
        Some((number, AttemptState::InFlight { .. })) => {
            format!(" during attempt {number}. {remains}")
        }
        Some((number, AttemptState::Interrupted { .. })) => {
            format!(" after attempt {number} was interrupted. {remains}")
        }
        Some((number, AttemptState::Throttled { .. })) => {
            format!(" while attempt {number}, which was throttled, waited to be sent again.")
        }
        Some((number, AttemptState::Ended { ended, .. })) => {
            let last = match &ended.outcome {
                Outcome::Failed { failure } | Outcome::TimedOut { failure } | Outcome::Interrupted { failure } => {
                    format!(": {}", failure.message)
                }
                Outcome::Succeeded { .. } | Outcome::Cancelled => ".".to_owned(),
            };
            format!(" after attempt {number}, before the next{last}")
        }
        None => ".".to_owned(),
    };
    Failure::new(FailureStage::Invocation, FailureType::Action, format!("Stopped by {by}{said}"))
}

fn cleanup_timeout_failure(remains: Option<String>) -> Failure {
    let mut message = format!("The onCancel chain timed out after {} s.", limits::CANCEL_CHAIN.as_secs());
    if let Some(remains) = remains {
        message.push_str(&format!(" {remains}"));
    }
    Failure::new(FailureStage::Invocation, FailureType::Action, message)
}
